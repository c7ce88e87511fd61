//! The bytes of a control client: over descriptors that were handed to the server, or over a `tmux` program.

use std::io::{self, IoSlice, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdin, ChildStdout};
use std::time::{Duration, Instant};

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;

use super::server_words::ServerWords;
use crate::transport::direct::{Connection, ControlIdentification};
use crate::transport::process::{poll_until, set_nonblocking, wait_for_exit};

/// Where lines go to and come from.
#[derive(Debug)]
pub(super) enum Channel {
    /// The server reads and writes one end of a socket pair itself; its own words come over its socket.
    Passed(Passed),
    /// The `tmux` program stands in between.
    Spawned(Spawned),
}

#[derive(Debug)]
pub(super) struct Passed {
    lines: UnixStream,
    /// Whether the server has closed its end of the lines; its last word is still to come.
    lines_ended: bool,
    words: ServerWords,
}

#[derive(Debug)]
pub(super) struct Spawned {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: ChildStdout,
}

/// What came in.
#[derive(Debug)]
pub(super) enum Received {
    /// Lines, or parts of them.
    Bytes,
    /// Nothing until the deadline.
    Nothing,
    /// The client has ended, for a reason if one was given.
    End(Option<String>),
}

impl Channel {
    /// Hands one end of a socket pair to the server.
    pub(super) fn pass(connection: Connection, identification: &ControlIdentification) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let server = connection.into_stream();
        // It is small, and a time limit for writing was set when it was connected.
        server.set_nonblocking(false)?;
        (&server).write_all(&identification.introduction)?;
        for message in [&identification.stdin, &identification.stdout] {
            let descriptors = [theirs.as_raw_fd()];
            let rights = [ControlMessage::ScmRights(&descriptors)];
            let bytes = [IoSlice::new(message)];
            let sent = sendmsg::<()>(server.as_raw_fd(), &bytes, &rights, MsgFlags::MSG_NOSIGNAL, None)?;
            if sent != message.len() {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        (&server).write_all(&identification.rest)?;
        drop(theirs);
        ours.set_nonblocking(true)?;
        Ok(Self::Passed(Passed {
            lines: ours,
            lines_ended: false,
            words: ServerWords::listen(server)?,
        }))
    }

    /// Takes over a `tmux -C` with piped input and output.
    pub(super) fn of_child(mut child: Child) -> io::Result<Self> {
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.ok_or(io::ErrorKind::BrokenPipe)?;
        set_nonblocking(stdin.as_fd())?;
        set_nonblocking(stdout.as_fd())?;
        Ok(Self::Spawned(Spawned {
            child,
            stdin: Some(stdin),
            stdout,
        }))
    }

    /// What becomes readable when something came in.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Passed(passed) => passed.lines.as_fd(),
            Self::Spawned(spawned) => spawned.stdout.as_fd(),
        }
    }

    /// Writes what there is room for; gives how much that was.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match self {
            Self::Passed(passed) => passed.lines.write(bytes),
            Self::Spawned(Spawned { stdin: Some(stdin), .. }) => stdin.write(bytes),
            Self::Spawned(_) => Err(io::ErrorKind::BrokenPipe.into()),
        };
        match written {
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(0),
            written => written,
        }
    }

    /// Waits until something came in, or can go out if `writing`, and appends what came in.
    pub(super) fn receive(&mut self, into: &mut Vec<u8>, writing: bool, deadline: Instant) -> io::Result<Received> {
        match self.wait(writing, deadline) {
            Err(Errno::TIMEDOUT) => return Ok(Received::Nothing),
            ready => ready?,
        }
        match self {
            Self::Passed(passed) => passed.receive(into),
            Self::Spawned(spawned) => spawned.receive(into),
        }
    }

    fn wait(&self, writing: bool, deadline: Instant) -> Result<(), Errno> {
        match self {
            Self::Passed(passed) => {
                let flags = if writing {
                    PollFlags::IN | PollFlags::OUT
                } else {
                    PollFlags::IN
                };
                let server = PollFd::from_borrowed_fd(passed.words.as_fd(), PollFlags::IN);
                if passed.lines_ended {
                    return poll_until(&mut [server], deadline);
                }
                let lines = PollFd::from_borrowed_fd(passed.lines.as_fd(), flags);
                poll_until(&mut [lines, server], deadline)
            }
            Self::Spawned(spawned) => {
                let stdout = PollFd::from_borrowed_fd(spawned.stdout.as_fd(), PollFlags::IN);
                match &spawned.stdin {
                    Some(stdin) if writing => {
                        let stdin = PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::OUT);
                        poll_until(&mut [stdout, stdin], deadline)
                    }
                    _ => poll_until(&mut [stdout], deadline),
                }
            }
        }
    }

    /// Leaves as tmux wants it: the end of our input first, the descriptors only when the server has let go. A crash of
    /// older servers (to 3.6b) comes from clients that just vanish.
    pub(super) fn leave(mut self, patience: Duration) {
        let deadline = Instant::now() + patience;
        match &mut self {
            Self::Passed(passed) => {
                let _half_closed = passed.lines.shutdown(std::net::Shutdown::Write);
            }
            Self::Spawned(spawned) => drop(spawned.stdin.take()),
        }
        let mut rest = Vec::new();
        while matches!(self.receive(&mut rest, false, deadline), Ok(Received::Bytes)) {
            rest.clear();
        }
        if let Self::Spawned(spawned) = &mut self {
            // A client with output that it can't get rid of never ends by itself (below 3.8).
            if wait_for_exit(&spawned.child, deadline).is_err() {
                let _ended = spawned.child.kill();
            }
            let _reaped = spawned.child.wait();
        }
    }
}

impl Passed {
    fn receive(&mut self, into: &mut Vec<u8>) -> io::Result<Received> {
        // The server's word of the end waits until its last line was read.
        match read(&mut self.lines, into)? {
            Read::Some => return Ok(Received::Bytes),
            Read::End => self.lines_ended = true,
            Read::Nothing => {}
        }
        Ok(match self.words.end() {
            Some(reason) => Received::End(reason),
            None => Received::Bytes,
        })
    }
}

impl Spawned {
    fn receive(&mut self, into: &mut Vec<u8>) -> io::Result<Received> {
        Ok(match read(&mut self.stdout, into)? {
            Read::End => Received::End(None),
            Read::Some | Read::Nothing => Received::Bytes,
        })
    }
}

enum Read {
    Some,
    /// Nothing now.
    Nothing,
    /// Nothing any more.
    End,
}

fn read(stream: &mut impl io::Read, into: &mut Vec<u8>) -> io::Result<Read> {
    let mut buffer = [0; 65_536];
    match stream.read(&mut buffer) {
        Ok(0) => Ok(Read::End),
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => Ok(Read::End),
        Ok(read) => {
            into.extend_from_slice(buffer.get(..read).unwrap_or_default());
            Ok(Read::Some)
        }
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {
            Ok(Read::Nothing)
        }
        Err(error) => Err(error),
    }
}
