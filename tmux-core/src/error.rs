//! What can go wrong between us and a tmux server.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::BatchError;
use crate::format::DecodeError;
use crate::layout::LayoutFault;
use crate::transport::direct::message::WireError;

/// A call of tmux that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The tmux program isn't there.
    #[error("there is no tmux program {}", binary.display())]
    BinaryMissing {
        /// What was looked for.
        binary: PathBuf,
    },
    /// The program can't be started.
    #[error("the tmux program {} can't be started", binary.display())]
    BinaryUnusable {
        /// What was started.
        binary: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// tmux is older than [`Version::FLOOR`](crate::Version::FLOOR).
    #[error("tmux {found} is too old, {} or newer is needed", crate::Version::FLOOR)]
    TooOld {
        /// The version that was found.
        found: String,
    },
    /// No server listens on the socket.
    #[error("no tmux server on {}", socket.display())]
    NoServer {
        /// The socket.
        socket: PathBuf,
    },
    /// The server isn't the one the ids came from.
    #[error("the tmux server on {} was restarted", socket.display())]
    ServerRestarted {
        /// The socket.
        socket: PathBuf,
    },
    /// The session, window, pane or client isn't there (any more).
    #[error("tmux: {text}")]
    NotFound {
        /// tmux's own words.
        text: String,
    },
    /// There is a session of that name, or a window of that index.
    #[error("tmux: {text}")]
    Exists {
        /// tmux's own words.
        text: String,
    },
    /// A pane is too small to be split.
    #[error("tmux: {text}")]
    NoSpace {
        /// tmux's own words.
        text: String,
    },
    /// The pane is in copy mode or another mode, where keys don't reach its program. Nothing was typed.
    #[error("the pane is in a mode, where keys don't reach its program")]
    InMode,
    /// Client and server are of versions that don't understand each other.
    #[error("tmux's client and server are of different versions: {text}")]
    VersionSkew {
        /// tmux's own words.
        text: String,
    },
    /// The server belongs to somebody else.
    #[error("tmux: {text}")]
    AccessDenied {
        /// tmux's own words.
        text: String,
    },
    /// tmux refused the command for another reason.
    #[error("tmux refused `{command}`: {text}")]
    Refused {
        /// The first command of the call.
        command: String,
        /// tmux's own words.
        text: String,
    },
    /// No answer within the time limit. Whether a change happened is unknown.
    #[error("tmux on {} didn't answer within {limit:?}{}", socket.display(), skew_text(skew.as_ref()))]
    TimedOut {
        /// The socket.
        socket: PathBuf,
        /// The limit.
        limit: Duration,
        /// The versions of the `tmux` program and of the server, if the program didn't answer and they differ: some pairs
        /// don't understand each other.
        skew: Option<(String, String)>,
    },
    /// The connection broke after the command went out. Whether a change happened is unknown.
    #[error("the tmux server on {} went away during the call", socket.display())]
    ServerLost {
        /// The socket.
        socket: PathBuf,
        /// The server's process, where it is known.
        server_pid: Option<u32>,
    },
    /// What listens on the socket doesn't speak as a tmux server does.
    #[error("what listens on {} doesn't speak as a tmux server does", socket.display())]
    Protocol {
        /// The socket.
        socket: PathBuf,
        /// The bytes that were wrong.
        source: WireError,
    },
    /// A command that could wedge a control client, or whose answer can't be told apart there. Nothing was sent.
    #[error("tmux's {command} doesn't go over a control client")]
    NotOverControl {
        /// The command.
        command: String,
    },
    /// A command that could end the server. Nothing was sent.
    #[error("tmux's {command} is refused: {why}")]
    Deadly {
        /// The command.
        command: &'static str,
        /// What it would do.
        why: &'static str,
    },
    /// A single command longer than tmux takes. Nothing was sent.
    #[error("the command is longer than tmux takes")]
    TooLong,
    /// More output than is read (32 MiB).
    #[error("tmux's output is longer than {limit} bytes")]
    TooMuchOutput {
        /// The limit.
        limit: usize,
    },
    /// Talking to the tmux program failed.
    #[error("talking to tmux failed")]
    Io(#[source] io::Error),
    /// The answer isn't of the form that was asked for.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A command of a batch failed.
    #[error(transparent)]
    Batch(Box<BatchError>),
    /// A directory that isn't there; tmux would take another one without a word.
    #[error("there is no directory {}", path.display())]
    NoDirectory {
        /// The directory.
        path: PathBuf,
    },
    /// An entry for a hook that doesn't contain the mark by which it would be known.
    #[error("the command doesn't contain {mark:?}")]
    NoMark {
        /// The mark.
        mark: String,
    },
    /// An empty name for a session: only some versions refuse it.
    #[error("a session needs a name")]
    EmptyName,
    /// A layout that must not be given to tmux.
    #[error("the layout is refused: {0}")]
    Layout(#[from] LayoutFault),
    /// An argument that no tmux command can carry: it contains a NUL byte.
    #[error("an argument of tmux's {command} contains a NUL byte")]
    NulByte {
        /// The command.
        command: String,
    },
}

fn skew_text(skew: Option<&(String, String)>) -> String {
    match skew {
        Some((client, server)) => format!(" (the client is {client}, the server {server})"),
        None => String::new(),
    }
}

impl Error {
    pub(crate) fn timed_out(socket: &Path, limit: Duration) -> Self {
        Self::TimedOut {
            socket: socket.to_owned(),
            limit,
            skew: None,
        }
    }

    /// Whether there is no server to talk to (any more).
    pub fn is_no_server(&self) -> bool {
        matches!(self, Self::NoServer { .. })
    }

    /// Whether the commands went out and it isn't known what became of them. Such a call is never repeated by this crate
    /// unless it only reads; list, and decide.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(
            self,
            Self::TimedOut { .. }
                | Self::ServerLost { .. }
                | Self::TooMuchOutput { .. }
                | Self::Protocol { .. }
                | Self::Io(_)
        )
    }

    /// Whether tmux as a whole is out of reach, whatever was asked of it.
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::BinaryMissing { .. }
                | Self::BinaryUnusable { .. }
                | Self::TooOld { .. }
                | Self::NoServer { .. }
                | Self::ServerRestarted { .. }
                | Self::VersionSkew { .. }
                | Self::AccessDenied { .. }
                | Self::TimedOut { .. }
                | Self::ServerLost { .. }
                | Self::Protocol { .. }
                | Self::Io(_)
        )
    }
}
