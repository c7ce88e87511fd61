//! The versions of tmux that the end-to-end tests run on: fetched as Debian packages, unpacked, never installed.
//!
//! Each lies in `TARGET/tmux/SUITE` with an apt configuration of its own, and runs through its own loader and
//! libraries. What is there is not fetched again; only Debian's moving suite is asked, once a day, whether it has
//! moved on.

mod apt;
mod lane;
mod sources;
mod wrapper;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use lane::Lane;

/// The suites of Debian, and the version of tmux that each is there for.
const LANES: [Lane; 3] = [
    Lane {
        suite: "bookworm",
        version: "3.3a",
        moves: false,
    },
    Lane {
        suite: "trixie",
        version: "3.5a",
        moves: false,
    },
    Lane {
        suite: "sid",
        version: "3.8",
        moves: true,
    },
];

/// A tmux that runs from where it was unpacked.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ready {
    /// As the program itself says, without its name: `3.5a`.
    pub(crate) version: String,
    /// The script that starts it.
    pub(crate) program: PathBuf,
}

/// Whether this is CI, where a version that can't be had is a failure.
pub(crate) fn on_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// Sees to all versions but `elsewhere` (which is tested in another way), and says what was found.
pub(crate) fn prepare(target: &Path, elsewhere: Option<&str>) -> Result<Vec<Ready>, Failure> {
    let folder = target.join("tmux");
    fs::create_dir_all(&folder).map_err(|error| Failure::Task(format!("{}: {error}", folder.display())))?;
    // Another xtask may be fetching into the same folder.
    let _lock = File::create(folder.join("lock"))
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| Failure::Task(format!("{}: {error}", folder.join("lock").display())))?;
    let mut ready = Vec::new();
    let mut left_out = Vec::new();
    for lane in &LANES {
        if elsewhere == Some(lane.version) {
            eprintln!("==> tmux {} is the one on PATH, not fetched", lane.version);
            continue;
        }
        match lane.prepare(&folder.join(lane.suite)) {
            Ok(found) => ready.push(found),
            Err(why) => left_out.push(format!("tmux {} (Debian {}): {why}", lane.version, lane.suite)),
        }
    }
    judge(ready, &left_out, on_ci())
}

fn judge(ready: Vec<Ready>, left_out: &[String], on_ci: bool) -> Result<Vec<Ready>, Failure> {
    if !left_out.is_empty() && (on_ci || ready.is_empty()) {
        return Err(Failure::Task(format!("can't get {}", left_out.join("; "))));
    }
    for why in left_out {
        eprintln!("==> LEFT OUT: {why}");
    }
    Ok(ready)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_ci_nothing_is_left_out() {
        let found = || {
            vec![Ready {
                version: "3.5a".to_owned(),
                program: "/tmux".into(),
            }]
        };
        let missing = ["tmux 3.8 (Debian sid): no network".to_owned()];
        assert_eq!(judge(found(), &missing, false).unwrap(), found());
        let said = judge(found(), &missing, true).unwrap_err().to_string();
        assert!(said.contains("3.8") && said.contains("no network"), "{said}");
        assert!(judge(Vec::new(), &missing, false).is_err(), "nothing at all was tested");
        assert_eq!(judge(found(), &[], true).unwrap(), found());
    }
}
