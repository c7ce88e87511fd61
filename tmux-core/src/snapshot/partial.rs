//! Single sessions, listed in the very call that makes them.

use super::{Query, Snapshot, UserOptions};
use crate::{Command, DecodeError, ExactName};

/// A snapshot of single sessions, each listed when the call that makes it has made it: that costs their rows only, where a
/// listing afterwards is another call, and lists the whole server.
///
/// Directories and programs of panes are not among it: what has just started is still tmux's own child, and reading them
/// costs more than all the rest.
#[derive(Debug)]
pub struct PartialSnapshot {
    query: Query,
}

impl PartialSnapshot {
    /// Rows with these user options.
    pub fn new(user_options: UserOptions<'_>) -> Self {
        Self {
            query: Query::without_programs(user_options),
        }
    }

    /// The call's first command.
    pub fn begin(&self) -> Command {
        self.query.begin()
    }

    /// The last commands of those that make a session.
    pub fn session(&self, name: &ExactName) -> [Command; 3] {
        self.query.session(name)
    }

    /// The call's last command.
    pub fn end(&self) -> Command {
        self.query.end()
    }

    /// The sessions that were made; `None` without the row of [`PartialSnapshot::begin`].
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the answer isn't what was asked for.
    pub fn decode(&self, output: &[u8]) -> Result<Option<Snapshot>, DecodeError> {
        self.query.decode(output)
    }
}
