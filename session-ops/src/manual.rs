//! Writing manual pages where `man` finds them. Both binaries have some.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use session_lock::replace::replace_file;

use crate::error::Error;

/// A page of section 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualPage {
    /// The file's name without `.1`.
    pub name: String,
    /// Its text, for troff.
    pub text: String,
}

/// Writes the pages into a directory that is there, and gives their files. Unlike what else tsm writes, others may read
/// them.
///
/// # Errors
///
/// [`Error::Directory`], [`Error::Replace`].
pub fn write_pages(directory: &Path, pages: &[ManualPage]) -> Result<Vec<PathBuf>, Error> {
    if !directory.is_dir() {
        return Err(Error::Directory {
            path: directory.to_owned(),
            why: "isn't there".to_owned(),
        });
    }
    let mut files = Vec::new();
    for page in pages {
        let file = directory.join(format!("{}.1", page.name));
        replace_file(&file, page.text.as_bytes())?;
        let _readable_for_this_user_at_least = fs::set_permissions(&file, fs::Permissions::from_mode(0o644));
        files.push(file);
    }
    Ok(files)
}
