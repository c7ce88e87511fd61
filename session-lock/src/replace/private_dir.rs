//! Directories that only we can look into.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;

use super::{ReplaceError, directory_of, failed, flags, sync_dir};

/// What [`create_private_dir`] found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivateDir {
    /// There was none; now there is.
    Created,
    /// It was there, and private.
    Existing,
    /// It was there, others could read it, and now they can't.
    Tightened,
}

/// Makes sure that there is a directory at `path` that only we can use, with everything above it.
///
/// A symbolic link to such a directory is one too. The directories above an existing one are not examined.
///
/// # Errors
///
/// [`ReplaceError::Unsafe`] if it belongs to another user or others can write into it: what they planted there can't
/// be told from what is ours.
pub fn create_private_dir(path: &Path) -> Result<PrivateDir, ReplaceError> {
    if create(path)? {
        return Ok(PrivateDir::Created);
    }
    // All is asked of and done to one open directory, so that it can't be exchanged between.
    let (directory, mode) = open_checked(path)?;
    if mode & 0o077 == 0 {
        return Ok(PrivateDir::Existing);
    }
    let private = Permissions::from_mode(0o700);
    directory
        .set_permissions(private)
        .map_err(|error| failed(path, "make private", error))?;
    Ok(PrivateDir::Tightened)
}

/// As [`create_private_dir`], but one that others may read stays as it is; open, so that what is opened below it lies in
/// the directory that was examined.
pub(crate) fn open_own_dir(path: &Path) -> Result<File, ReplaceError> {
    let _created = create(path)?;
    open_checked(path).map(|(directory, _mode)| directory)
}

/// The directory and its mode, if it is ours and only we can write into it.
fn open_checked(path: &Path) -> Result<(File, u32), ReplaceError> {
    let mut options = File::options();
    options.read(true).custom_flags(flags(OFlags::DIRECTORY));
    let directory = options.open(path).map_err(|error| failed(path, "open", error))?;
    let metadata = directory.metadata().map_err(|error| failed(path, "examine", error))?;
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused(path, "belongs to another user"));
    }
    if metadata.mode() & 0o022 != 0 {
        return Err(refused(path, "can be written by other users"));
    }
    Ok((directory, metadata.mode()))
}

/// Whether it had to be created. Each new directory is made durable in the one above it.
fn create(path: &Path) -> Result<bool, ReplaceError> {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    let mut result = builder.create(path);
    if result
        .as_ref()
        .is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    {
        let above = directory_of(path);
        if above != path && path.parent().is_some() {
            create(above)?;
            result = builder.create(path);
        }
    }
    match result {
        Ok(()) => sync_dir(directory_of(path)).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(failed(path, "create", error)),
    }
}

fn refused(path: &Path, why: &'static str) -> ReplaceError {
    ReplaceError::Unsafe {
        path: path.to_owned(),
        why,
    }
}
