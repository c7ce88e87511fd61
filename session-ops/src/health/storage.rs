//! Room and rights on the disks that tsm writes to.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat, statvfs};

use super::{Check, Scene};

/// Below this much free space saving is likely to fail soon.
const LITTLE: u64 = 200 * 1024 * 1024;

/// Below this it may fail now.
const NOTHING: u64 = 16 * 1024 * 1024;

/// The directory that programs of this user, tmux among them, put temporary files into.
pub(super) fn temporary(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "temp directory";
    let variables = &scene.context.environment.variables;
    let chosen = variables
        .iter()
        .find(|(name, value)| name == "TMPDIR" && !value.is_empty());
    let path = chosen.map_or_else(|| PathBuf::from("/tmp"), |(_, value)| PathBuf::from(value.to_string()));
    vec![if writable(&path) {
        Check::ok(NAME, format!("writable ({})", path.display()))
    } else {
        Check::error(
            NAME,
            format!("{} can't be written to", path.display()),
            "let TMPDIR name a directory that can",
        )
    }]
}

pub(super) fn disk(scene: &Scene<'_>) -> Vec<Check> {
    let config = &scene.context.config;
    let places = [
        ("states", &config.state_dir.value),
        ("backups", &config.backup_dir.value),
    ];
    let mut checks: Vec<Check> = Vec::new();
    for (what, place) in places {
        let name = format!("disk of the {what}");
        let Some((free, inodes)) = free(place) else { continue };
        let detail = format!("{} free", size(free));
        checks.push(of_disk(name, detail, free, inodes));
    }
    checks
}

fn of_disk(name: String, detail: String, free: u64, inodes: Option<u64>) -> Check {
    let remedy = "make room; `tsm-recovery cleanup-backups` removes old backups";
    if free < NOTHING {
        Check::error(name, detail, remedy)
    } else if inodes.is_some_and(|inodes| inodes < 1000) {
        Check::warning(name, "hardly another file fits on it (no inodes)", remedy)
    } else if free < LITTLE {
        Check::warning(name, detail, remedy)
    } else {
        Check::ok(name, detail)
    }
}

/// Bytes and files that still fit; of a directory that isn't there yet, where it will be. Some file systems count no
/// files.
fn free(place: &Path) -> Option<(u64, Option<u64>)> {
    let there = place.ancestors().find(|above| above.exists())?;
    let found = statvfs(there).ok()?;
    let inodes = (found.f_files > 0).then_some(found.f_favail);
    Some((found.f_bavail.saturating_mul(found.f_frsize), inodes))
}

/// What can't be logged is missed when it is needed.
pub(super) fn log(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "log";
    let path = scene.context.log.path();
    let there = path.ancestors().find(|above| above.exists());
    vec![if there.is_some_and(writable) {
        Check::ok(NAME, path.display().to_string())
    } else {
        Check::error(
            NAME,
            format!("{} can't be written to", path.display()),
            "give it back to you with chown or chmod, or let XDG_STATE_HOME name another place",
        )
    }]
}

fn writable(path: &Path) -> bool {
    accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_ok()
}

fn size(bytes: u64) -> String {
    let mib = bytes / (1024 * 1024);
    if mib >= 10 * 1024 {
        format!("{} GiB", mib / 1024)
    } else {
        format!("{mib} MiB")
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn a_full_disk_is_an_error_and_a_nearly_full_one_a_warning() {
        for (free, inodes, status) in [
            (NOTHING - 1, None, Status::Error),
            (LITTLE - 1, Some(1_000_000), Status::Warning),
            (LITTLE, Some(10), Status::Warning),
            (LITTLE, Some(1_000_000), Status::Ok),
            (LITTLE, None, Status::Ok),
        ] {
            let check = of_disk("disk".to_owned(), size(free), free, inodes);
            assert_eq!(check.status, status, "{free} {inodes:?}");
        }
    }

    #[test]
    fn what_is_not_there_yet_is_measured_where_it_will_be() {
        let directory = tempfile::tempdir().expect("a directory");
        assert!(free(&directory.path().join("not/there/yet")).is_some());
    }
}
