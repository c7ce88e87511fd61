//! A process that a reused number can't be mistaken for: its id together with its start time.
//!
//! On purpose not the product's own: what is tested should not judge itself.

use std::fs;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

pub use rustix::process::Signal;

/// A process that lived when this was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// The process id.
    pub pid: u32,
    /// Clock ticks between the machine's start and the process's: field 22 of `/proc/PID/stat`.
    pub start_time: u64,
}

impl Process {
    /// The process with this id; `None` when there is none, or only a zombie.
    pub fn of(pid: u32) -> Option<Self> {
        let fields = fields(pid)?;
        if matches!(fields.first()?.as_str(), "Z" | "X") {
            return None;
        }
        let start_time = fields.get(19)?.parse().ok()?;
        Some(Self { pid, start_time })
    }

    /// The id of its parent; `None` when it is gone.
    pub fn parent(&self) -> Option<u32> {
        let parent = fields(self.pid)?.get(1)?.parse().ok()?;
        self.alive().then_some(parent)
    }

    /// Whether it still runs. A zombie does not.
    pub fn alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Sends a signal to this very process; false when it is gone.
    ///
    /// # Panics
    /// When the signal is not permitted.
    pub fn signal(&self, signal: Signal) -> bool {
        let Some(descriptor) = self.open() else { return false };
        match pidfd_send_signal(&descriptor, signal) {
            Ok(()) => true,
            Err(Errno::SRCH) => false,
            Err(error) => panic!("can't send {signal:?} to process {}: {error}", self.pid),
        }
    }

    /// Waits until it has ended; false when it still runs at the limit.
    pub fn wait_ended(&self, limit: Duration) -> bool {
        self.open().is_none_or(|descriptor| wait_readable(&descriptor, limit))
    }

    /// A descriptor of this very process: opened first, verified after, so that it can't be another's.
    fn open(&self) -> Option<OwnedFd> {
        let descriptor = open(self.pid)?;
        self.alive().then_some(descriptor)
    }
}

/// The fields of `/proc/PID/stat` from the third on.
fn fields(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in parentheses and can hold anything, so count from the last parenthesis.
    let end_of_name = stat.iter().rposition(|&byte| byte == b')')?;
    let rest = String::from_utf8_lossy(&stat[end_of_name + 1..]).into_owned();
    Some(rest.split_ascii_whitespace().map(str::to_owned).collect())
}

/// Waits until the process ends that the caller has not yet reaped; false when it still runs at the limit.
pub(crate) fn wait_child(pid: u32, limit: Duration) -> bool {
    open(pid).is_none_or(|descriptor| wait_readable(&descriptor, limit))
}

fn open(pid: u32) -> Option<OwnedFd> {
    let id = Pid::from_raw(pid.try_into().ok()?)?;
    match pidfd_open(id, PidfdFlags::empty()) {
        Ok(descriptor) => Some(descriptor),
        Err(Errno::SRCH) => None,
        Err(error) => panic!("can't open process {pid}: {error}"),
    }
}

fn wait_readable(descriptor: &OwnedFd, limit: Duration) -> bool {
    let limit = Timespec::try_from(limit).expect("a time limit of this century");
    let mut descriptors = [PollFd::new(descriptor, PollFlags::IN)];
    loop {
        match poll(&mut descriptors, Some(&limit)) {
            Ok(ready) => return ready > 0,
            Err(Errno::INTR) => {}
            Err(error) => panic!("can't wait for a process: {error}"),
        }
    }
}
