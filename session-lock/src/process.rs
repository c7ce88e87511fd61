//! Which process was meant: an identity that a reused pid can't fake, and signals that can't reach another.

mod stat;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open, pidfd_send_signal};

use stat::{Stat, State};

/// The kernel's own limit (`PID_MAX_LIMIT`). Numbers beyond it were not written by us, and as a negative `i32` would
/// mean a group of processes or all of them.
const MAX_PID: u32 = 4_194_304;

/// One process, for as long as the machine runs and after.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProcessIdentity {
    /// Its process id.
    pub pid: u32,
    /// When it started, in clock ticks since boot: field 22 of `/proc/<pid>/stat`.
    pub start_time: u64,
    /// The boot in which it ran, as [`boot_id`] gives it.
    pub boot_id: String,
}

/// What has become of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// It runs.
    Alive,
    /// The machine was started anew since.
    DeadByReboot,
    /// There is no process with its pid.
    Gone,
    /// Its pid belongs to another process now.
    Reused,
    /// It has ended, and its parent has not yet asked how.
    Zombie,
    /// The system doesn't let us know.
    Unknown,
    /// It can't have been a process: its pid is 0, 1 or beyond the kernel's limit.
    Invalid,
}

/// Why nothing could be learned about a process, or nothing done to it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// A file below `/proc` could not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A file below `/proc` does not look as it should.
    #[error("{path} is not understood")]
    Format {
        /// The file.
        path: String,
    },
    /// The process has ended.
    #[error("process {pid} has ended")]
    Gone {
        /// Its pid.
        pid: u32,
    },
    /// The system refused something.
    #[error("cannot {action} process {pid}")]
    System {
        /// The pid.
        pid: u32,
        /// What was tried, to be read before the pid.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
}

/// A signal that may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// `SIGTERM`: please end.
    Term,
    /// `SIGKILL`: end now.
    Kill,
    /// `SIGHUP`: your terminal is gone.
    Hup,
    /// `SIGINT`: leave what you are doing.
    Int,
    /// `SIGUSR1`: by it a tmux server makes its socket anew.
    Usr1,
    /// `SIGCONT`: go on; a stopped process doesn't see other signals before.
    Cont,
}

/// A process that was found to be the one meant, and stays it: the handle refers to the process, not to its pid.
#[derive(Debug)]
pub struct Process {
    identity: ProcessIdentity,
    descriptor: OwnedFd,
}

/// The kernel's id of the running boot.
///
/// # Errors
///
/// If `/proc/sys/kernel/random/boot_id` can't be read.
pub fn boot_id() -> Result<String, ProcessError> {
    static BOOT_ID: OnceLock<String> = OnceLock::new();
    if let Some(id) = BOOT_ID.get() {
        return Ok(id.clone());
    }
    let path = "/proc/sys/kernel/random/boot_id";
    let text = std::fs::read_to_string(path).map_err(|source| ProcessError::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(BOOT_ID.get_or_init(|| text.trim().to_owned()).clone())
}

impl ProcessIdentity {
    /// This process.
    ///
    /// # Errors
    ///
    /// If `/proc` can't be read.
    pub fn current() -> Result<Self, ProcessError> {
        let pid = std::process::id();
        Self::of(pid)?.ok_or(ProcessError::Gone { pid })
    }

    /// The process that has this pid now, which may have ended already and be a zombie; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If `/proc` can't be read.
    pub fn of(pid: u32) -> Result<Option<Self>, ProcessError> {
        let Some(stat) = stat::read(pid)? else { return Ok(None) };
        Ok(Some(Self {
            pid,
            start_time: stat.start_time,
            boot_id: boot_id()?,
        }))
    }

    /// What has become of it. Sends nothing, not even signal 0, which takes a zombie for alive.
    pub fn liveness(&self) -> Liveness {
        let Ok(boot_id) = boot_id() else {
            return Liveness::Unknown;
        };
        if boot_id != self.boot_id {
            return Liveness::DeadByReboot;
        }
        let Some(pid) = valid(self.pid) else {
            return Liveness::Invalid;
        };
        // Held until the start time has been read, so that the pid can't change hands between.
        let descriptor = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(descriptor) => Some(descriptor),
            Err(errno) if is_gone(errno) => return Liveness::Gone,
            // Kernels before 5.3 and some sandboxes don't have it; the start time alone says nearly as much.
            Err(_) => None,
        };
        match stat::read(self.pid) {
            Ok(stat) => self.verdict(stat, descriptor.as_ref()),
            Err(_) => Liveness::Unknown,
        }
    }

    /// A handle to it, or `None` if it has ended or its pid belongs to another process.
    ///
    /// # Errors
    ///
    /// If the system has no pidfds or `/proc` can't be read.
    pub fn open(&self) -> Result<Option<Process>, ProcessError> {
        if boot_id()? != self.boot_id {
            return Ok(None);
        }
        let Some(pid) = valid(self.pid) else { return Ok(None) };
        // First the handle, then the start time: in the other order the pid could be reused between the two.
        let descriptor = match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(descriptor) => descriptor,
            Err(errno) if is_gone(errno) => return Ok(None),
            Err(errno) => return Err(refused(self.pid, "open", errno)),
        };
        let alive = self.verdict(stat::read(self.pid)?, Some(&descriptor)) == Liveness::Alive;
        Ok(alive.then(|| Process {
            identity: self.clone(),
            descriptor,
        }))
    }

    fn verdict(&self, stat: Option<Stat>, descriptor: Option<&OwnedFd>) -> Liveness {
        match stat {
            // Mounted with hidepid, /proc doesn't show what others run; the descriptor is of a process all the same.
            None if descriptor.is_some_and(|descriptor| !has_ended(descriptor)) => Liveness::Unknown,
            None => Liveness::Gone,
            Some(stat) if stat.start_time != self.start_time => Liveness::Reused,
            // The state is that of the first thread: others may run on. The descriptor speaks for all of them.
            Some(Stat {
                state: State::Ended, ..
            }) if descriptor.is_none_or(has_ended) => Liveness::Zombie,
            Some(_) => Liveness::Alive,
        }
    }
}

