//! Opening a lock file without being led astray.
//!
//! No link, fifo, foreign or public file is accepted; the file is never truncated, which would wipe the record of its
//! holder, and never deleted.
#![expect(clippy::disallowed_methods, reason = "the one module that opens lock files")]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use crate::error::LockError;
use crate::replace::create_private_dir;

/// A file's place on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Inode {
    device: u64,
    number: u64,
}

impl Inode {
    pub(crate) fn of(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        Ok(Self {
            device: metadata.dev(),
            number: metadata.ino(),
        })
    }

    /// The file that has this name now, if there is one.
    pub(crate) fn at(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::symlink_metadata(path) {
            Ok(metadata) => Ok(Some(Self {
                device: metadata.dev(),
                number: metadata.ino(),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Opens the lock file at `path`, making it (0600) and its directory (0700) if they are missing.
pub(crate) fn open(path: &Path) -> Result<File, LockError> {
    if let Some(directory) = path.parent().filter(|directory| *directory != Path::new("")) {
        create_private_dir(directory)?;
    }
    // O_NONBLOCK keeps a fifo from blocking the open.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
        .open(path)
        .map_err(|source| match source.raw_os_error() {
            Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => unsafe_file(path, "is a symbolic link"),
            _ => LockError::Io {
                action: "open",
                path: path.to_owned(),
                source,
            },
        })?;
    check(path, &file)?;
    Ok(file)
}

fn check(path: &Path, file: &File) -> Result<(), LockError> {
    let metadata = file.metadata().map_err(|source| LockError::Io {
        action: "examine",
        path: path.to_owned(),
        source,
    })?;
    if !metadata.is_file() {
        Err(unsafe_file(path, "is no regular file"))
    } else if metadata.uid() != rustix::process::geteuid().as_raw() {
        Err(unsafe_file(path, "belongs to another user"))
    } else if metadata.nlink() > 1 {
        Err(unsafe_file(path, "has a second name"))
    } else if metadata.mode() & 0o077 != 0 {
        Err(unsafe_file(path, "is open to others"))
    } else {
        Ok(())
    }
}

fn unsafe_file(path: &Path, why: &'static str) -> LockError {
    LockError::Unsafe {
        path: path.to_owned(),
        why,
    }
}
