//! Carrying a plan out: everything is staged, then one rename makes it true.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use session_lock::LockOptions;
use session_lock::replace::{Staged, create_private_dir, hard_link, rename, stage_writer, sync_dir};
use session_state::{ExclusiveStore, Saving, Store};

use super::super::archive::{Visit, content_error};
use super::super::swap::{Staging, finish_restores};
use super::super::tree::{self, Kind};
use super::super::{BackupError, BackupReport, BackupRequest, Reason, open};
use super::{
    Destinations, Present, RestoreAction, RestoreItem, RestorePlan, RestoreReport, RestoreRequest, present_state,
    target,
};

/// Carries a plan out. First comes a backup of what will be replaced. Then a copy of the directory of the states is
/// staged beside it, the backup's contents are put there, and both are exchanged in one rename: who looks sees all of the
/// old or all of the new. The states that are replaced go to their history.
///
/// # Errors
///
/// [`BackupError::Changed`] if a state is no longer what the plan was made for. Every error before the exchange leaves
/// the states as they were; conversations that were missing may have come back by then.
pub fn apply_restore(
    mut plan: RestorePlan,
    destinations: &Destinations<'_>,
    store: &ExclusiveStore<'_>,
    request: &RestoreRequest<'_>,
) -> Result<RestoreReport, BackupError> {
    finish_restores(store.store().dir())?;
    request.backups.tidy(request.lock)?;
    let mut unchanged = Vec::new();
    for item in plan.items.iter().filter(|item| item.kind == Kind::State) {
        let project = item.project.clone().unwrap_or_default();
        if present_state(store.store(), &project)? != item.present {
            return Err(BackupError::Changed { project });
        }
        if item.action == RestoreAction::Unchanged {
            unchanged.push(project);
        }
    }
    let pre_restore = back_up(&replaced(&plan.items), store.store(), request)?;
    let items: Vec<&RestoreItem> = plan
        .items
        .iter()
        .filter(|item| matches!(item.action, RestoreAction::Create | RestoreAction::Replace))
        .collect();
    let mut report = RestoreReport {
        pre_restore,
        restored: Vec::new(),
        unchanged,
        files: 0,
    };
    if items.is_empty() {
        return Ok(report);
    }
    let staging = Staging::new(store.store().dir())?;
    let mut put = Put {
        directory: staging.contents(),
        outside: outside(&items, destinations)?,
        inside: items
            .iter()
            .filter(|item| in_states(item))
            .map(|item| item.sha256.clone())
            .collect(),
        staged: Vec::new(),
    };
    plan.source.read(&mut put)?;
    let staged = put.staged;
    report.files = items.iter().filter(|item| item.kind != Kind::State).count();
    report.restored = fill(&staging, &items, request.lock)?;
    // What was missing elsewhere; a session that is rebuilt from a state needs its conversation. What somebody has made
    // meanwhile stays.
    let mut directories = BTreeSet::new();
    for (staged, target, directory) in staged {
        if std::fs::symlink_metadata(&target).is_ok() {
            continue;
        }
        staged.commit()?;
        directories.insert(directory);
    }
    for directory in directories {
        sync_dir(&directory)?;
    }
    staging.swap()?;
    Ok(report)
}

fn in_states(item: &RestoreItem) -> bool {
    matches!(item.kind, Kind::State | Kind::History | Kind::Scrollback)
}

/// The projects of which something is replaced that is worth a backup: all of them have a state that can be backed up.
fn replaced(items: &[RestoreItem]) -> Vec<String> {
    let replaced = items
        .iter()
        .filter(|item| item.action == RestoreAction::Replace && item.present != Present::Unusable);
    let projects: BTreeSet<String> = replaced.filter_map(|item| item.project.clone()).collect();
    projects.into_iter().collect()
}

