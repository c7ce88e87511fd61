//! Which life of a server is meant.

use std::fmt;

/// One life of a server. Ids (`$1`, `@1`, `%1`) begin at 0 again in the next, so they mean nothing without it; neither
/// the socket's path nor its inode tells two lives apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Generation {
    /// `#{pid}`; at a socket also the peer's process.
    pub pid: u32,
    /// `#{start_time}`, seconds since 1970.
    pub start_time: i64,
}

impl Generation {
    /// A format that is true on this server only.
    pub(crate) fn condition(&self) -> String {
        format!("#{{==:#{{pid}}:#{{start_time}},{}:{}}}", self.pid, self.start_time)
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} since {}", self.pid, self.start_time)
    }
}
