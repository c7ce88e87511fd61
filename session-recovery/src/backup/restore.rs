//! Restoring states from a backup: a plan, and what carries it out.

use std::collections::BTreeMap;
use std::path::PathBuf;

use session_lock::LockOptions;
use session_state::{ExclusiveStore, Notice, Saving, Store, StoreError, codec};

use super::archive::Visit;
use super::{
    BackupError, BackupReport, BackupRequest, BackupSet, Damage, ManifestFile, Reason, Verified, digest, open,
};

/// What a restore will do. Only [`apply_restore`] does it.
#[derive(Debug)]
#[must_use = "a plan changes nothing until it is applied"]
pub struct RestorePlan {
    /// Each project that is restored, sorted.
    pub items: Vec<RestoreItem>,
    backup: Verified,
}

/// What a restore will do with one project's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreItem {
    /// The project.
    pub project: String,
    /// What will be done.
    pub action: RestoreAction,
    present: Present,
    sha256: String,
}

/// What is done with a project's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreAction {
    /// There is none, and then there is.
    Create,
    /// There is another, which goes to the history.
    Replace,
    /// It is what the backup holds.
    Unchanged,
}

/// What there is of a project before a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Present {
    /// Nothing.
    Nothing,
    /// A state, by its file's SHA-256.
    State(String),
    /// A file that is no state. The store puts it aside when it is replaced, and its history stays.
    Unusable,
}

/// How a plan is carried out.
#[derive(Debug, Clone, Copy)]
pub struct RestoreRequest<'a> {
    /// Where the pre-restore backup goes.
    pub backups: &'a BackupSet,
    /// The time, in seconds since 1970 UTC.
    pub now: i64,
    /// The program that asks, with its version.
    pub by: &'a str,
    /// How the lock of the backups is taken.
    pub lock: &'a LockOptions,
}

/// What a restore did.
#[derive(Debug)]
pub struct RestoreReport {
    /// The backup of the states that were replaced; `None` if none was.
    pub pre_restore: Option<BackupReport>,
    /// The projects that were created or replaced, sorted.
    pub restored: Vec<(String, Saving)>,
    /// The projects whose state was already that of the backup, sorted.
    pub unchanged: Vec<String>,
}

/// Plans to restore the states of `projects`, or all that a backup holds. Reads the whole backup again: each state that
/// is to be restored must be one, of its project. Changes nothing.
///
/// # Errors
///
/// [`BackupError::NoSuchProject`], [`BackupError::Damaged`] if what is in the backup can't be restored, and
/// [`StoreError::NewerVersion`] if a newer tsm wrote what would be replaced.
pub fn plan_restore(
    mut backup: Verified,
    projects: Option<&[String]>,
    store: &Store,
) -> Result<RestorePlan, BackupError> {
    let chosen = chosen(&backup, projects)?;
    let mut check = Check {
        path: backup.path.clone(),
        chosen,
    };
    backup.read(&mut check)?;
    let mut items = Vec::new();
    for (sha256, projects) in check.chosen {
        for project in projects {
            let present = present(store, &project)?;
            let action = match &present {
                Present::Nothing => RestoreAction::Create,
                Present::State(found) if *found == sha256 => RestoreAction::Unchanged,
                Present::State(_) | Present::Unusable => RestoreAction::Replace,
            };
            items.push(RestoreItem {
                project,
                action,
                present,
                sha256: sha256.clone(),
            });
        }
    }
    items.sort_by(|one, other| one.project.cmp(&other.project));
    Ok(RestorePlan { items, backup })
}

/// Carries a plan out: first a backup of the states that will be replaced, then one state after the other. Each takes
/// the place of the former in one step, and the former goes to the history.
///
/// # Errors
///
/// [`BackupError::Changed`] if a state is no longer what the plan was made for; like every error before the first state
/// is replaced, it leaves all as it was. [`BackupError::Partly`] after that.
pub fn apply_restore(
    mut plan: RestorePlan,
    store: &ExclusiveStore<'_>,
    request: &RestoreRequest<'_>,
) -> Result<RestoreReport, BackupError> {
    let mut replaced = Vec::new();
    let mut wanted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut unchanged = Vec::new();
    for item in plan.items {
        if present(store.store(), &item.project)? != item.present {
            return Err(BackupError::Changed { project: item.project });
        }
        if item.action == RestoreAction::Unchanged {
            unchanged.push(item.project);
            continue;
        }
        if matches!(item.present, Present::State(_)) {
            replaced.push(item.project.clone());
        }
        wanted.entry(item.sha256).or_default().push(item.project);
    }
    let pre_restore = back_up(&replaced, store.store(), request)?;
    let mut put = Put {
        store,
        wanted,
        restored: Vec::new(),
        failed: None,
    };
    if !put.wanted.is_empty() {
        let read = plan.backup.read(&mut put);
        read.map_err(|error| put.stopped(&plan.backup, error))?;
    }
    put.restored.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(RestoreReport {
        pre_restore,
        restored: put.restored,
        unchanged,
    })
}

