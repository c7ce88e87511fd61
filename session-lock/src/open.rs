//! Opening a lock file without being led astray.
//!
//! No link, fifo, foreign or public file is accepted; the file is never truncated, which would wipe the record of its
//! holder, and never deleted.
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use crate::error::LockError;
use crate::replace::open_own_dir;

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

/// A lock file and the directory that it was found in.
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) directory: File,
}

/// Opens the lock file at `path`, making it (0600) and its directory (0700) if they are missing.
pub(crate) fn open(path: &Path) -> Result<Opened, LockError> {
    let above = path.parent().filter(|above| *above != Path::new(""));
    let directory = open_own_dir(above.unwrap_or(Path::new(".")))?;
    let name = path.file_name().ok_or_else(|| unsafe_file(path, "has no name"))?;
    // Never truncated; and O_NONBLOCK keeps a fifo from blocking the open.
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    // Below the very directory that was examined: a path could lead elsewhere by now.
    let opened = openat(&directory, name, flags, Mode::RUSR | Mode::WUSR);
    let file = File::from(opened.map_err(|errno| match errno {
        Errno::LOOP => unsafe_file(path, "is a symbolic link"),
        errno => LockError::Io {
            action: "open",
            path: path.to_owned(),
            source: errno.into(),
        },
    })?);
    check(path, &file)?;
    Ok(Opened { file, directory })
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
