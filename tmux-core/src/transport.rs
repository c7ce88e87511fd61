//! Carrying commands to a server and its answer back.

mod classify;
mod process;
pub(crate) mod spawn;

use std::fmt::Debug;
use std::time::Duration;

use crate::{Command, Error};

/// Commands that go to the server as one call.
#[derive(Debug, Clone)]
pub struct Request {
    /// Groups of commands, in order. A command that fails ends its group, the next group still runs.
    pub groups: Vec<Vec<Command>>,
    /// Whether a server may be started for it. If not, a missing server is [`Error::NoServer`].
    pub may_start_server: bool,
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
