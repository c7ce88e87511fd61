//! Beginning a new file when the log is large.
//!
//! Each step is a rename, so a process that dies between two of them leaves a gap in the numbers and loses no record. One
//! process does it at a time; who finds another at it goes on, because that one does the same. Whoever has the old file
//! open still writes into it: its records are found in `NAME.1`.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use session_lock::replace::{remove_file, rename};
use session_lock::{LockOptions, Wait, acquire};

use super::LogOptions;

/// Rotates if `written`, to which a record was just appended, is the log and too large. Failing is no reason to fail: the
/// next record tries again.
pub(super) fn rotate_if_large(path: &Path, written: &File, options: &LogOptions, now: i64) {
    if written.metadata().is_ok_and(|found| found.len() >= options.max_bytes) {
        let lock = LockOptions {
            wait: Wait::No,
            purpose: "tsm log".to_owned(),
            now,
            shared: false,
            // Two machines that rotate at once could lose a file; neither waits for the other.
            allow_network_fs: false,
        };
        let Ok(_lock) = acquire(&path.with_extension("lock"), &lock) else {
            return;
        };
        // Somebody may have done it since.
        let same = |one: &fs::Metadata, other: &fs::Metadata| (one.dev(), one.ino()) == (other.dev(), other.ino());
        let (Ok(mine), Ok(there)) = (written.metadata(), fs::symlink_metadata(path)) else {
            return;
        };
        if same(&mine, &there) {
            let _the_next_tries_again = shift(path, options.keep);
        }
    }
}

fn shift(path: &Path, keep: u32) -> Result<(), session_lock::replace::ReplaceError> {
    if keep == 0 {
        return remove_file(path);
    }
    for number in (1..keep).rev() {
        let from = older(path, number);
        if from.exists() {
            rename(&from, &older(path, number + 1))?;
        }
    }
    rename(path, &older(path, 1))
}

/// The name of the `number`th older file.
pub(super) fn older(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}
