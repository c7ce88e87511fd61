//! tmux's own client protocol over its socket: no process is started.
//!
//! Ten to twenty-five times cheaper than starting a `tmux` client for a small command. It works without a session, has no
//! side effects, and never starts a server. The protocol isn't documented; what is used of it is the same from 3.2a to
//! 3.8, and whoever speaks another version says so before anything ran ([`Error::VersionSkew`]).

mod connection;
mod encode;
pub mod message;

use std::time::{Duration, Instant};

pub(crate) use connection::Connection;
pub use encode::Identity;
pub(crate) use encode::{ControlIdentification, DescriptorMark, Unsendable, control as encode_control, exiting};

use super::lower::{Lowered, lower};
use super::{Reply, Request, Transport, classify};
use crate::deadline::{deadline, left};
use crate::{Error, Socket};
use connection::Broken;

/// Talks to the server's socket, one connection a call.
#[derive(Debug, Clone)]
pub struct Direct {
    socket: Socket,
    identity: Identity,
}

impl Direct {
    /// The server on `socket`, to which we introduce ourselves as `identity`.
    pub fn new(socket: Socket, identity: Identity) -> Self {
        Self { socket, identity }
    }

    /// Connects, which tells the server's process before anything was sent.
    pub(crate) fn connect(&self, limit: Duration) -> Result<Connection, Error> {
        Connection::open(&self.socket, limit)
    }

    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Sends a request over this connection, or over a second one if it is lost and the request changes nothing.
    pub(crate) fn run_over(
        &self,
        connection: Connection,
        request: &Request,
        deadline: Instant,
    ) -> Result<Reply, Error> {
        let lowered = lower(request)?;
        let pid = connection.server_pid();
        let reply = match self.exchange(connection, request, &lowered, deadline) {
            Err(Broken::Lost) if request.is_reading() => {
                let again = self.connect(left(deadline))?;
                self.exchange(again, request, &lowered, deadline)
            }
            reply => reply,
        };
        let ends = || {
            request
                .groups
                .iter()
                .flatten()
                .any(|command| command.verb() == "kill-server")
        };
        let reply = match reply {
            Err(Broken::Shutdown(reply)) if ends() => reply,
            reply => reply.map_err(|broken| self.error(broken, pid, request.limit))?,
        };
        match classify::unavailable(&reply, self.socket.path()) {
            Some(error) if reply.status != 0 => Err(error),
            _ => Ok(reply),
        }
    }

    fn exchange(
        &self,
        connection: Connection,
        request: &Request,
        lowered: &Lowered,
        deadline: Instant,
    ) -> Result<Reply, Broken> {
        if let Some(generation) = request.generation
            && generation.pid != connection.server_pid()
        {
            return Err(Broken::OtherGeneration);
        }
        let bytes = encode::command(&self.identity, &lowered.args).map_err(Broken::Unsendable)?;
        connection.exchange(bytes, &lowered.input, deadline)
    }

    fn error(&self, broken: Broken, server_pid: u32, limit: Duration) -> Error {
        let socket = self.socket.path().to_owned();
        match broken {
            Broken::Lost | Broken::Shutdown(_) => Error::ServerLost {
                socket,
                server_pid: Some(server_pid),
            },
            Broken::TimedOut => Error::timed_out(&socket, limit),
            Broken::OtherGeneration => Error::ServerRestarted { socket },
            Broken::OtherProtocol { server } => Error::VersionSkew {
                text: format!(
                    "protocol version mismatch (client {}, server {server})",
                    message::PROTOCOL_VERSION
                ),
            },
            Broken::Undecodable(source) => Error::Protocol { socket, source },
            Broken::TooMuchOutput { limit } => Error::TooMuchOutput { limit },
            Broken::Unsendable(Unsendable::NulByte) => Error::NulByte {
                command: "client".to_owned(),
            },
            Broken::Unsendable(Unsendable::TooLong) => Error::TooLong,
            Broken::Io(error) => Error::Io(error),
        }
    }
}

impl Transport for Direct {
    fn run(&self, request: &Request) -> Result<Reply, Error> {
        super::lower::check(request)?;
        let deadline = deadline(request.limit);
        let connection = self.connect(request.limit)?;
        self.run_over(connection, request, deadline)
    }
}
