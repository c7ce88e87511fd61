//! One connection to a server's socket: one command and its answer.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::mem;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::socket::sockopt::{PeerCredentials, SendTimeout};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, getsockopt, setsockopt, socket};
use nix::sys::time::{TimeVal, TimeValLike};
use rustix::event::{PollFd, PollFlags};
use rustix::process::geteuid;

use super::encode::{self, Unsendable};
use super::message::{Decoder, MAX_DATA, Message, WireError};
use crate::transport::Reply;
use crate::transport::process::{MAX_OUTPUT, poll_until};
use crate::{Error, Socket};

/// A connection that nothing was sent over yet.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: UnixStream,
    server_pid: u32,
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Broken {
    /// The connection ended without one.
    Lost,
    /// The server ends; what it had printed until then.
    Shutdown(Reply),
    TimedOut,
    /// Nothing was sent.
    OtherGeneration,
    /// Nothing ran.
    OtherProtocol {
        server: u32,
    },
    Undecodable(WireError),
    TooMuchOutput {
        limit: usize,
    },
    /// Nothing was sent.
    Unsendable(Unsendable),
    Io(io::Error),
}

impl Connection {
    /// Connects. A socket of a label must lie in a directory that is ours alone, as tmux itself wants it.
    pub(crate) fn open(server: &Socket, limit: Duration) -> Result<Self, Error> {
        let path = server.path();
        if server.label().is_some() {
            directory_is_ours(path)?;
        }
        let stream = connect_within(path, limit).map_err(|errno| match errno {
            Errno::ENOENT | Errno::ECONNREFUSED | Errno::ENOTDIR => Error::NoServer {
                socket: path.to_owned(),
            },
            Errno::EACCES | Errno::EPERM => Error::AccessDenied {
                text: format!("no access to {}", path.display()),
            },
            Errno::EAGAIN | Errno::ETIMEDOUT => Error::timed_out(path, limit),
            errno => Error::Io(errno.into()),
        })?;
        let peer = getsockopt(&stream, PeerCredentials).map_err(|errno| Error::Io(errno.into()))?;
        if peer.uid() != geteuid().as_raw() && peer.uid() != 0 {
            return Err(Error::AccessDenied {
                text: format!("{} belongs to user {}", path.display(), peer.uid()),
            });
        }
        Ok(Self {
            stream,
            // A server in another pid namespace has no number here.
            server_pid: u32::try_from(peer.pid()).unwrap_or_default(),
        })
    }

    /// The process that listens.
    pub(crate) fn server_pid(&self) -> u32 {
        self.server_pid
    }

    /// The socket, for a control client.
    pub(crate) fn into_stream(self) -> UnixStream {
        self.stream
    }

    /// Sends all of `bytes`, and `input` when the server asks for it; gives the answer.
    pub(super) fn exchange(self, bytes: Vec<u8>, input: &[u8], deadline: Instant) -> Result<Reply, Broken> {
        let mut exchange = Exchange {
            stream: self.stream,
            outgoing: bytes,
            sent: 0,
            input,
            input_stream: None,
            outputs: HashMap::new(),
            decoder: Decoder::default(),
            reply: Reply::default(),
            ended: false,
        };
        while !exchange.ended {
            exchange.step(deadline)?;
        }
        Ok(exchange.reply)
    }
}

/// In milliseconds; the kernel's type holds no limit of any length.
const A_DAY: i64 = 24 * 3600 * 1000;

fn connect_within(path: &Path, limit: Duration) -> Result<UnixStream, Errno> {
    let address = UnixAddr::new(path)?;
    let fd: OwnedFd = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    // A server that is stopped accepts as many as its queue holds; the next would wait for ever.
    let millis = i64::try_from(limit.as_millis()).unwrap_or(A_DAY).clamp(1, A_DAY);
    setsockopt(&fd, SendTimeout, &TimeVal::milliseconds(millis))?;
    connect(fd.as_raw_fd(), &address)?;
    let stream = UnixStream::from(fd);
    stream
        .set_nonblocking(true)
        .map_err(|error| Errno::from_raw(error.raw_os_error().unwrap_or_default()))?;
    Ok(stream)
}

/// `tmux-UID` must be a directory, ours, and closed to others (tmux: "unsafe permissions").
fn directory_is_ours(socket: &Path) -> Result<(), Error> {
    let Some(directory) = socket.parent() else {
        return Ok(());
    };
    let metadata = match directory.symlink_metadata() {
        Ok(metadata) => metadata,
        Err(_) => {
            return Err(Error::NoServer {
                socket: socket.to_owned(),
            });
        }
    };
    if metadata.is_dir() && metadata.uid() == geteuid().as_raw() && metadata.mode() & 0o7 == 0 {
        Ok(())
    } else {
        Err(Error::AccessDenied {
            text: format!("the directory {} has unsafe permissions", directory.display()),
        })
    }
}

