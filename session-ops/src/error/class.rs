//! The kinds of failure: exit codes, and names in JSON documents.

/// What kind of failure it is. The exit codes of both binaries, one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It didn't work: 1.
    Failed,
    /// The command line or the config is wrong: 2.
    Usage,
    /// There is no such thing: 3.
    NotFound,
    /// Somebody else is at it, and wasn't done in time: 4.
    Busy,
    /// tmux is missing, too old or doesn't answer: 5.
    TmuxUnavailable,
    /// A file is damaged: 6.
    Corrupt,
    /// A guard refused it: 7.
    Refused,
    /// A part of it worked: 8.
    Partly,
}

impl Class {
    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Busy => 4,
            Self::TmuxUnavailable => 5,
            Self::Corrupt => 6,
            Self::Refused => 7,
            Self::Partly => 8,
        }
    }

    /// The name in JSON documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Busy => "busy",
            Self::TmuxUnavailable => "tmux_unavailable",
            Self::Corrupt => "corrupt",
            Self::Refused => "refused",
            Self::Partly => "partly",
        }
    }
}
