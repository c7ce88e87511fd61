//! Single sessions, listed in the very call that makes them.

use bstr::BString;

use super::{Query, Snapshot, UserOptions};
use crate::tag::tag;
use crate::{Command, DecodeError, ExactName};

/// A snapshot of the sessions that a call makes, listed at its end: each is marked when all of it has been made, and only
/// what is marked is listed. A listing afterwards would be another call, and one between makes tmux slow: a server that has
/// just forked copies every page it touches (100 sessions: 50 ms instead of 10, measured on 3.3a).
///
/// Directories and programs of panes are not among it: what has just started is still tmux's own child, and reading them
/// costs more than all the rest.
#[derive(Debug)]
pub struct PartialSnapshot {
    query: Query,
    option: &'static str,
    mark: BString,
}

impl PartialSnapshot {
    /// Rows with these user options. The sessions that were made carry `option` from then on, with a value that only this
    /// call gives: `built-` and random letters.
    pub fn new(user_options: UserOptions<'_>, option: &'static str) -> Self {
        let mark = format!("built-{}", tag());
        let filter = format!("#{{==:#{{{option}}},{mark}}}");
        Self {
            query: Query::of_marked(user_options, filter),
            option,
            mark: mark.into(),
        }
    }

    /// The call's first command.
    pub fn begin(&self) -> Command {
        self.query.begin()
    }

    /// The last of the commands that make a session.
    pub fn made(&self, name: &ExactName) -> Command {
        Command::set_user_option(name.clone(), self.option, self.mark.clone())
    }

    /// The call's last commands.
    pub fn end(&self) -> Vec<Command> {
        self.query.lists()
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
