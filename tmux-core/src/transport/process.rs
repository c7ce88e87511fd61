//! Waiting for a child with a deadline, reading everything it prints meanwhile.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::Reply;
use crate::deadline::deadline;

/// What stopped the waiting.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// The deadline.
    TimedOut,
    /// The child printed more than this many bytes.
    TooMuchOutput(usize),
    /// Reading or writing failed.
    Io(io::Error),
}

impl From<io::Error> for Interrupted {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Errno> for Interrupted {
    fn from(error: Errno) -> Self {
        match error {
            Errno::TIMEDOUT => Self::TimedOut,
            error => Self::Io(error.into()),
        }
    }
}

/// Listings of thousands of panes are a few MiB; a cut listing would decode as fewer panes, so more is an error.
pub(super) const MAX_OUTPUT: usize = 32 * 1024 * 1024;

/// Feeds `input` to the child and collects what it prints until it has ended.
///
/// On any interruption the child is ended and reaped.
pub(super) fn communicate(mut child: Child, input: &[u8], limit: Duration) -> Result<Reply, Interrupted> {
    let outcome = exchange(&mut child, input, deadline(limit));
    if outcome.is_err() {
        // It may have ended by itself meanwhile; in either case it is reaped.
        let _ended = child.kill();
        let _reaped = child.wait();
    }
    outcome
}

fn exchange(child: &mut Child, input: &[u8], deadline: Instant) -> Result<Reply, Interrupted> {
    let mut stdin = child.stdin.take();
    let mut stdout = child.stdout.take();
    let mut stderr = child.stderr.take();
    for fd in [
        stdin.as_ref().map(AsFd::as_fd),
        stdout.as_ref().map(AsFd::as_fd),
        stderr.as_ref().map(AsFd::as_fd),
    ]
    .into_iter()
    .flatten()
    {
        set_nonblocking(fd)?;
    }
    let mut unsent = input;
    let mut reply = Reply::default();
    if unsent.is_empty() {
        stdin = None;
    }
    while stdin.is_some() || stdout.is_some() || stderr.is_some() {
        wait_for_any(stdin.as_ref(), stdout.as_ref(), stderr.as_ref(), deadline)?;
        send(&mut stdin, &mut unsent)?;
        receive(&mut stdout, &mut reply.stdout)?;
        receive(&mut stderr, &mut reply.stderr)?;
    }
    wait_for_exit(child, deadline)?;
    reply.status = child.wait()?.code().unwrap_or(-1);
    Ok(reply)
}

fn wait_for_any(
    stdin: Option<&ChildStdin>,
    stdout: Option<&ChildStdout>,
    stderr: Option<&ChildStderr>,
    deadline: Instant,
) -> Result<(), Interrupted> {
    let mut fds: Vec<PollFd<'_>> = Vec::with_capacity(3);
    fds.extend(stdin.map(|fd| PollFd::new(fd, PollFlags::OUT)));
    fds.extend(stdout.map(|fd| PollFd::new(fd, PollFlags::IN)));
    fds.extend(stderr.map(|fd| PollFd::new(fd, PollFlags::IN)));
    Ok(poll_until(&mut fds, deadline)?)
}

pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    fcntl_setfl(fd, fcntl_getfl(fd)? | OFlags::NONBLOCK)
}

pub(crate) fn wait_for_exit(child: &Child, deadline: Instant) -> Result<(), Interrupted> {
    let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return Ok(());
    };
    let pidfd = pidfd_open(pid, PidfdFlags::empty())?;
    let fd: BorrowedFd<'_> = pidfd.as_fd();
    Ok(poll_until(
        &mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)],
        deadline,
    )?)
}

/// Waits until one of them is ready; `ETIMEDOUT` at the deadline.
pub(crate) fn poll_until(fds: &mut [PollFd<'_>], deadline: Instant) -> Result<(), Errno> {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).map_err(|_too_long| Errno::TIMEDOUT)?;
        match poll(fds, Some(&timeout)) {
            Ok(0) => return Err(Errno::TIMEDOUT),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
}

fn send(stdin: &mut Option<ChildStdin>, unsent: &mut &[u8]) -> Result<(), Interrupted> {
    let Some(pipe) = stdin.as_mut() else { return Ok(()) };
    match pipe.write(unsent) {
        Ok(sent) => *unsent = unsent.get(sent..).unwrap_or_default(),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
        // The child has closed its input: it has already complained on its error output.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => *unsent = &[],
        Err(error) => return Err(error.into()),
    }
    if unsent.is_empty() {
        *stdin = None;
    }
    Ok(())
}

fn receive<R: Read>(pipe: &mut Option<R>, output: &mut Vec<u8>) -> Result<(), Interrupted> {
    let Some(reader) = pipe.as_mut() else { return Ok(()) };
    let mut buffer = [0; 65_536];
    match reader.read(&mut buffer) {
        Ok(0) => *pipe = None,
        Ok(read) => output.extend_from_slice(buffer.get(..read).unwrap_or_default()),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
        Err(error) => return Err(error.into()),
    }
    if output.len() > MAX_OUTPUT {
        Err(Interrupted::TooMuchOutput(MAX_OUTPUT))
    } else {
        Ok(())
    }
}
