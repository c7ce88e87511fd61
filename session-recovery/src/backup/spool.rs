//! Contents, compressed one by one before the archive begins: its first entry says what is in it, so everything must be
//! known by then. Nothing is ever held in memory whole.

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use session_lock::replace::{Staged, StagedWriter, stage_writer};

use super::archive::{HARDLY, NORMAL, compress};
use super::digest::Digesting;
use super::known::Known;
use super::limits::{FREE_CONTENT, MAX_FILE, MAX_RATIO};
use super::{BackupError, open};

/// How often a file is read that changes while it is.
const ATTEMPTS: usize = 3;

/// A file of compressed contents that goes away by itself.
pub(super) struct Spool {
    out: StagedWriter,
    path: std::path::PathBuf,
    length: u64,
    stored: BTreeMap<String, Stored>,
}

/// Where a content lies in the spool.
#[derive(Debug, Clone, Copy)]
struct Stored {
    size: u64,
    at: u64,
    length: u64,
}

/// What became of a content.
#[derive(Debug)]
pub(super) struct Added {
    pub(super) sha256: String,
    pub(super) size: u64,
    /// The earlier backup that holds it.
    pub(super) archive: Option<String>,
    pub(super) changing: bool,
}

/// Adds the first bytes of an open file, so many; `None` if there are fewer.
type Adding<'a> = dyn FnMut(&mut Spool, &mut File, u64) -> Result<Option<Added>, BackupError> + 'a;

/// A spool that is complete, to copy from.
pub(super) struct Spooled {
    file: File,
    stored: BTreeMap<String, Stored>,
    _removed_when_dropped: Staged,
}

impl Spool {
    pub(super) fn new(dir: &Path) -> Result<Self, BackupError> {
        let path = dir.join("spool");
        Ok(Self {
            out: stage_writer(&path)?,
            path,
            length: 0,
            stored: BTreeMap::new(),
        })
    }

    /// Adds bytes that don't change.
    pub(super) fn add_bytes(&mut self, bytes: &[u8], known: &mut Known) -> Result<Added, BackupError> {
        let sha256 = super::digest::of(bytes);
        let size = bytes.len() as u64;
        let archive = known.archive_of(&sha256, size);
        if archive.is_none() {
            self.compress(&mut &*bytes, size, NORMAL)?;
        }
        Ok(Added {
            sha256,
            size,
            archive,
            changing: false,
        })
    }

    /// Adds a file as it is at one moment. If it changes while it is read it is read again, and in the end taken as far
    /// as it was written when the last reading began. `None` if there is no such file (any more).
    pub(super) fn add_file(&mut self, path: &Path, known: &mut Known) -> Result<Option<Added>, BackupError> {
        self.add_by(path, &mut |spool, file, size| spool.add_open(file, size, path, known))
    }

    /// As [`Spool::add_file`]; `add` is what reads it.
    fn add_by(&mut self, path: &Path, add: &mut Adding<'_>) -> Result<Option<Added>, BackupError> {
        for attempt in 1..=ATTEMPTS {
            let Some(mut file) = open_plain(path)? else {
                return Ok(None);
            };
            let metadata = |file: &File| file.metadata().map_err(|error| open::unreadable(path, error));
            let before = metadata(&file)?;
            let size = before.len();
            if size > MAX_FILE {
                return Err(refused(path, "is larger than a file of a backup may be"));
            }
            let added = add(self, &mut file, size)?;
            let changed = stamp(&before) != stamp(&metadata(&file)?);
            match added {
                Some(added) if !changed || attempt == ATTEMPTS => {
                    return Ok(Some(Added {
                        changing: changed,
                        ..added
                    }));
                }
                _ => {}
            }
        }
        Err(refused(path, "gets shorter whenever it is read"))
    }

