//! Carrying commands to a server and its answer back.

mod auto;
mod classify;
mod control;
pub mod direct;
pub(crate) mod lower;
pub(crate) mod process;
mod scripted;
pub(crate) mod spawn;

use std::fmt::Debug;
use std::time::{Duration, Instant};

use crate::deadline::left;
use crate::{Command, Error, Generation, ServerInfo};

pub use auto::Auto;
pub(crate) use classify::refusal_by;
pub use control::Control;
pub use scripted::{Scripted, ScriptedCall};

/// Commands that go to the server as one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Groups of commands, in order. A command that fails ends its group, the next group still runs.
    pub groups: Vec<Vec<Command>>,
    /// Whether a server may be started for it. If not, a missing server is [`Error::NoServer`].
    pub may_start_server: bool,
    /// The life of the server that the ids in the commands come from; another one runs nothing of it, and the call is
    /// [`Error::ServerRestarted`].
    pub generation: Option<Generation>,
    /// How long the whole call may take.
    pub limit: Duration,
}

/// A server's answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// Exit status, 0 if every command of every group succeeded. The user's hooks can spoil it.
    pub status: i32,
    /// What the commands printed, one after the other; hooks of the user may have printed after them.
    pub stdout: Vec<u8>,
    /// Complaints.
    pub stderr: Vec<u8>,
}

/// A way to talk to one tmux server.
pub trait Transport: Debug + Send + Sync {
    /// Sends the commands as one call and waits for the answer.
    ///
    /// # Errors
    ///
    /// Only if the call as a whole didn't come through: no program, no server, no answer in time. A command that
    /// tmux refuses is a [`Reply`] with a status other than 0, which [`Reply::into_result`] turns into an error.
    fn run(&self, request: &Request) -> Result<Reply, Error>;

    /// Takes note of what the server that has just answered said of itself, so that it needn't be asked again. A
    /// transport that asks for nothing has no use for it.
    fn met(&self, _server: &ServerInfo) {}
}

impl Request {
    /// One group of commands for a running server of whatever generation.
    pub fn reading(commands: Vec<Command>, limit: Duration) -> Self {
        Self {
            groups: vec![commands],
            may_start_server: false,
            generation: None,
            limit,
        }
    }

    /// The same with what is left of its time.
    pub(crate) fn until(&self, deadline: Instant) -> Self {
        Self {
            limit: left(deadline),
            ..self.clone()
        }
    }

    /// Whether nothing in it changes anything: it can be sent again when its answer was lost.
    pub fn is_reading(&self) -> bool {
        self.groups.iter().flatten().all(Command::is_reading)
    }
}

impl Reply {
    /// The reply if it is a success, else the error that tmux's words stand for.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Exists`], [`Error::NoSpace`], … or [`Error::Refused`] with tmux's own words.
    pub fn into_result(self, request: &Request) -> Result<Self, Error> {
        if self.status == 0 {
            Ok(self)
        } else {
            Err(classify::refusal(&self, request))
        }
    }
}