impl Process {
    /// Which process it is.
    pub fn identity(&self) -> &ProcessIdentity {
        &self.identity
    }

    /// Sends it a signal.
    ///
    /// # Errors
    ///
    /// [`ProcessError::Gone`] if it has ended, [`ProcessError::System`] if the system refuses.
    pub fn signal(&self, signal: Signal) -> Result<(), ProcessError> {
        let signal = match signal {
            Signal::Term => rustix::process::Signal::TERM,
            Signal::Kill => rustix::process::Signal::KILL,
            Signal::Hup => rustix::process::Signal::HUP,
            Signal::Int => rustix::process::Signal::INT,
            Signal::Usr1 => rustix::process::Signal::USR1,
            Signal::Cont => rustix::process::Signal::CONT,
        };
        match pidfd_send_signal(&self.descriptor, signal) {
            Ok(()) => Ok(()),
            Err(Errno::SRCH) => Err(ProcessError::Gone { pid: self.identity.pid }),
            Err(errno) => Err(refused(self.identity.pid, "signal", errno)),
        }
    }

    /// Waits until it has ended, at most `timeout` long, and says whether it has. A zombie has ended.
    ///
    /// # Errors
    ///
    /// If the system refuses to wait.
    pub fn wait_exit(&self, timeout: Duration) -> Result<bool, ProcessError> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            let rest = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            // What can't be represented is longer than anybody will wait.
            let rest = rest.and_then(|rest| Timespec::try_from(rest).ok());
            let mut descriptors = [PollFd::new(&self.descriptor, PollFlags::IN)];
            match poll(&mut descriptors, rest.as_ref()) {
                Ok(ready) => return Ok(ready > 0),
                Err(Errno::INTR) => {}
                Err(errno) => return Err(refused(self.identity.pid, "wait for", errno)),
            }
        }
    }
}

/// Whether a process has ended, with all of its threads.
fn has_ended(descriptor: &OwnedFd) -> bool {
    let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
    loop {
        match poll(&mut [PollFd::new(descriptor, PollFlags::IN)], Some(&at_once)) {
            Ok(ready) => return ready > 0,
            Err(Errno::INTR) => {}
            Err(_) => return true,
        }
    }
}

/// The pid as the system takes it, if it can be that of a process that we deal with.
fn valid(pid: u32) -> Option<Pid> {
    if !(2..=MAX_PID).contains(&pid) {
        return None;
    }
    Pid::from_raw(i32::try_from(pid).ok()?)
}

/// `EINVAL` and `ENOENT`: the number belongs to a thread that is no process, by kernel version.
fn is_gone(errno: Errno) -> bool {
    matches!(errno, Errno::SRCH | Errno::INVAL | Errno::NOENT)
}

fn refused(pid: u32, action: &'static str, errno: Errno) -> ProcessError {
    ProcessError::System {
        pid,
        action,
        source: errno.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_hidden_from_us_is_not_gone() {
        let me = ProcessIdentity::current().unwrap();
        let descriptor = pidfd_open(valid(me.pid).unwrap(), PidfdFlags::empty()).unwrap();
        assert_eq!(me.verdict(None, Some(&descriptor)), Liveness::Unknown);
        assert_eq!(me.verdict(None, None), Liveness::Gone);
    }
}
