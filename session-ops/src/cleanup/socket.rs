//! A socket that nobody listens on.
//!
//! A server that is just being started has removed the old socket or is about to. tmux lets only the owner of a lock do that
//! (`client_get_lock` in its client.c: a flock on `SOCKET.lock`, which the new server removes), so we take the same lock.

use std::ffi::OsString;
use std::path::Path;

use session_lock::replace::remove_file;
use session_lock::{LockOptions, Wait, acquire};

use super::{Cleaning, CleanupAction, Not};
use crate::detect::server::is_stale;
use crate::detect::{FindingKind, ServerCondition};
use crate::error::Error;

pub(super) fn clean(cleaning: &Cleaning<'_>) -> Option<CleanupAction> {
    if !matches!(cleaning.condition, ServerCondition::StaleSocket) {
        return None;
    }
    let socket = cleaning.context.server.socket_path();
    let why = "nobody listens on it";
    Some(cleaning.action(FindingKind::SocketStale, socket, why, |_lock| {
        let options = LockOptions {
            wait: Wait::No,
            ..cleaning.context.lock_options("cleanup")
        };
        match remove(socket, &options)? {
            true => Ok(()),
            false => Err(Not::Kept("a server was started on it".to_owned())),
        }
    }))
}

/// Whether it was still stale.
fn remove(socket: &Path, options: &LockOptions) -> Result<bool, Error> {
    let mut path = OsString::from(socket);
    path.push(".lock");
    let acquired = acquire(Path::new(&path), options)?;
    let stale = is_stale(socket);
    if stale {
        remove_file(socket)?;
    }
    // As tmux does: whoever waits for it looks again whether it is still the file of this name.
    remove_file(Path::new(&path))?;
    acquired.guard.release();
    Ok(stale)
}
