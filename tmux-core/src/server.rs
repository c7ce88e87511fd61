//! A handle on one server.

mod buffers;
mod create;
mod end;
mod hooks;
mod read;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bstr::BString;

use crate::batch::Whole;
use crate::snapshot::Query;
use crate::transport::direct::Connection;
use crate::{
    Auto, Batch, BriefPanes, Command, CommandResult, Direct, Error, Generation, Identity, Reply, Request, ServerInfo,
    Snapshot, Socket, Spawn, Transport, UserOptions,
};

pub use buffers::Paste;
pub use create::Created;
pub use hooks::HookMark;

/// A tmux server, running or not, found by its socket.
#[derive(Debug, Clone)]
pub struct Server {
    socket: Socket,
    transport: Arc<dyn Transport>,
    generation: Option<Generation>,
    limit: Duration,
}

impl Server {
    /// The time limit of a call unless [`Server::with_limit`] sets another.
    pub const DEFAULT_LIMIT: Duration = Duration::from_secs(15);

    /// The server on `socket`, talked to by the `tmux` program `binary`.
    pub fn spawned(binary: impl Into<PathBuf>, socket: Socket) -> Self {
        let transport = Arc::new(Spawn::new(binary, socket.clone()));
        Self::over(transport, socket)
    }

    /// The server on `socket`, talked to over `transport`.
    pub fn over(transport: Arc<dyn Transport>, socket: Socket) -> Self {
        Self {
            socket,
            transport,
            generation: None,
            limit: Self::DEFAULT_LIMIT,
        }
    }

    /// The server on `socket`, talked to directly where the handshake succeeds, else by the `tmux` program `binary`,
    /// which also starts it.
    pub fn connect(binary: impl Into<PathBuf>, socket: Socket, identity: Identity) -> Self {
        let spawn = Spawn::new(binary, socket.clone());
        let direct = Direct::new(socket.clone(), identity);
        Self::over(Arc::new(Auto::new(direct, spawn)), socket)
    }

