//! Sessions listed in the very call that makes them.

use super::{Query, Snapshot, UserOptions};
use crate::{Command, DecodeError, ExactName};

/// A snapshot at the end of a call that makes sessions. A listing afterwards would be another call, and one between makes
/// tmux slow: a server that has just forked copies every page it touches (100 sessions: 50 ms instead of 10, measured on
/// 3.3a).
///
/// Directories and programs of panes are not among it: what has just started is still tmux's own child, and reading them
/// costs more than all the rest.
#[derive(Debug)]
pub struct PartialSnapshot {
    query: Query,
    sessions: Vec<ExactName>,
}

/// Of so many sessions each is listed by itself. More are listed with all that the server has, in one command.
const SINGLE: usize = 16;

impl PartialSnapshot {
    /// Rows of the sessions that will have these names, with these user options.
    pub fn new(user_options: UserOptions<'_>, sessions: Vec<ExactName>) -> Self {
        Self {
            query: Query::of_fresh(user_options),
            sessions,
        }
    }

    /// The call's first command.
    pub fn begin(&self) -> Command {
        self.query.begin()
    }

    /// The call's last groups of commands.
    pub fn end(&self) -> Vec<Vec<Command>> {
        if self.sessions.len() > SINGLE {
            return vec![self.query.lists()];
        }
        // One that isn't there fails, and what is listed of the next is a group of its own.
        let each = self.sessions.iter().map(|session| self.query.lists_of(session));
        each.chain([vec![self.query.end()]]).collect()
    }

    /// At least the sessions of these names that there were in the end; `None` without the row of
    /// [`PartialSnapshot::begin`].
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the answer isn't what was asked for.
    pub fn decode(&self, output: &[u8]) -> Result<Option<Snapshot>, DecodeError> {
        self.query.decode(output)
    }
}
