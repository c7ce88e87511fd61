//! Why a lock can't be had.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::process::ProcessError;
use crate::record::Owner;
use crate::replace::ReplaceError;

/// Why a lock wasn't taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else holds it.
    #[error("the lock {} is held{}", path.display(), by(holder.as_deref()))]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, as far as its record tells.
        holder: Option<Box<Owner>>,
        /// How long it was waited for.
        waited: Duration,
    },
    /// This process holds it already.
    #[error("the lock {} is already held by this process", path.display())]
    WouldDeadlock {
        /// The lock file.
        path: PathBuf,
    },
    /// The file isn't one that can be trusted.
    #[error("the lock file {} {why}", path.display())]
    Unsafe {
        /// The lock file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The lock wouldn't exclude other machines.
    #[error("the lock {} lies on a network file system ({kind})", path.display())]
    NetworkFileSystem {
        /// The lock file.
        path: PathBuf,
        /// Which.
        kind: &'static str,
    },
    /// Its directory can't be made.
    #[error(transparent)]
    Directory(#[from] ReplaceError),
    /// This process can't be identified.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The system refused.
    #[error("can't {action} the lock file {}", path.display())]
    Io {
        /// What was done.
        action: &'static str,
        /// The lock file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

fn by(holder: Option<&Owner>) -> String {
    match holder {
        Some(owner) => format!(" by process {} ({})", owner.process.pid, owner.command),
        None => String::new(),
    }
}
