//! One version: whether it is there, and fetching it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::apt::{Apt, unpack};
use super::{Ready, sources, wrapper};
use crate::tools;

/// How long a moving suite is believed not to have moved.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A suite of Debian, and the version of tmux that it is there for.
#[derive(Debug, PartialEq)]
pub(super) struct Lane {
    pub(super) suite: &'static str,
    /// As tmux says it.
    pub(super) version: &'static str,
    /// Whether the suite goes on to newer versions.
    pub(super) moves: bool,
}

impl Lane {
    /// Fetches and unpacks into the folder unless that was done, and says which version it is.
    pub(super) fn prepare(&self, folder: &Path) -> Result<Ready, String> {
        let unpacked = fs::read_to_string(folder.join("unpacked")).ok();
        let found = match unpacked {
            Some(_) if !self.moves || looked_at_today(folder) => self.found(folder),
            Some(package) => match self.follow(folder, package.trim()) {
                Ok(()) => self.found(folder),
                Err(why) => {
                    let suite = self.suite;
                    eprintln!("==> whether Debian {suite} has a newer tmux is not known: {why}");
                    self.found(folder)
                }
            },
            None => self.fetch(folder).and_then(|()| self.found(folder)),
        }?;
        eprintln!("==> {}", self.describe(&found.version));
        Ok(found)
    }

    fn describe(&self, found: &str) -> String {
        let Self { suite, version, .. } = self;
        if found == *version {
            format!("tmux {found} of Debian {suite}")
        } else {
            format!("Debian {suite} has moved on from tmux {version}: going on with {found}")
        }
    }

    fn found(&self, folder: &Path) -> Result<Ready, String> {
        let program = folder.join("tmux");
        let said = tools::ask_version(&program).ok_or_else(|| format!("{} does not run", program.display()))?;
        let version = said.trim().strip_prefix("tmux ").unwrap_or(said.trim()).to_owned();
        if version != self.version && !self.moves {
            return Err(format!("{} calls itself {version}", program.display()));
        }
        Ok(Ready { version, program })
    }

    /// Fetches anew if the suite has another package than the unpacked one.
    fn follow(&self, folder: &Path, unpacked: &str) -> Result<(), String> {
        let apt = self.apt(folder)?;
        apt.update()?;
        if apt.version_of("tmux")? == unpacked {
            return fs::write(folder.join("looked-at"), "").map_err(|error| in_folder(folder, &error));
        }
        self.fetch(folder)
    }

    fn fetch(&self, folder: &Path) -> Result<(), String> {
        let apt = self.apt(folder)?;
        apt.update()?;
        let package = apt.version_of("tmux")?;
        let (debs, root) = (folder.join("debs"), folder.join("root"));
        empty(&debs).map_err(|error| in_folder(&debs, &error))?;
        apt.download(&apt.closure_of("tmux")?, &debs)?;
        // From here on an older one is no longer whole.
        remove(&folder.join("unpacked")).map_err(|error| in_folder(folder, &error))?;
        empty(&root).map_err(|error| in_folder(&root, &error))?;
        for deb in entries(&debs).map_err(|error| in_folder(&debs, &error))? {
            unpack(&deb, &root)?;
        }
        wrapper::write(&root, &folder.join("tmux"))?;
        remove(&debs).map_err(|error| in_folder(&debs, &error))?;
        // Written last: it says that all of the rest is there.
        for (name, text) in [("looked-at", ""), ("unpacked", package.as_str())] {
            fs::write(folder.join(name), text).map_err(|error| in_folder(folder, &error))?;
        }
        Ok(())
    }

    fn apt(&self, folder: &Path) -> Result<Apt, String> {
        let archive = sources::archive_of_this_machine()?;
        Apt::configure(folder, &archive.line(self.suite)).map_err(|error| in_folder(folder, &error))
    }
}

fn looked_at_today(folder: &Path) -> bool {
    let looked = fs::metadata(folder.join("looked-at")).and_then(|meta| meta.modified());
    looked.is_ok_and(|time| time.elapsed().is_ok_and(|age| age < DAY))
}

fn in_folder(folder: &Path, error: &io::Error) -> String {
    format!("{}: {error}", folder.display())
}

/// An interrupted run may have left something, which would be unpacked as well.
fn empty(folder: &Path) -> io::Result<()> {
    remove(folder).and_then(|()| fs::create_dir_all(folder))
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::super::LANES;
    use super::*;

    /// A folder as `fetch` leaves it, with a script in tmux's place.
    fn unpacked(said: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("unpacked", "3.8-1");
        write("looked-at", "");
        wrapper::tests::script(&folder.path().join("tmux"), &format!("#!/bin/sh\necho '{said}'\n"));
        folder
    }

    #[test]
    fn what_is_unpacked_is_not_fetched_again() {
        for (lane, said) in LANES.iter().zip(["tmux 3.3a", "tmux 3.5a", "tmux 3.8"]) {
            let folder = unpacked(said);
            let ready = lane.prepare(folder.path()).unwrap();
            assert_eq!(format!("tmux {}", ready.version), said);
            assert!(!folder.path().join("sources.list").exists(), "apt was called");
        }
    }

    #[test]
    fn only_the_moving_suite_may_have_another_version() {
        let folder = unpacked("tmux 3.9");
        assert_eq!(LANES[2].prepare(folder.path()).unwrap().version, "3.9");
        assert!(LANES[1].prepare(folder.path()).is_err());
        let said = LANES[2].describe("3.9");
        assert!(
            said.contains("moved on from tmux 3.8") && said.ends_with("3.9"),
            "{said}"
        );
        assert!(!LANES[2].describe("3.8").contains("moved"));
    }

    #[test]
    fn a_day_later_the_moving_suite_is_looked_at_again() {
        let folder = unpacked("tmux 3.8");
        assert!(looked_at_today(folder.path()));
        let file = fs::File::options()
            .write(true)
            .open(folder.path().join("looked-at"))
            .unwrap();
        file.set_modified(std::time::SystemTime::now() - 2 * DAY).unwrap();
        assert!(!looked_at_today(folder.path()));
    }
}
