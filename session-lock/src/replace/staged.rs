//! Files that are written and durable, and wait for their name.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::leftovers::temporary_name;
use super::{ReplaceError, directory_of, failed};

/// New content for a file: durable, but still under a temporary name. Dropping it removes it.
#[derive(Debug)]
#[must_use = "the new content is removed unless it is committed"]
pub struct Staged {
    temporary: Temporary,
    target: PathBuf,
}

/// New content that is being written. Dropping it removes it.
#[derive(Debug)]
#[must_use = "the new content is removed unless it is finished and committed"]
pub struct StagedWriter {
    file: File,
    temporary: Temporary,
    target: PathBuf,
}

/// Writes `contents` beside `path`, durably; [`Staged::commit`] puts it there.
///
/// # Errors
///
/// If the system refuses.
pub fn stage(path: &Path, contents: &[u8]) -> Result<Staged, ReplaceError> {
    let mut writer = stage_writer(path)?;
    writer
        .write_all(contents)
        .map_err(|error| failed(&writer.temporary.0, "write", error))?;
    writer.finish()
}

/// As [`stage`], for content that comes piece by piece.
///
/// # Errors
///
/// If the system refuses.
pub fn stage_writer(path: &Path) -> Result<StagedWriter, ReplaceError> {
    let temporary = directory_of(path).join(temporary_name()?);
    // Exclusive: whatever lies under that name, a planted link too, is an error.
    let file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary);
    let file = file.map_err(|error| failed(&temporary, "create", error))?;
    Ok(StagedWriter {
        file,
        temporary: Temporary(temporary),
        target: path.to_owned(),
    })
}

impl StagedWriter {
    pub(super) fn temporary_path(&self) -> &Path {
        &self.temporary.0
    }

    /// Makes what was written durable.
    ///
    /// # Errors
    ///
    /// If the system refuses; what was written is then removed.
    pub fn finish(self) -> Result<Staged, ReplaceError> {
        self.file
            .sync_all()
            .map_err(|error| failed(&self.temporary.0, "make durable", error))?;
        Ok(self.finish_volatile())
    }

    /// What was written, without making it durable.
    pub(super) fn finish_volatile(self) -> Staged {
        Staged {
            temporary: self.temporary,
            target: self.target,
        }
    }
}

impl Write for StagedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Staged {
    /// Puts the new content in the place of the old, in one step. Durable after [`super::sync_dir`].
    ///
    /// # Errors
    ///
    /// If the system refuses; the file is then as it was.
    pub fn commit(self) -> Result<(), ReplaceError> {
        std::fs::rename(&self.temporary.0, &self.target).map_err(|error| failed(&self.target, "replace", error))?;
        self.temporary.forget();
        Ok(())
    }

    /// Where the new content lies until it is committed.
    pub fn temporary_path(&self) -> &Path {
        &self.temporary.0
    }
}

/// A file that is removed when this is dropped.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Temporary {
    fn forget(mut self) {
        self.0 = PathBuf::new();
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.0.as_os_str().is_empty() {
            // What can't be removed now is swept when its writer is dead.
            drop(std::fs::remove_file(&self.0));
        }
    }
}
