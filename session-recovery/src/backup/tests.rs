//! What a backup is made of, and what happens to it.

mod damage;
mod effort;
mod hostile;
mod incremental;
mod listing;
mod originals;
mod programs;
mod pruning;
mod restoring;
mod round_trip;
mod salvaging;
mod swapping;

use std::fs;
use std::path::{Path, PathBuf};

use session_lock::{LockOptions, Wait};
use session_state::{Lifecycle, Saved, SessionState, Store, codec};
use tempfile::{TempDir, tempdir};

use super::known::Known;
use super::spool::{Spool, Spooled};
use super::*;

/// A time at which backups are made here.
const NOW: i64 = 1_700_000_000;

/// A directory with states and backups.
struct Place {
    root: TempDir,
    store: Store,
    set: BackupSet,
    lock: LockOptions,
}

impl Place {
    fn new() -> Self {
        let root = tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        create_private_dir(&at("backups")).unwrap();
        Self {
            store: Store::open(&at("states"), &at("states.lock")),
            set: BackupSet::open(&at("backups"), &at("backups.lock")),
            lock: LockOptions {
                wait: Wait::No,
                purpose: "test".to_owned(),
                now: NOW,
                shared: false,
                allow_network_fs: false,
            },
            root,
        }
    }

    /// Saves a state whose content depends on `directory`.
    fn save(&self, project: &str, directory: &str) {
        let bytes = codec::encode(&state(project, directory)).unwrap();
        let store = self.store.lock(&self.lock).unwrap();
        store.put_bytes(project, &bytes).unwrap();
    }

    /// The directory that the present state of a project names.
    fn saved(&self, project: &str) -> Option<PathBuf> {
        let loaded = self.store.load(project).unwrap();
        loaded.map(|loaded| loaded.state.working_dir)
    }

    fn request(&self) -> BackupRequest<'_> {
        BackupRequest {
            states: &self.store,
            projects: None,
            extra: &[],
            full: false,
            reason: Reason::Manual,
            now: NOW,
            by: "tsm test",
            lock: &self.lock,
        }
    }

    fn create(&self, request: &BackupRequest<'_>) -> Result<BackupReport, BackupError> {
        self.set.create(request, &mut |_progress| {})
    }

    fn apply(&self, plan: RestorePlan) -> Result<RestoreReport, BackupError> {
        let store = self.store.lock(&self.lock).unwrap();
        let request = RestoreRequest {
            backups: &self.set,
            now: NOW + 60,
            by: "tsm test",
            lock: &self.lock,
        };
        apply_restore(plan, &self.destinations(), &store, &request)
    }

    fn destinations(&self) -> Destinations<'_> {
        Destinations {
            states: &self.store,
            transcripts: Some(self.root.path().join("transcripts")),
            config: Some(self.root.path().join("config.toml")),
        }
    }

    fn back_up(&self) -> PathBuf {
        self.create(&self.request()).unwrap().file
    }

    /// An archive with these contents, which needn't be states, under a manifest that fits.
    fn archive(&self, contents: &[&[u8]]) -> PathBuf {
        let manifest = manifest_of(contents);
        let path = open::archive_path(self.set.dir(), &manifest.id);
        self.set
            .write(&path, &manifest, spooled(self.set.dir(), contents))
            .unwrap();
        path
    }
}

fn state(project: &str, directory: &str) -> SessionState {
    SessionState {
        project: project.to_owned(),
        id: Some("id".to_owned()),
        session_name: format!("claude-{project}").into(),
        working_dir: directory.into(),
        lifecycle: Lifecycle::Live,
        saved: Saved {
            at: NOW,
            by: "test".to_owned(),
            reason: "save".to_owned(),
        },
        server: None,
        size: None,
        group: None,
        environment: Default::default(),
        options: Default::default(),
        windows: Vec::new(),
        unknown: Vec::new(),
    }
}

fn spooled(dir: &Path, contents: &[&[u8]]) -> Spooled {
    let mut spool = Spool::new(dir).unwrap();
    for content in contents {
        spool.add_bytes(content, &mut Known::default()).unwrap();
    }
    spool.finish().unwrap()
}

fn manifest_of(contents: &[&[u8]]) -> Manifest {
    let file = |(number, content): (usize, &&[u8])| ManifestFile {
        name: state_name(&format!("p{number}")),
        size: content.len() as u64,
        sha256: digest::of(content),
        archive: None,
        changing: false,
    };
    Manifest {
        id: id::new(NOW).unwrap(),
        seq: 1,
        created: NOW,
        tool: "tsm test".to_owned(),
        reason: Reason::Manual,
        files: contents.iter().enumerate().map(file).collect(),
    }
}

/// The damage that an operation failed with.
fn damage<T>(result: Result<T, BackupError>) -> Damage {
    match result {
        Err(BackupError::Damaged { damage, .. }) => damage,
        Err(other) => panic!("another error: {other:?}"),
        Ok(_) => panic!("no error"),
    }
}

/// All files below a directory with their contents.
fn everything(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(everything(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}