/// The projects to restore, by the digest of their states.
fn chosen(backup: &Verified, projects: Option<&[String]>) -> Result<BTreeMap<String, Vec<String>>, BackupError> {
    let files = &backup.manifest.files;
    for project in projects.unwrap_or_default() {
        if !files.iter().any(|file| file.project == *project) {
            return Err(BackupError::NoSuchProject {
                path: backup.path.clone(),
                project: project.clone(),
            });
        }
    }
    let mut chosen: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ManifestFile { project, sha256, .. } in files {
        if projects.is_none_or(|projects| projects.contains(project)) {
            chosen.entry(sha256.clone()).or_default().push(project.clone());
        }
    }
    Ok(chosen)
}

fn present(store: &Store, project: &str) -> Result<Present, BackupError> {
    match store.load(project) {
        Ok(None) => Ok(Present::Nothing),
        Ok(Some(loaded)) => match loaded.notice {
            Some(Notice::NewerVersion(version)) => {
                let path = store.path(project);
                Err(StoreError::NewerVersion { path, version }.into())
            }
            Some(Notice::FellBack { .. }) => Ok(Present::Unusable),
            _ => Ok(Present::State(digest::of(&loaded.bytes))),
        },
        Err(StoreError::Corrupt { .. }) => Ok(Present::Unusable),
        Err(error) => Err(error.into()),
    }
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
    let report = request.backups.create(&BackupRequest {
        states,
        projects: Some(projects),
        reason: Reason::PreRestore,
        now: request.now,
        by: request.by,
        lock: request.lock,
    })?;
    match report.skipped.into_iter().next() {
        Some(skipped) => Err(BackupError::Changed {
            project: skipped.project,
        }),
        None => Ok(Some(BackupReport {
            skipped: Vec::new(),
            ..report
        })),
    }
}

/// Fails unless each chosen content is a state of its project.
struct Check {
    path: PathBuf,
    chosen: BTreeMap<String, Vec<String>>,
}

impl Visit for Check {
    fn wants(&self, sha256: &str) -> bool {
        self.chosen.contains_key(sha256)
    }

    fn content(&mut self, sha256: &str, bytes: &[u8]) -> Result<(), BackupError> {
        for project in self.chosen.get(sha256).into_iter().flatten() {
            let source = match codec::decode(bytes) {
                Ok(decoded) if decoded.state.project == *project => continue,
                Ok(_) => None,
                Err(error) => Some(error),
            };
            let project = project.clone();
            return Err(open::damaged(&self.path, Damage::NotItsState { project, source }));
        }
        Ok(())
    }
}

/// Puts each wanted content where it belongs.
struct Put<'a> {
    store: &'a ExclusiveStore<'a>,
    wanted: BTreeMap<String, Vec<String>>,
    restored: Vec<(String, Saving)>,
    failed: Option<String>,
}

impl Put<'_> {
    /// The error of a restore that stopped.
    fn stopped(&self, backup: &Verified, source: BackupError) -> BackupError {
        let done: Vec<_> = self.restored.iter().map(|(project, _)| project.clone()).collect();
        let waiting = self.wanted.values().flatten().find(|project| !done.contains(project));
        match self.failed.as_ref().or(waiting) {
            Some(project) if !done.is_empty() => BackupError::Partly {
                path: backup.path.clone(),
                project: project.clone(),
                done,
                source: Box::new(source),
            },
            _ => source,
        }
    }
}

impl Visit for Put<'_> {
    fn wants(&self, sha256: &str) -> bool {
        self.wanted.contains_key(sha256)
    }

    fn content(&mut self, sha256: &str, bytes: &[u8]) -> Result<(), BackupError> {
        for project in self.wanted.get(sha256).into_iter().flatten() {
            match self.store.put_bytes(project, bytes) {
                Ok(saving) => self.restored.push((project.clone(), saving)),
                Err(error) => {
                    self.failed = Some(project.clone());
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }
}
