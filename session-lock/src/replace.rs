//! The only code that changes files: what it writes is either wholly there or not at all, also after a power cut.
//!
//! A file is written under a temporary name in its own directory, made durable, and renamed; then the directory is
//! made durable. A failed `fsync` is never tried again: the second one may report success for data that is lost.
//!
//! Files are created 0600 and directories 0700, whatever the umask allows.

#![expect(clippy::disallowed_methods, reason = "this is the module that changes files")]

mod batch;
mod leftovers;
mod private_dir;
mod staged;

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, OFlags, RenameFlags, renameat_with};

pub use batch::{stage_all, sync_dirs};
pub use leftovers::{leftovers, sweep_leftovers};
pub(crate) use private_dir::open_own_dir;
pub use private_dir::{PrivateDir, create_private_dir};
pub use staged::{Staged, StagedWriter, stage, stage_writer};

/// Why something was not changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplaceError {
    /// A directory is not one that only we can have made.
    #[error("{} {why}", path.display())]
    Unsafe {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it, to be read after its name.
        why: &'static str,
    },
    /// The system refused something.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried, to be read before its name.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
}

/// Makes `contents` the whole content of the file at `path`, durably. A symbolic link there is replaced, not followed.
///
/// # Errors
///
/// If the system refuses a step. The file is then as it was, unless the last step failed: that only makes the new
/// content durable.
pub fn replace_file(path: &Path, contents: &[u8]) -> Result<(), ReplaceError> {
    stage(path, contents)?.commit()?;
    sync_dir(directory_of(path))
}

/// As [`replace_file`], but the file keeps the mode that it has; for files that are the user's own.
///
/// # Errors
///
/// As [`replace_file`].
pub fn replace_file_keeping_mode(path: &Path, contents: &[u8]) -> Result<(), ReplaceError> {
    stage_keeping_mode(path, contents)?.commit()?;
    sync_dir(directory_of(path))
}

fn stage_keeping_mode(path: &Path, contents: &[u8]) -> Result<Staged, ReplaceError> {
    let staged = stage(path, contents)?;
    match std::fs::metadata(path) {
        Ok(found) => {
            let temporary = staged.temporary_path();
            std::fs::set_permissions(temporary, found.permissions())
                .map_err(|error| failed(temporary, "set the mode of", error))?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(path, "examine", error)),
    }
    Ok(staged)
}

/// As [`replace_file_keeping_mode`], if the file is what it was: `before`, or not there. `false` says that somebody else
/// changed it, who may know nothing of locks: theirs stays, also if it came in the last moment.
///
/// # Errors
///
/// If the system refuses a step. The file is then as it was.
pub fn replace_file_if_unchanged(path: &Path, before: Option<&[u8]>, contents: &[u8]) -> Result<bool, ReplaceError> {
    let Some(before) = before else {
        let staged = stage(path, contents)?;
        return match hard_link(staged.temporary_path(), path) {
            Ok(()) => sync_dir(directory_of(path)).map(|()| true),
            Err(_) if path.exists() => Ok(false),
            // There are no links here.
            Err(_) => staged
                .commit()
                .and_then(|()| sync_dir(directory_of(path)))
                .map(|()| true),
        };
    };
    let staged = stage_keeping_mode(path, contents)?;
    let is_before = |path: &Path| std::fs::read(path).is_ok_and(|found| found == before);
    if !is_before(path) {
        return Ok(false);
    }
    match exchange(staged.temporary_path(), path) {
        Ok(()) if is_before(staged.temporary_path()) => {}
        Ok(()) => {
            exchange(staged.temporary_path(), path)?;
            return Ok(false);
        }
        // Files can't be exchanged here.
        Err(_) => staged.commit()?,
    }
    sync_dir(directory_of(path))?;
    Ok(true)
}

/// As [`replace_file`], but without waiting for the disk: after a power cut the file may be the old one, the new one or
/// damaged. For what can be had anew, where its readers notice damage.
///
/// # Errors
///
/// If the system refuses a step. The file is then as it was.
pub fn replace_cache(path: &Path, contents: &[u8]) -> Result<(), ReplaceError> {
    let mut writer = stage_writer(path)?;
    writer
        .write_all(contents)
        .map_err(|error| failed(writer.temporary_path(), "write", error))?;
    writer.finish_volatile().commit()
}

/// Makes the names in a directory durable: what was renamed, linked or removed there survives a power cut.
///
/// # Errors
///
/// If the system refuses.
pub fn sync_dir(directory: &Path) -> Result<(), ReplaceError> {
    let sync = File::open(directory).and_then(|file| file.sync_all());
    sync.map_err(|error| failed(directory, "make durable", error))
}

/// Removes a file. Durable after [`sync_dir`].
///
/// # Errors
///
/// If the system refuses, or there is none.
pub fn remove_file(path: &Path) -> Result<(), ReplaceError> {
    std::fs::remove_file(path).map_err(|error| failed(path, "remove", error))
}

/// Removes a directory and everything in it; symbolic links in it are removed, not followed.
///
/// # Errors
///
/// If the system refuses, or there is none.
pub fn remove_dir_all(path: &Path) -> Result<(), ReplaceError> {
    std::fs::remove_dir_all(path).map_err(|error| failed(path, "remove", error))
}

/// Gives a file or directory another name, whose former bearer is gone. Durable after [`sync_dir`].
///
/// # Errors
///
/// If the system refuses.
pub fn rename(from: &Path, to: &Path) -> Result<(), ReplaceError> {
    std::fs::rename(from, to).map_err(|error| failed(from, "rename", error))
}

/// Exchanges two files or directories in one step. Durable after [`sync_dir`] of both their directories.
///
/// # Errors
///
/// If the system refuses; not every file system can do it.
pub fn exchange(one: &Path, other: &Path) -> Result<(), ReplaceError> {
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).map_err(|errno| failed(one, "exchange", errno.into()))
}

/// Gives a file a second name, which must be free. Durable after [`sync_dir`].
///
/// # Errors
///
/// If the system refuses, or the second name is taken; not every file system can do it.
pub fn hard_link(from: &Path, to: &Path) -> Result<(), ReplaceError> {
    std::fs::hard_link(from, to).map_err(|error| failed(from, "link", error))
}

/// Opens a file to append to, for logs; it is created if need be. A symbolic link is refused.
///
/// # Errors
///
/// If the system refuses.
pub fn open_append(path: &Path) -> Result<File, ReplaceError> {
    let mut options = File::options();
    options
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK));
    options.open(path).map_err(|error| failed(path, "open", error))
}

/// The flags as `OpenOptions` takes them; all of Linux's fit.
fn flags(flags: OFlags) -> i32 {
    i32::try_from(flags.bits()).unwrap_or_default()
}

/// The directory in which a name lies.
fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn failed(path: &Path, action: &'static str, source: io::Error) -> ReplaceError {
    ReplaceError::Io {
        path: path.to_owned(),
        action,
        source,
    }
}

#[cfg(test)]
mod tests;
