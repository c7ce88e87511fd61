//! Backups of states: written, listed, verified and restored.
//!
//! A backup is an archive `<id>.tar.zst` with a manifest in it, and a sidecar `<id>.toml` that says the same and the
//! archive's digest. The sidecar is written last, after the archive was read back and every byte of it verified: what
//! has one was whole once. The format is described in the README.
//!
//! Reading needs no lock and changes nothing. A restore verifies everything before it changes anything, and first backs
//! up what it is about to replace.

mod archive;
mod contents;
mod create;
mod digest;
mod error;
mod frames;
mod id;
mod known;
mod limits;
mod list;
mod manifest;
mod open;
mod originals;
mod prune;
mod restore;
pub mod retention;
mod salvage;
mod script;
mod sources;
mod spool;
mod swap;
#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "the tests damage files, and run tar and zstd on them"
)]
mod tests;
mod tree;
mod verify;

use std::path::{Path, PathBuf};

use session_lock::replace::{create_private_dir, sweep_leftovers};
use session_lock::{Acquired, LockOptions, acquire};

pub use create::{BackupReport, BackupRequest, Extra, Progress, Skipped};
pub use error::{BackupError, Damage};
pub use limits::{MAX_FILE, MAX_FILES, MAX_TOTAL};
pub use list::{Backup, list};
pub use manifest::{ArchiveFile, FORMAT, Manifest, ManifestFile, Reason};
pub use originals::{Original, read_original};
pub use prune::Pruned;
pub use restore::{
    Destinations, Present, RestoreAction, RestoreItem, RestorePlan, RestoreReport, RestoreRequest, RestoreSource,
    apply_restore, plan_restore,
};
pub use salvage::{Salvaged, salvage};
pub use swap::{finish_restores, leftovers};
pub use tree::{CONFIG, Kind, state_name, transcript_name};
pub use verify::{Verified, verify};

/// One directory of backups. Making one touches no file.
#[derive(Debug, Clone)]
pub struct BackupSet {
    dir: PathBuf,
    lock_path: PathBuf,
}

impl BackupSet {
    /// The backups in `dir`, whose writers hold the lock at `lock_path`; neither needs to exist yet.
    ///
    /// Who holds this lock takes no other: it comes after the lock of the states.
    pub fn open(dir: &Path, lock_path: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            lock_path: lock_path.to_owned(),
        }
    }

    /// The directory of the archives.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Removes what crashed writers left behind, if there is such a directory.
    ///
    /// # Errors
    ///
    /// [`BackupError`] if somebody else writes for longer than `options` allow, or what can't be removed.
    pub fn tidy(&self, options: &LockOptions) -> Result<(), BackupError> {
        if self.dir.exists() {
            self.lock(options)?.guard.release();
        }
        Ok(())
    }

    /// Becomes the only writer. Makes the directories that don't exist and removes what crashed writers left behind.
    fn lock(&self, options: &LockOptions) -> Result<Acquired, BackupError> {
        if let Some(parent) = self.lock_path.parent()
            && !parent.as_os_str().is_empty()
            && !parent.exists()
        {
            create_private_dir(parent)?;
        }
        let acquired = acquire(&self.lock_path, options)?;
        create_private_dir(&self.dir)?;
        sweep_leftovers(&self.dir)?;
        Ok(acquired)
    }
}
