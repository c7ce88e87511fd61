//! Commands on clients.

use bstr::{BString, ByteSlice};

use super::{Arg, Command};
use crate::{SessionId, Target};

/// `switch-client`: shows a session to a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchClient {
    /// `-c`: the client. Without it tmux would take the most recently active client of any session.
    pub client: BString,
    /// `-t`: the session; a window or pane becomes the current one there.
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

impl Command {
    /// `display-message`: shows a text in the status line of a client for a while.
    ///
    /// tmux expands formats in it, and then times (`%H`): both are escaped.
    pub fn show_message(client: BString, text: &[u8]) -> Self {
        let text = text.replace("%", "%%");
        Self::new("display-message")
            .option("-c", Arg::Plain(client))
            .operands([Arg::Literal(text.into())])
    }

    /// `detach-client`: one client leaves.
    pub fn detach_client(client: BString) -> Self {
        Self::new("detach-client").option("-t", Arg::Plain(client))
    }

    /// `detach-client -s`: all clients of a session leave.
    pub fn detach_session(session: SessionId) -> Self {
        Self::new("detach-client").source(session)
    }

    /// `refresh-client`: draws a client's terminal anew.
    ///
    /// There is no `-l` here: it ends servers below 3.6a that have a real terminal attached.
    pub fn refresh_client(client: BString) -> Self {
        Self::new("refresh-client").option("-t", Arg::Plain(client))
    }
}
