//! Direct where the handshake succeeds, else the `tmux` program.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::direct::{Connection, Direct};
use super::spawn::Spawn;
use super::{Reply, Request, Transport};
use crate::deadline::{deadline, left};
use crate::server_info::Query;
use crate::{Error, ServerInfo, Version};

/// Picks the transport by itself, once for each life of a server: the first call that changes something is preceded by one
/// that asks for the version, unless an answer has told it ([`Transport::met`]), and calls before that only read.
#[derive(Debug)]
pub struct Auto {
    direct: Direct,
    spawn: Spawn,
    known: Mutex<Option<Known>>,
}

/// What is known of the server with this process number.
#[derive(Debug, Clone)]
struct Known {
    server_pid: u32,
    by: By,
}

#[derive(Debug, Clone)]
enum By {
    Direct,
    /// The server speaks another protocol: this program understands it, if one does.
    Spawn(Spawn),
}

impl Auto {
    /// Both must be for the same socket.
    pub fn new(direct: Direct, spawn: Spawn) -> Self {
        Self {
            direct,
            spawn,
            known: Mutex::new(None),
        }
    }

    fn known(&self, server_pid: u32) -> Option<By> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .as_ref()
            .filter(|known| known.server_pid == server_pid)
            .map(|known| known.by.clone())
    }

    fn remember(&self, server_pid: u32, by: By) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known { server_pid, by });
    }

    /// What only reads can be asked at once, and tells whether the server speaks our protocol. Before anything is changed
    /// its version is asked for.
    fn first_contact(&self, connection: Connection, request: &Request, deadline: Instant) -> Result<Reply, Error> {
        let server_pid = connection.server_pid();
        if request.is_reading() {
            return match self.direct.run_over(connection, request, deadline) {
                Err(error) if speaks_otherwise(&error) => self.fall_back(server_pid, request, error, deadline),
                reply => reply,
            };
        }
        let question = Query::default();
        let ask = Request::reading(vec![question.command()], request.limit);
        match self.direct.run_over(connection, &ask, deadline) {
            Err(error) if speaks_otherwise(&error) => self.fall_back(server_pid, request, error, deadline),
            Err(error) => Err(error),
            Ok(answer) => {
                check_version(question.decode(&answer.stdout)?.map(|info| info.version))?;
                self.remember(server_pid, By::Direct);
                let connection = self.direct.connect(left(deadline))?;
                if connection.server_pid() != server_pid {
                    return self.first_contact(connection, request, deadline);
                }
                self.direct.run_over(connection, request, deadline)
            }
        }
    }

    /// Nothing ran yet. The program that the server itself is may understand it where ours doesn't.
    fn fall_back(&self, server_pid: u32, request: &Request, skew: Error, deadline: Instant) -> Result<Reply, Error> {
        match self.spawn.run(&request.until(deadline)) {
            Err(Error::VersionSkew { .. }) => {
                let own = server_program(server_pid).ok_or(skew)?;
                let spawn = self.spawn.with_binary(own);
                let reply = spawn.run(&request.until(deadline))?;
                self.remember(server_pid, By::Spawn(spawn));
                Ok(reply)
            }
            reply => {
                if reply.is_ok() {
                    self.remember(server_pid, By::Spawn(self.spawn.clone()));
                }
                reply
            }
        }
    }
}

impl Transport for Auto {
    fn run(&self, request: &Request) -> Result<Reply, Error> {
        super::lower::check(request)?;
        let deadline = deadline(request.limit);
        let connection = match self.direct.connect(request.limit) {
            Err(Error::NoServer { .. }) if request.may_start_server && request.generation.is_none() => {
                return self.spawn.run(&request.until(deadline));
            }
            connection => connection?,
        };
        match self.known(connection.server_pid()) {
            None => self.first_contact(connection, request, deadline),
            Some(By::Direct) => {
                let server_pid = connection.server_pid();
                match self.direct.run_over(connection, request, deadline) {
                    // A server that was met by way of its program may not speak with us, and ran nothing then.
                    Err(error @ Error::VersionSkew { .. }) => self.fall_back(server_pid, request, error, deadline),
                    reply => reply,
                }
            }
            Some(By::Spawn(spawn)) => {
                drop(connection);
                spawn.run(&request.until(deadline))
            }
        }
    }

    fn met(&self, server: &ServerInfo) {
        let version = &server.version;
        if version.is_supported() && !version.is_newer_than_tested() && self.known(server.pid).is_none() {
            self.remember(server.pid, By::Direct);
        }
    }
}

/// Whether the error says that the server doesn't speak our protocol, so that it ran nothing.
fn speaks_otherwise(error: &Error) -> bool {
    matches!(error, Error::VersionSkew { .. } | Error::Protocol { .. })
}

fn check_version(version: Option<Version>) -> Result<(), Error> {
    match version {
        Some(version) if !version.is_supported() => Err(Error::TooOld {
            found: version.to_string(),
        }),
        _ => Ok(()),
    }
}

/// The file of the server's program. A loader that runs tmux (packages of another system) isn't tmux.
fn server_program(pid: u32) -> Option<PathBuf> {
    let program = Path::new("/proc").join(pid.to_string()).join("exe");
    let file = program.read_link().ok()?;
    let named_tmux = file
        .file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with("tmux"));
    // The link itself, not its target: that works for a program that was replaced by an update, too.
    named_tmux.then_some(program)
}