    /// The same server as long as it lives: calls to another life of it are [`Error::ServerRestarted`] and run nothing.
    #[must_use]
    pub fn bound_to(&self, generation: Generation) -> Self {
        Self {
            generation: Some(generation),
            ..self.clone()
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

    /// Whether a server listens on the socket; it need not answer for this.
    pub fn is_running(&self) -> bool {
        !matches!(Connection::open(&self.socket, self.limit), Err(Error::NoServer { .. }))
    }

    /// Runs the commands as one call on the running server; the first that fails ends it. A hook of the user that fails is
    /// no failure of theirs.
    ///
    /// # Errors
    ///
    /// What tmux said of the first command that failed, or why the call didn't come through.
    pub fn run(&self, commands: Vec<Command>) -> Result<Reply, Error> {
        self.whole(commands, false)
    }

    /// As [`Server::run`], but starts the server if there is none.
    ///
    /// # Errors
    ///
    /// As [`Server::run`].
    pub fn run_or_start(&self, commands: Vec<Command>) -> Result<Reply, Error> {
        self.whole(commands, true)
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

    /// Takes note of what an answer of the server said of it, where it was asked otherwise than by [`info`](Self::info) or a
    /// snapshot: its version isn't asked for again before the next call that changes something.
    pub fn met(&self, server: &ServerInfo) {
        self.transport.met(server);
    }

    /// Runs the commands of a batch as one call on the running server, and says what became of each.
    ///
    /// # Errors
    ///
    /// Only if the call as a whole didn't come through.
    pub fn run_batch(&self, batch: &Batch) -> Result<Vec<CommandResult>, Error> {
        let marked = batch.marked();
        let reply = self.transport.run(&self.request(marked.groups(), false))?;
        Ok(marked.results(&reply))
    }

    /// The same, all of it or an error that names the command.
    ///
    /// # Errors
    ///
    /// The first that failed, with [`Error::Batch`], or why the call as a whole didn't come through.
    pub fn run_whole_batch(&self, batch: &Batch) -> Result<Vec<BString>, Error> {
        let results = self.run_batch(batch)?.into_iter().enumerate();
        let outputs = results.filter_map(|(n, result)| match result.output()? {
            Ok(output) => Some(Ok(output)),
            Err(error) => Some(Err(Error::Batch(Box::new(batch.error(n, error))))),
        });
        outputs.collect()
    }

    /// What the server says of itself.
    ///
    /// # Errors
    ///
    /// [`Error::NoServer`], [`Error::TooOld`].
    pub fn info(&self) -> Result<ServerInfo, Error> {
        let question = crate::server_info::Query::default();
        let request = self.request(vec![vec![question.command()]], false);
        let reply = self.transport.run(&request)?;
        match question.decode(&reply.stdout)? {
            Some(info) if info.version.is_supported() => {
                self.met(&info);
                Ok(info)
            }
            Some(info) => Err(Error::TooOld {
                found: info.version.to_string(),
            }),
            None => {
                reply.into_result(&request)?;
                Err(Error::Decode(crate::DecodeError::Truncated))
            }
        }
    }

    /// A text that is another one whenever a session, window or pane has come, gone, or got another name, place or layout:
    /// the cheapest way to learn that something changed without being a client of the server. It says nothing of
    /// directories, titles and options, nor of the programs in panes that aren't active ones, and is only to be compared,
    /// never read.
    ///
    /// # Errors
    ///
    /// [`Error::NoServer`] and whatever keeps the call from coming through.
    pub fn structure(&self) -> Result<BString, Error> {
        let question = crate::structure::Question::default();
        let request = self.request(vec![vec![question.command()]], false);
        let reply = self.transport.run(&request)?;
        match question.answer(&reply.stdout) {
            Some(structure) => Ok(structure),
            None => {
                reply.into_result(&request)?;
                Err(Error::Decode(crate::DecodeError::Truncated))
            }
        }
    }

    /// Everything on the server, in one call. `user_options` are read along.
    ///
    /// # Errors
    ///
    /// [`Error::NoServer`], [`Error::TooOld`], [`Error::Decode`] and whatever keeps the call from coming through.
    pub fn snapshot(&self, user_options: UserOptions<'_>) -> Result<Snapshot, Error> {
        self.snapshot_by(&Query::new(user_options))
    }

    /// The same for a list of what there is: the server, its sessions (but for their groups) and its clients; of windows the
    /// id and the number of panes; of `panes` the id, index and process, and whether they are dead. Every other field is
    /// empty or 0.
    ///
    /// Most of what a snapshot costs is tmux writing down fields: with 100 sessions of two panes this takes a third of the
    /// server's time, with noted panes alone a sixth (measured on 3.3a).
    ///
    /// # Errors
    ///
    /// As [`snapshot`](Self::snapshot).
    pub fn brief_snapshot(&self, user_options: UserOptions<'_>, panes: BriefPanes) -> Result<Snapshot, Error> {
        self.snapshot_by(&Query::brief(user_options, panes))
    }

    fn snapshot_by(&self, query: &Query) -> Result<Snapshot, Error> {
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
        self.met(&snapshot.server);
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

    fn whole(&self, commands: Vec<Command>, may_start_server: bool) -> Result<Reply, Error> {
        let sources = commands.iter().any(|command| command.verb() == "source-file");
        let ends = commands.iter().any(|command| command.verb() == "kill-server");
        let (whole, group) = Whole::of(commands);
        let request = self.request(vec![group], may_start_server);
        let reply = self.transport.run(&request)?;
        match whole.output(&reply.stdout) {
            // What a file of commands did is told by the exit status alone.
            Some(_) if sources && reply.status != 0 => reply.into_result(&request),
            Some(stdout) => Ok(Reply {
                status: 0,
                stdout,
                ..reply
            }),
            // Success without the mark: the call was cut off. After the end of the server there is no mark.
            None if reply.status == 0 && !ends => Err(Error::ServerLost {
                socket: self.socket.path().to_owned(),
                server_pid: None,
            }),
            None => reply.into_result(&request),
        }
    }

    fn request(&self, groups: Vec<Vec<Command>>, may_start_server: bool) -> Request {
        Request {
            groups,
            may_start_server,
            generation: self.generation,
            limit: self.limit,
        }
    }
}
