//! Names of temporary files, and removing those whose writer died.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{ReplaceError, failed};
use crate::process::{Liveness, ProcessIdentity, boot_id};

const PREFIX: &str = ".tmp-";

/// `.tmp-<pid>-<start time>-<number>`: whether its writer lives can be told from the name.
pub(super) fn temporary_name() -> Result<String, ReplaceError> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let me = ProcessIdentity::current()
        .map_err(|error| failed(Path::new("/proc/self/stat"), "examine", std::io::Error::other(error)))?;
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    Ok(format!("{PREFIX}{}-{}-{number}", me.pid, me.start_time))
}

/// Removes the temporary files in `directory` whose writers are dead, and says how many there were.
///
/// To be called under the lock that protects the directory: a writer in another container or on another machine looks
/// dead from here, but can't be writing while we hold the lock.
///
/// # Errors
///
/// If the system refuses.
pub fn sweep_leftovers(directory: &Path) -> Result<usize, ReplaceError> {
    let left = leftovers(directory)?;
    for path in &left {
        std::fs::remove_file(path).map_err(|error| failed(path, "remove", error))?;
    }
    Ok(left.len())
}

/// The temporary files in `directory` whose writers are dead: what [`sweep_leftovers`] removes.
///
/// # Errors
///
/// If the directory can't be read.
pub fn leftovers(directory: &Path) -> Result<Vec<PathBuf>, ReplaceError> {
    let mut left = Vec::new();
    let entries = std::fs::read_dir(directory).map_err(|error| failed(directory, "list", error))?;
    for entry in entries {
        let entry = entry.map_err(|error| failed(directory, "list", error))?;
        let name = entry.file_name();
        let Some(writer) = name.to_str().and_then(writer) else {
            continue;
        };
        // A directory of such a name is nothing that we left.
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && is_dead(writer) {
            left.push(entry.path());
        }
    }
    Ok(left)
}

/// Pid and start time in a name of ours.
fn writer(name: &str) -> Option<(u32, u64)> {
    let mut parts = name.strip_prefix(PREFIX)?.split('-');
    let pid = parts.next()?.parse().ok()?;
    let start_time = parts.next()?.parse().ok()?;
    let _number: u64 = parts.next()?.parse().ok()?;
    parts.next().is_none().then_some((pid, start_time))
}

/// The name doesn't say in which boot it was written; a writer of an earlier one is told by its start time.
fn is_dead((pid, start_time): (u32, u64)) -> bool {
    let Ok(boot_id) = boot_id() else { return false };
    let liveness = ProcessIdentity {
        pid,
        start_time,
        boot_id,
    }
    .liveness();
    matches!(liveness, Liveness::Gone | Liveness::Reused | Liveness::Zombie)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_names_are_understood() {
        let me = ProcessIdentity::current().unwrap();
        let one = temporary_name().unwrap();
        assert_eq!(writer(&one), Some((me.pid, me.start_time)));
        assert_ne!(one, temporary_name().unwrap());
    }

    #[test]
    fn other_names_are_left_alone() {
        for name in [
            ".tmp-",
            ".tmp-1-2",
            ".tmp-1-2-3-4",
            ".tmp-x-2-3",
            ".tmp--1-2-3",
            "tmp-1-2-3",
            ".tmp-1-2-x",
        ] {
            assert_eq!(writer(name), None, "{name}");
        }
    }
}