/// Backs up what is about to be replaced. All of it: what the backup would leave out must not be replaced.
fn back_up(
    projects: &[String],
    states: &Store,
    request: &RestoreRequest<'_>,
) -> Result<Option<BackupReport>, BackupError> {
    if projects.is_empty() {
        return Ok(None);
    }
    let backup = BackupRequest {
        states,
        projects: Some(projects),
        extra: &[],
        full: true,
        reason: Reason::PreRestore,
        now: request.now,
        by: request.by,
        lock: request.lock,
    };
    let report = request.backups.create(&backup, &mut |_progress| {})?;
    match report.skipped.into_iter().next() {
        Some(skipped) => Err(BackupError::Changed { project: skipped.name }),
        None => Ok(Some(BackupReport {
            skipped: Vec::new(),
            ..report
        })),
    }
}

/// Where contents go that lie outside of the states, by digest.
fn outside(
    items: &[&RestoreItem],
    destinations: &Destinations<'_>,
) -> Result<BTreeMap<String, Vec<PathBuf>>, BackupError> {
    let mut outside: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for item in items.iter().filter(|item| !in_states(item)) {
        let place = tree::place(&item.name);
        if let Some(target) = place.and_then(|place| target(destinations, &place)) {
            if let Some(directory) = target.parent()
                && !directory.exists()
            {
                create_private_dir(directory)?;
            }
            outside.entry(item.sha256.clone()).or_default().push(target);
        }
    }
    Ok(outside)
}

/// Puts the contents into the staged tree.
fn fill(staging: &Staging, items: &[&RestoreItem], lock: &LockOptions) -> Result<Vec<(String, Saving)>, BackupError> {
    let tree = staging.tree();
    let content = |item: &RestoreItem| staging.contents().join(&item.sha256);
    for item in items.iter().filter(|item| in_states(item) && item.kind != Kind::State) {
        let Some(place) = tree::place(&item.name) else { continue };
        let target = tree.join(place.path);
        if let Some(directory) = target.parent() {
            create_private_dir(directory)?;
        }
        // A second name first: the same content may belong to several places.
        let second = staging.contents().join("second");
        hard_link(&content(item), &second)?;
        rename(&second, &target)?;
    }
    let store = Store::open(&tree, &staging.lock_path());
    let store = store.lock(lock)?;
    let mut restored = Vec::new();
    for item in items.iter().filter(|item| item.kind == Kind::State) {
        let project = item.project.clone().unwrap_or_default();
        let path = content(item);
        let bytes = std::fs::read(&path).map_err(|error| open::unreadable(&path, error))?;
        let saving = store.put_bytes(&project, &bytes)?;
        restored.push((project, staging.as_live(saving)));
    }
    restored.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(restored)
}

/// Writes each wanted content where it waits to be used.
struct Put {
    directory: PathBuf,
    inside: BTreeSet<String>,
    outside: BTreeMap<String, Vec<PathBuf>>,
    /// With where it belongs, and the directory of that.
    staged: Vec<(Staged, PathBuf, PathBuf)>,
}

impl Visit for Put {
    fn wants(&self, sha256: &str) -> bool {
        self.inside.contains(sha256) || self.outside.contains_key(sha256)
    }

    fn content(&mut self, sha256: &str, content: &mut dyn Read) -> Result<(), BackupError> {
        let path = self.directory.join(sha256);
        write(&path, content)?.commit()?;
        for target in self.outside.get(sha256).into_iter().flatten() {
            let mut file = std::fs::File::open(&path).map_err(|error| open::unreadable(&path, error))?;
            let directory = target.parent().unwrap_or(Path::new("/")).to_owned();
            self.staged.push((write(target, &mut file)?, target.clone(), directory));
        }
        Ok(())
    }
}

fn write(path: &Path, content: &mut dyn Read) -> Result<Staged, BackupError> {
    let mut writer = stage_writer(path)?;
    let mut buffer = [0; 64 * 1024];
    loop {
        let length = match content.read(&mut buffer) {
            Ok(0) => return Ok(writer.finish()?),
            Ok(length) => length,
            Err(error) => return Err(content_error(path, error)),
        };
        let written = io::Write::write_all(&mut writer, buffer.get(..length).unwrap_or_default());
        written.map_err(|source| BackupError::Write {
            path: path.to_owned(),
            source,
        })?;
    }
}
