//! A handle on one server.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::{Command, Error, Reply, Request, Snapshot, Socket, Spawn, Transport, UserOptions};

/// A tmux server, running or not, found by its socket.
#[derive(Debug, Clone)]
pub struct Server {
    socket: Socket,
    transport: Arc<dyn Transport>,
    limit: Duration,
}

impl Server {
    /// The time limit of a call unless [`Server::with_limit`] sets another.
    pub const DEFAULT_LIMIT: Duration = Duration::from_secs(15);

    /// The server on `socket`, talked to by the `tmux` program `binary`.
    pub fn spawned(binary: impl Into<std::path::PathBuf>, socket: Socket) -> Self {
        let transport = Arc::new(Spawn::new(binary, socket.clone()));
        Self::over(transport, socket)
    }

    /// The server on `socket`, talked to over `transport`.
    pub fn over(transport: Arc<dyn Transport>, socket: Socket) -> Self {
        Self {
            socket,
            transport,
            limit: Self::DEFAULT_LIMIT,
        }
    }

    /// The same server with another time limit for each call.
    #[must_use]
    pub fn with_limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// Where it listens.
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Where it listens, as a path.
    pub fn socket_path(&self) -> &Path {
        self.socket.path()
    }

    /// Runs the commands as one call on the running server; the first that fails ends it.
    ///
    /// # Errors
    ///
    /// What tmux said of the first command that failed, or why the call didn't come through.
    pub fn run(&self, commands: Vec<Command>) -> Result<Reply, Error> {
        self.call(self.request(vec![commands], false))
    }

    /// As [`Server::run`], but starts the server if there is none.
    ///
    /// # Errors
    ///
    /// As [`Server::run`].
    pub fn run_or_start(&self, commands: Vec<Command>) -> Result<Reply, Error> {
        self.call(self.request(vec![commands], true))
    }

    /// Runs groups of commands as one call, starting the server if there is none. A failure ends its group only, and
    /// the reply is returned whatever its status: what each group printed tells whether it came through.
    ///
    /// # Errors
    ///
    /// Only if the call as a whole didn't come through.
    pub fn run_groups_or_start(&self, groups: Vec<Vec<Command>>) -> Result<Reply, Error> {
        self.transport.run(&self.request(groups, true))
    }

    /// Everything on the server, in one call. `user_options` are read along.
    ///
    /// # Errors
    ///
    /// [`Error::NoServer`], [`Error::TooOld`], [`Error::Decode`] and whatever keeps the call from coming through.
    pub fn snapshot(&self, user_options: UserOptions<'_>) -> Result<Snapshot, Error> {
        let query = crate::snapshot::Query::new(user_options);
        let request = self.request(vec![query.commands()], false);
        let reply = self.transport.run(&request)?;
        let snapshot = query.decode(&reply.stdout)?;
        let refusal = reply.into_result(&request).err();
        let Some(snapshot) = snapshot else {
            return Err(refusal.unwrap_or(Error::Decode(crate::DecodeError::Truncated)));
        };
        if !snapshot.server.version.is_supported() {
            return Err(Error::TooOld {
                found: snapshot.server.version.to_string(),
            });
        }
        match refusal {
            // A server without sessions ends its answer with saying so.
            Some(Error::NotFound { .. }) if snapshot.sessions.is_empty() => Ok(Snapshot {
                whole: true,
                ..snapshot
            }),
            // Rows decide: a failure beside complete rows is that of a user's hook.
            Some(error) if snapshot.sessions.is_empty() => Err(error),
            _ => Ok(snapshot),
        }
    }

    fn call(&self, request: Request) -> Result<Reply, Error> {
        self.transport.run(&request)?.into_result(&request)
    }

    fn request(&self, groups: Vec<Vec<Command>>, may_start_server: bool) -> Request {
        Request {
            groups,
            may_start_server,
            limit: self.limit,
        }
    }
}
