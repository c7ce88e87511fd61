//! Restoring from a backup: a plan, and what carries it out.

mod apply;

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use session_lock::LockOptions;
use session_state::{Notice, Saving, Store, StoreError, codec};

use super::archive::Visit;
use super::limits::MAX_STATE;
use super::manifest::ManifestFile;
use super::originals::Original;
use super::salvage::Salvaged;
use super::tree::{self, Kind};
use super::{BackupError, BackupReport, BackupSet, Damage, Verified, digest, open};

pub use apply::apply_restore;

/// What is restored from.
#[derive(Debug)]
pub enum RestoreSource {
    /// A backup of which every byte is right.
    Backup(Verified),
    /// The sound part of a damaged one.
    Salvaged(Salvaged),
    /// A backup of the original scripts.
    Original(Original),
}

/// Where things are restored to.
#[derive(Debug, Clone)]
pub struct Destinations<'a> {
    /// The states, their history, scrollback.
    pub states: &'a Store,
    /// The directory of all transcripts of the agent; `None` restores none. Only missing ones are restored.
    pub transcripts: Option<PathBuf>,
    /// tsm's configuration; `None` doesn't restore it. It is only restored if it is missing.
    pub config: Option<PathBuf>,
}

/// What a restore will do. Only [`apply_restore`] does it.
#[derive(Debug)]
#[must_use = "a plan changes nothing until it is applied"]
pub struct RestorePlan {
    /// Each file that the backup holds of what is restored, sorted by name.
    pub items: Vec<RestoreItem>,
    source: RestoreSource,
}

/// What a restore will do with one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreItem {
    /// Its name in the tree.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// The project that it belongs to.
    pub project: Option<String>,
    /// What will be done.
    pub action: RestoreAction,
    present: Present,
    sha256: String,
}

/// What is done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestoreAction {
    /// There is none, and then there is.
    Create,
    /// There is another state, which goes to the history; or another scrollback, which is in the pre-restore backup.
    Replace,
    /// It is what the backup holds.
    Unchanged,
    /// There is another, which stays.
    Kept,
}

/// What there is before a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Present {
    /// Nothing.
    Nothing,
    /// A file, by its SHA-256.
    File(String),
    /// A file of another size, so that it needn't be read.
    Other,
    /// For a state: a file that is none; the store puts it aside when it is replaced, and its history stays. Else: what is
    /// no plain file, or can't be read; it stays.
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
    /// The projects whose states were created or replaced, sorted.
    pub restored: Vec<(String, Saving)>,
    /// The projects whose state was already that of the backup, sorted.
    pub unchanged: Vec<String>,
    /// How many other files were restored.
    pub files: usize,
}

impl RestoreSource {
    /// The archive.
    pub fn path(&self) -> &Path {
        match self {
            Self::Backup(verified) => &verified.path,
            Self::Salvaged(salvaged) => &salvaged.path,
            Self::Original(original) => &original.path,
        }
    }

    /// What it holds that is sound.
    pub fn files(&self) -> &[ManifestFile] {
        match self {
            Self::Backup(verified) => &verified.manifest.files,
            Self::Salvaged(salvaged) => &salvaged.files,
            Self::Original(original) => &original.files,
        }
    }

    /// The names of what is lost to damage.
    pub fn lost(&self) -> &[String] {
        match self {
            Self::Salvaged(salvaged) => &salvaged.lost,
            Self::Backup(_) | Self::Original(_) => &[],
        }
    }

    pub(super) fn read(&mut self, visit: &mut dyn Visit) -> Result<(), BackupError> {
        match self {
            Self::Backup(verified) => verified.read(visit),
            Self::Salvaged(salvaged) => salvaged.read(visit),
            Self::Original(original) => original.read(visit),
        }
    }
}

impl RestorePlan {
    /// What is restored from.
    pub fn source(&self) -> &RestoreSource {
        &self.source
    }
}

/// Plans to restore `projects`, or all that a backup holds. Reads the whole backup again: each state that is to be
/// restored must be one, of its project. Changes nothing.
///
/// # Errors
///
/// [`BackupError::NoSuchProject`], [`BackupError::Damaged`] if what is in the backup can't be restored, and
/// [`StoreError::NewerVersion`] if a newer tsm wrote what would be replaced.
pub fn plan_restore(
    mut source: RestoreSource,
    projects: Option<&[String]>,
    destinations: &Destinations<'_>,
) -> Result<RestorePlan, BackupError> {
    let chosen = chosen(&source, projects)?;
    let mut check = Check {
        path: source.path().to_owned(),
        partial: matches!(source, RestoreSource::Salvaged(_)),
        chosen: states_by_digest(&chosen),
        refused: Vec::new(),
    };
    source.read(&mut check)?;
    let mut items = Vec::new();
    for file in chosen.into_iter().filter(|file| !check.refused.contains(&file.sha256)) {
        let Some(place) = tree::place(&file.name) else { continue };
        let (present, action) = match place.kind {
            Kind::State => {
                let present = present_state(destinations.states, place.project.unwrap_or_default())?;
                let action = action(&present, &file.sha256, RestoreAction::Replace);
                (present, action)
            }
            kind => {
                let Some(target) = target(destinations, &place) else {
                    continue;
                };
                let present = present_file(&target, file.size);
                // Only with a state is there a backup of what is replaced.
                let replaces = kind == Kind::Scrollback && present != Present::Unusable && {
                    let state = present_state(destinations.states, place.project.unwrap_or_default())?;
                    matches!(state, Present::File(_))
                };
                let other = if replaces {
                    RestoreAction::Replace
                } else {
                    RestoreAction::Kept
                };
                let action = action(&present, &file.sha256, other);
                (present, action)
            }
        };
        items.push(RestoreItem {
            kind: place.kind,
            project: place.project.map(str::to_owned),
            action,
            present,
            sha256: file.sha256,
            name: file.name,
        });
    }
    items.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(RestorePlan { items, source })
}

