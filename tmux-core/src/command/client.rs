//! Commands on clients.

use bstr::BString;

use super::{Arg, Command};
use crate::Target;

/// `switch-client`: shows a session to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchClient {
    /// `-c`: the client. Without it tmux would take the most recently active client of any session.
    pub client: BString,
    /// `-t`: the session.
    pub session: Target,
}

impl SwitchClient {
    /// The command. `-E` keeps the session's environment as it is.
    pub fn command(self) -> Command {
        Command::new("switch-client")
            .flag("-E")
            .option("-c", Arg::Plain(self.client))
            .target(self.session)
    }
}
