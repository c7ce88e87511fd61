//! Saving by itself: hooks in the tmux server that save what changed, and what tells whether anything does.
//!
//! Whoever saves reads everything anew: a hook only says that something changed. tmux itself gathers changes for a moment
//! and then starts one `tsm`; of those that are started one at a time saves, and looks again if
//! another came meanwhile. A watcher ([`crate::watch`]) sees changes by itself, and these leave them to it.

mod hint;
mod hook_text;
pub(crate) mod hooks;
mod saver;

use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

use session_lock::replace::{ReplaceError, create_private_dir, open_append};
use session_lock::{Acquired, LockError, LockOptions, Wait, acquire};

use crate::context::Context;
use crate::error::{Error, with_causes};
use crate::event::Events;
use crate::log::{Entry, Level};
use crate::paths;

pub use hooks::{Hooks, hooks, turn_off, turn_on};
pub use saver::{Saving, save_changes};
pub(crate) use saver::{notices, save_all};

/// What saves by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutosaveStatus {
    /// The hooks of the server; `None` if there is no server.
    pub hooks: Option<Hooks>,
    /// The process that watches the server.
    pub watcher: Option<u32>,
    /// When everything was saved last, seconds since 1970.
    pub last_saved: Option<i64>,
}

/// What saves by itself.
///
/// # Errors
///
/// [`Error::Tmux`] if the server can't be asked.
pub fn status(context: &Context) -> Result<AutosaveStatus, Error> {
    let hooks = match hooks(context) {
        Ok(hooks) => Some(hooks),
        Err(Error::Tmux(tmux_core::Error::NoServer { .. } | tmux_core::Error::ServerLost { .. })) => None,
        Err(error) => return Err(error),
    };
    Ok(AutosaveStatus {
        hooks,
        watcher: watcher(context),
        last_saved: last_saved(context),
    })
}

/// Sees to it that changes are saved from now on, and tells once how to have more. Whoever has just `built` a session has
/// [set the hooks](set_hooks) already.
pub(crate) fn begin(context: &Context, built: bool, events: Events<'_>) {
    if context.config.autosave.hooks.value && (built || set_hooks(context)) {
        hint::tell_once(context, events);
    }
}

/// Sets the hooks unless they are there, or aren't wanted. Nothing fails because of it: what the user asked for is done
/// without them. Whether there is a server.
pub(crate) fn set_hooks(context: &Context) -> bool {
    if !context.config.autosave.hooks.value {
        return true;
    }
    match hooks::install(context) {
        Ok(()) => true,
        // Nothing was brought back, or it has just ended.
        Err(Error::Tmux(tmux_core::Error::NoServer { .. } | tmux_core::Error::ServerLost { .. })) => false,
        Err(error) => {
            let message = format!("the hooks couldn't be set: {}", with_causes(&error));
            let entry = Entry::info("autosave", &message).level(Level::Warning);
            context.log.write(&entry);
            true
        }
    }
}

/// The process that watches the server of this context.
pub fn watcher(context: &Context) -> Option<u32> {
    // Shared, so that two who ask are no watcher to each other.
    let options = LockOptions {
        shared: true,
        ..lock_options(context, "autosave", Wait::No)
    };
    if !watch_lock(context).exists() {
        return None;
    }
    match acquire(&watch_lock(context), &options) {
        Err(LockError::Busy { holder, .. }) => Some(holder.map_or(0, |owner| owner.process.pid)),
        _ => None,
    }
}

/// The right to be the one that watches this server. Waits a moment, because whoever asks for a watcher holds it for one.
pub(crate) fn lock_watch(context: &Context) -> Result<Acquired, LockError> {
    acquire(
        &watch_lock(context),
        &lock_options(context, "watch", Wait::For(Duration::from_secs(1))),
    )
}

/// When all sessions were saved last, seconds since 1970.
pub fn last_saved(context: &Context) -> Option<i64> {
    Some(std::fs::symlink_metadata(mark(context, "saved")).ok()?.mtime())
}

/// All sessions have been saved just now.
pub(crate) fn mark_saved(context: &Context) -> Result<(), ReplaceError> {
    let path = mark(context, "saved");
    let now = u64::try_from(context.clock.now()).unwrap_or(0);
    let modified = std::time::UNIX_EPOCH + Duration::from_secs(now);
    let file = open_mark(context, &path)?;
    file.set_modified(modified).map_err(|source| ReplaceError::Io {
        path,
        action: "mark",
        source,
    })
}

/// Opens a mark, making it if need be.
fn open_mark(context: &Context, path: &std::path::Path) -> Result<std::fs::File, ReplaceError> {
    match open_append(path) {
        Ok(file) => Ok(file),
        Err(_) => {
            create_private_dir(&directory(context))?;
            open_append(path)
        }
    }
}

fn directory(context: &Context) -> PathBuf {
    context.state_home.directory().join("autosave")
}

/// A file that belongs to this server and these states. Not among the locks: it may be held for days.
fn mark(context: &Context, kind: &str) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    let socket = paths::resolve(context.server.socket_path(), &context.environment);
    let key = [
        socket.as_os_str().as_bytes(),
        context.config.state_dir.value.as_os_str().as_bytes(),
    ]
    .join(&0);
    directory(context).join(format!("{kind}-{}", paths::hex_digest(&key, 8)))
}

fn watch_lock(context: &Context) -> PathBuf {
    mark(context, "watch")
}

fn lock_options(context: &Context, purpose: &str, wait: Wait) -> LockOptions {
    LockOptions {
        wait,
        ..context.lock_options(purpose)
    }
}