    /// `None` if there are less than `size` bytes.
    fn add_open(
        &mut self,
        file: &mut File,
        size: u64,
        path: &Path,
        known: &mut Known,
    ) -> Result<Option<Added>, BackupError> {
        let unreadable = |error| open::unreadable(path, error);
        if known.may_have(size) {
            let mut reader = Digesting::new((&mut *file).take(size));
            let read = io::copy(&mut reader, &mut io::sink()).map_err(unreadable)?;
            let (_, sha256, _) = reader.finish();
            if read < size {
                return Ok(None);
            }
            if let Some(archive) = known.archive_of(&sha256, size) {
                return Ok(Some(Added {
                    sha256,
                    size,
                    archive: Some(archive),
                    changing: false,
                }));
            }
            file.rewind().map_err(unreadable)?;
        }
        let compressed = match self.compress(file, size, NORMAL) {
            Err(BackupError::Refused { .. }) => {
                file.rewind().map_err(unreadable)?;
                self.compress(file, size, HARDLY)
            }
            other => other,
        };
        match compressed {
            Ok(sha256) => Ok(Some(Added {
                sha256,
                size,
                archive: None,
                changing: false,
            })),
            Err(BackupError::Write { source, .. }) if source.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn compress(&mut self, content: &mut dyn Read, size: u64, level: i32) -> Result<String, BackupError> {
        let failed = |source| BackupError::Write {
            path: self.path.clone(),
            source,
        };
        let mut reader = Digesting::new(content);
        let mut out = Counting {
            out: &mut self.out,
            count: 0,
        };
        let compressed = compress(&mut reader, size, level, &mut out);
        let (at, length) = (self.length, out.count);
        self.length += length;
        compressed.map_err(failed)?;
        if size > FREE_CONTENT && size / MAX_RATIO > length {
            let path = self.path.clone();
            return Err(refused(&path, "compresses so well that it would pass for a bomb"));
        }
        let (_, sha256, _) = reader.finish();
        self.stored.entry(sha256.clone()).or_insert(Stored { size, at, length });
        Ok(sha256)
    }

    pub(super) fn finish(self) -> Result<Spooled, BackupError> {
        let staged = self.out.finish()?;
        let path = staged.temporary_path();
        let file = File::open(path).map_err(|error| open::unreadable(path, error))?;
        Ok(Spooled {
            file,
            stored: self.stored,
            _removed_when_dropped: staged,
        })
    }
}

impl Spooled {
    /// The contents, in the order of their digests, each with its size and its frame.
    pub(super) fn for_each(
        &mut self,
        wanted: &BTreeMap<&str, u64>,
        act: &mut dyn FnMut(&str, u64, &mut dyn Read) -> io::Result<()>,
    ) -> io::Result<()> {
        for sha256 in wanted.keys() {
            let Some(stored) = self.stored.get(*sha256) else {
                return Err(io::ErrorKind::NotFound.into());
            };
            self.file.seek(SeekFrom::Start(stored.at))?;
            act(sha256, stored.size, &mut (&mut self.file).take(stored.length))?;
        }
        Ok(())
    }
}

struct Counting<W> {
    out: W,
    count: u64,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.count += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// What changes when a file is written.
fn stamp(metadata: &Metadata) -> (u64, i64, i64) {
    (metadata.len(), metadata.mtime(), metadata.mtime_nsec())
}

/// No link is followed, a fifo doesn't block, and what is no plain file is refused.
fn open_plain(path: &Path) -> Result<Option<File>, BackupError> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(rustix::io::Errno::LOOP) => return Err(refused(path, "is a link")),
        Err(errno) => return Err(open::unreadable(path, errno.into())),
    };
    let metadata = file.metadata().map_err(|error| open::unreadable(path, error))?;
    if metadata.is_file() {
        Ok(Some(file))
    } else {
        Err(refused(path, "is no regular file"))
    }
}

fn refused(path: &Path, why: &'static str) -> BackupError {
    BackupError::Refused {
        path: path.to_owned(),
        why,
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests change files while they are read")]
mod tests;
