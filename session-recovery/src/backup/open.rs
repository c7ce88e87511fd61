//! Opening the files of a backup to read them.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::frames;
use super::limits::MAX_SIDECAR;
use super::manifest::{ArchiveFile, Manifest};
use super::{BackupError, Damage};

/// The endings of the file names of an archive and its sidecar.
const ARCHIVE: &str = ".tar.zst";
const SIDECAR: &str = ".toml";

/// Where the archive called `id` lies.
pub(super) fn archive_path(dir: &Path, id: &str) -> PathBuf {
    dir.join(format!("{id}{ARCHIVE}"))
}

/// What the name of an archive begins with; `None` if it is no archive's.
pub(super) fn archive_stem(name: &str) -> Option<&str> {
    name.strip_suffix(ARCHIVE)
}

/// What the name of a sidecar begins with; `None` if it is no sidecar's.
pub(super) fn sidecar_stem(name: &str) -> Option<&str> {
    name.strip_suffix(SIDECAR)
}

/// Where the sidecar of an archive lies, if the archive's name is one that has a sidecar.
pub(super) fn sidecar_path(archive: &Path) -> Option<PathBuf> {
    let stem = archive_stem(archive.file_name()?.to_str()?)?;
    Some(archive.with_file_name(format!("{stem}{SIDECAR}")))
}

/// An open archive. Refuses what is no regular file without waiting for it, and what is no zstd file with a checksum.
pub(super) fn archive(path: &Path) -> Result<File, BackupError> {
    let mut file = regular(path)?;
    let mut start = Vec::new();
    let read = (&mut file).take(frames::START as u64).read_to_end(&mut start);
    read.and_then(|_| io::Seek::rewind(&mut file))
        .map_err(|source| unreadable(path, source))?;
    frames::check_start(&start).map_err(|damage| match damage {
        Damage::Gzip => BackupError::Unsupported {
            path: path.to_owned(),
            what: "a backup of the original scripts",
        },
        damage => damaged(path, damage),
    })?;
    Ok(file)
}

/// What the sidecar of an archive says; `None` if it has none.
pub(super) fn sidecar(archive: &Path) -> Result<Option<(Manifest, ArchiveFile)>, BackupError> {
    let Some(path) = sidecar_path(archive) else {
        return Ok(None);
    };
    let file = match regular(&path) {
        Err(BackupError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    let read = file.take(MAX_SIDECAR + 1).read_to_end(&mut bytes);
    read.map_err(|source| unreadable(&path, source))?;
    if bytes.len() as u64 > MAX_SIDECAR {
        let damage = Damage::TooMuch {
            limit: MAX_SIDECAR,
            unit: "bytes",
        };
        return Err(damaged(&path, damage));
    }
    Manifest::of_sidecar(&bytes).map(Some).map_err(|error| error.of(&path))
}

/// The size of an open file.
pub(super) fn size(file: &File, path: &Path) -> Result<u64, BackupError> {
    file.metadata()
        .map(|metadata| metadata.len())
        .map_err(|source| unreadable(path, source))
}

pub(super) fn unreadable(path: &Path, source: io::Error) -> BackupError {
    BackupError::Read {
        path: path.to_owned(),
        source,
    }
}

pub(super) fn damaged(path: &Path, damage: Damage) -> BackupError {
    BackupError::Damaged {
        path: path.to_owned(),
        damage,
    }
}

/// Opening a fifo would wait for a writer; a device could do anything. Links are followed: the user may have made them.
pub(super) fn regular(path: &Path) -> Result<File, BackupError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let file = File::from(opened.map_err(|errno| unreadable(path, errno.into()))?);
    let metadata = file.metadata().map_err(|source| unreadable(path, source))?;
    if metadata.is_file() {
        Ok(file)
    } else {
        Err(damaged(path, Damage::NotAFile))
    }
}
