//! Waiting until something changes in directories, and looking again after a while where that can't be told.

use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

/// A network file system tells of no changes, so nobody waits longer for one.
const LOOK: Duration = Duration::from_millis(100);

/// Directories that are watched.
#[derive(Debug)]
pub struct Watch(Option<OwnedFd>);

impl Watch {
    /// Watches directories, as far as they are there and the system allows it.
    pub fn on<'a>(directories: impl IntoIterator<Item = &'a Path>) -> Self {
        let Ok(descriptor) = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK) else {
            return Self(None);
        };
        let changes = WatchFlags::CREATE | WatchFlags::MODIFY | WatchFlags::MOVED_TO | WatchFlags::DELETE;
        for directory in directories {
            let _not_there_yet = inotify::add_watch(&descriptor, directory, changes);
        }
        Self(Some(descriptor))
    }

    /// Returns when something has changed, or after this time, but soon in any case.
    pub fn wait(&self, at_most: Duration) {
        let limit = Timespec::try_from(at_most.min(LOOK)).unwrap_or_default();
        let Some(descriptor) = &self.0 else {
            let _time_has_passed = poll(&mut [], Some(&limit));
            return;
        };
        if poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&limit)).is_ok_and(|ready| ready > 0) {
            let mut changes = [0; 4096];
            while rustix::io::read(descriptor, &mut changes).is_ok_and(|read| read > 0) {}
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make files")]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_change_ends_the_waiting() {
        let root = tempfile::tempdir().expect("a directory");
        let watch = Watch::on([root.path(), Path::new("/nonexistent")]);
        std::fs::write(root.path().join("x"), "").expect("written");
        watch.wait(Duration::from_secs(100));
        let started = Instant::now();
        watch.wait(Duration::from_millis(20));
        assert!(
            started.elapsed() >= Duration::from_millis(20),
            "what was seen is seen once"
        );
    }
}