/// Where a file that is no state belongs.
fn target(destinations: &Destinations<'_>, place: &tree::Place<'_>) -> Option<PathBuf> {
    match place.kind {
        Kind::State | Kind::History | Kind::Scrollback => Some(destinations.states.dir().join(place.path)),
        Kind::Transcript => destinations
            .transcripts
            .as_ref()
            .map(|directory| directory.join(place.path)),
        Kind::Config => destinations.config.clone(),
    }
}

fn action(present: &Present, sha256: &str, other: RestoreAction) -> RestoreAction {
    match present {
        Present::Nothing => RestoreAction::Create,
        Present::File(found) if found == sha256 => RestoreAction::Unchanged,
        Present::File(_) | Present::Other | Present::Unusable => other,
    }
}

fn chosen(source: &RestoreSource, projects: Option<&[String]>) -> Result<Vec<ManifestFile>, BackupError> {
    let files = source.files();
    for project in projects.unwrap_or_default() {
        if !files.iter().any(|file| file.project() == Some(project)) {
            return Err(BackupError::NoSuchProject {
                path: source.path().to_owned(),
                project: project.clone(),
            });
        }
    }
    let wanted = |file: &&ManifestFile| {
        projects.is_none_or(|projects| {
            file.project()
                .is_some_and(|own| projects.iter().any(|name| name == own))
        })
    };
    Ok(files.iter().filter(wanted).cloned().collect())
}

fn states_by_digest(files: &[ManifestFile]) -> BTreeMap<String, Vec<String>> {
    let mut states: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.kind() == Some(Kind::State)) {
        let project = file.project().unwrap_or_default().to_owned();
        states.entry(file.sha256.clone()).or_default().push(project);
    }
    states
}

fn present_state(store: &Store, project: &str) -> Result<Present, BackupError> {
    match store.load(project) {
        Ok(None) => Ok(Present::Nothing),
        Ok(Some(loaded)) => match loaded.notice {
            Some(Notice::NewerVersion(version)) => {
                let path = store.path(project);
                Err(StoreError::NewerVersion { path, version }.into())
            }
            Some(Notice::FellBack { .. }) => Ok(Present::Unusable),
            _ => Ok(Present::File(digest::of(&loaded.bytes))),
        },
        Err(StoreError::Corrupt { .. }) => Ok(Present::Unusable),
        Err(error) => Err(error.into()),
    }
}

fn present_file(path: &Path, size: u64) -> Present {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Present::Nothing,
        Err(_) => Present::Unusable,
        Ok(metadata) if !metadata.is_file() => Present::Unusable,
        Ok(metadata) if metadata.len() != size => Present::Other,
        Ok(_) => match open::regular(path).map(digest::of_file) {
            Ok(Ok(sha256)) => Present::File(sha256),
            _ => Present::Unusable,
        },
    }
}

/// Fails unless each chosen state is one, of its project. Of a damaged backup it is only left out.
struct Check {
    path: PathBuf,
    partial: bool,
    chosen: BTreeMap<String, Vec<String>>,
    refused: Vec<String>,
}

impl Visit for Check {
    fn wants(&self, sha256: &str) -> bool {
        self.chosen.contains_key(sha256)
    }

    fn content(&mut self, sha256: &str, content: &mut dyn Read) -> Result<(), BackupError> {
        let mut bytes = Vec::new();
        let read = content.take(MAX_STATE + 1).read_to_end(&mut bytes);
        read.map_err(|error| super::archive::content_error(&self.path, error))?;
        for project in self.chosen.get(sha256).into_iter().flatten() {
            let source = match codec::decode(&bytes) {
                Ok(decoded) if decoded.state.project == *project => continue,
                Ok(_) => None,
                Err(error) => Some(error),
            };
            if self.partial {
                self.refused.push(sha256.to_owned());
                continue;
            }
            let project = project.clone();
            return Err(open::damaged(&self.path, Damage::NotItsState { project, source }));
        }
        Ok(())
    }
}
