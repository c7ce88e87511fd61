//! A directory of state files, with the history of each.
//!
//! Reading needs no lock and changes nothing. Everything that writes is a method of [`ExclusiveStore`], which
//! [`Store::lock`] gives: whoever has one is the only writer.

mod compaction;
mod error;
mod file;
mod former;
mod history;
mod load;
mod pass;
mod quarantine;
mod save;

use std::path::{Path, PathBuf};

use session_lock::replace::{create_private_dir, sweep_leftovers};
use session_lock::{Guard, LockOptions, Previous, acquire};

use crate::SessionState;
use crate::name::is_project_name;

pub use compaction::{Thinning, keep_plan};
pub use error::{Damage, StoreError};
pub use history::{At, HistoryEntry};
pub use load::{Loaded, Notice};
pub use pass::StagedStates;
pub use save::Saving;

/// The ending of a state file's name.
const EXTENSION: &str = "state";

/// One directory of states. Making one touches no file.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    lock_path: PathBuf,
}

/// A store whose only writer is the owner of this value.
#[derive(Debug)]
#[must_use = "the lock is released when this is dropped"]
pub struct ExclusiveStore<'a> {
    store: &'a Store,
    previous: Previous,
    /// Which states amend the current ones ([`ExclusiveStore::amending`]).
    same: Option<fn(&SessionState, &SessionState) -> bool>,
    _guard: Guard,
}

impl Store {
    /// The store in `state_dir`, whose writers hold the lock at `lock_path`; neither needs to exist yet.
    ///
    /// The lock lies outside the directory, so that a restore can exchange the whole directory in one rename.
    pub fn open(state_dir: &Path, lock_path: &Path) -> Self {
        Self {
            dir: state_dir.to_owned(),
            lock_path: lock_path.to_owned(),
        }
    }

    /// The directory of the state files.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the state of a project lies: `<dir>/<project>.state`. The name isn't checked: every method that opens the
    /// file does that.
    pub fn path(&self, project: &str) -> PathBuf {
        self.dir.join(format!("{project}.{EXTENSION}"))
    }

    /// Becomes the only writer. Makes the directories that don't exist and removes what crashed writers left behind.
    ///
    /// # Errors
    ///
    /// [`StoreError::Lock`] if somebody else writes for longer than `options` allow, [`StoreError::Replace`] if the
    /// directory is one that others can write to.
    pub fn lock(&self, options: &LockOptions) -> Result<ExclusiveStore<'_>, StoreError> {
        if let Some(parent) = self.lock_path.parent()
            && !parent.as_os_str().is_empty()
            && !parent.exists()
        {
            create_private_dir(parent)?;
        }
        let acquired = acquire(&self.lock_path, options)?;
        create_private_dir(&self.dir)?;
        sweep_leftovers(&self.dir)?;
        Ok(ExclusiveStore {
            store: self,
            previous: acquired.previous,
            same: None,
            _guard: acquired.guard,
        })
    }

    /// The path of a project's state, if the name is one.
    fn checked_path(&self, project: &str) -> Result<PathBuf, StoreError> {
        check_name(project)?;
        Ok(self.path(project))
    }
}

impl ExclusiveStore<'_> {
    /// The store, to read from.
    pub fn store(&self) -> &Store {
        self.store
    }

    /// How the last writer ended.
    pub fn previous(&self) -> &Previous {
        &self.previous
    }
}

/// Fails unless `project` may name a project: called before any path is built of it.
fn check_name(project: &str) -> Result<(), StoreError> {
    if is_project_name(project) {
        Ok(())
    } else {
        Err(StoreError::InvalidName {
            name: project.to_owned(),
        })
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests damage files")]
mod tests;