#[derive(Debug, Clone, Copy)]
enum Output {
    Stdout,
    Stderr,
}

struct Exchange<'a> {
    stream: UnixStream,
    outgoing: Vec<u8>,
    sent: usize,
    input: &'a [u8],
    /// The number under which the server reads our standard input.
    input_stream: Option<i32>,
    outputs: HashMap<i32, Output>,
    decoder: Decoder,
    reply: Reply,
    ended: bool,
}

impl Exchange<'_> {
    fn step(&mut self, deadline: Instant) -> Result<(), Broken> {
        self.queue_input();
        let writing = self.sent < self.outgoing.len();
        let flags = if writing {
            PollFlags::IN | PollFlags::OUT
        } else {
            PollFlags::IN
        };
        let ready = poll_until(&mut [PollFd::from_borrowed_fd(self.stream.as_fd(), flags)], deadline);
        ready.map_err(|errno| {
            if errno == rustix::io::Errno::TIMEDOUT {
                Broken::TimedOut
            } else {
                Broken::Io(errno.into())
            }
        })?;
        if writing {
            self.write()?;
        }
        self.read()
    }

    /// Standard input goes out in pieces, as the server takes them.
    fn queue_input(&mut self) {
        let Some(stream) = self.input_stream else { return };
        if self.sent < self.outgoing.len() {
            return;
        }
        self.outgoing.clear();
        self.sent = 0;
        for _ in 0..8 {
            let piece = self.input.get(..MAX_DATA).unwrap_or(self.input);
            self.input = self.input.get(piece.len()..).unwrap_or_default();
            if piece.is_empty() {
                self.outgoing.extend(encode::read_done(stream, true));
                self.input_stream = None;
                return;
            }
            self.outgoing.extend(encode::read(stream, piece));
        }
    }

    fn write(&mut self) -> Result<(), Broken> {
        match self.stream.write(self.outgoing.get(self.sent..).unwrap_or_default()) {
            Ok(written) => self.sent += written,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            // It has gone, perhaps after a last word that is still to be read.
            Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => {
                self.sent = self.outgoing.len();
                self.input_stream = None;
            }
            Err(error) => return Err(Broken::Io(error)),
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), Broken> {
        let mut buffer = [0; 65_536];
        match self.stream.read(&mut buffer) {
            Ok(0) => return Err(Broken::Lost),
            Ok(read) => self.decoder.push(buffer.get(..read).unwrap_or_default()),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Err(Broken::Lost),
            Err(error) => return Err(Broken::Io(error)),
        }
        while let Some(message) = self.decoder.next_message().map_err(Broken::Undecodable)? {
            self.take(message)?;
        }
        Ok(())
    }

    fn take(&mut self, message: Message) -> Result<(), Broken> {
        match message {
            Message::Version { server } => return Err(Broken::OtherProtocol { server }),
            Message::ReadOpen { stream, fd: 0 } => self.input_stream = Some(stream),
            // "Open this file for me": files are not this crate's; data goes over the standard streams.
            Message::ReadOpen { stream, .. } => self.outgoing.extend(encode::read_done(stream, false)),
            Message::ReadCancel { stream } if self.input_stream == Some(stream) => {
                self.input = &[];
            }
            Message::WriteOpen { stream, fd } => {
                let output = match fd {
                    1 => Some(Output::Stdout),
                    2 => Some(Output::Stderr),
                    _ => None,
                };
                self.outgoing.extend(encode::write_ready(stream, output.is_some()));
                if let Some(output) = output {
                    self.outputs.insert(stream, output);
                }
            }
            Message::Write { stream, data } => match self.outputs.get(&stream) {
                Some(Output::Stdout) => append(&mut self.reply.stdout, &data)?,
                Some(Output::Stderr) => append(&mut self.reply.stderr, &data)?,
                None => {}
            },
            Message::Exit { status, text } => {
                self.reply.status = status;
                if !text.is_empty() {
                    append(&mut self.reply.stderr, &text)?;
                }
                self.ended = true;
            }
            // The server ends before the command did, unless that is what it was.
            Message::Shutdown | Message::Exited | Message::Detach => {
                return Err(Broken::Shutdown(mem::take(&mut self.reply)));
            }
            Message::WriteClose { .. } | Message::ReadCancel { .. } | Message::Other(_) => {}
        }
        Ok(())
    }
}

/// A cut listing would decode as fewer panes, so more than the bound is an error.
fn append(output: &mut Vec<u8>, data: &[u8]) -> Result<(), Broken> {
    output.extend_from_slice(data);
    if output.len() > MAX_OUTPUT {
        Err(Broken::TooMuchOutput { limit: MAX_OUTPUT })
    } else {
        Ok(())
    }
}
