//! What a server says of itself.

use crate::format::{DecodeError, RowFormat};
use crate::{Arg, Command, Generation, Version};

/// A server's generation and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// `#{pid}`.
    pub pid: u32,
    /// `#{start_time}`, seconds since 1970.
    pub start_time: i64,
    /// `#{version}`.
    pub version: Version,
}

impl ServerInfo {
    /// Which life of the server it is.
    pub fn generation(&self) -> Generation {
        Generation {
            pid: self.pid,
            start_time: self.start_time,
        }
    }
}

/// The question, and how its answer is read.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    row: RowFormat,
}

impl Default for Query {
    fn default() -> Self {
        Self {
            row: RowFormat::new(["pid", "start_time", "version"].as_slice()),
        }
    }
}

impl Query {
    pub(crate) fn command(&self) -> Command {
        Command::new("display-message")
            .flag("-p")
            .operands([Arg::Format(self.row.format().into())])
    }

    /// `None` if there is no such row.
    pub(crate) fn decode(&self, output: &[u8]) -> Result<Option<ServerInfo>, DecodeError> {
        let Some(row) = self.row.decode(output)?.pop() else {
            return Ok(None);
        };
        Ok(Some(ServerInfo {
            pid: row.number("pid")?,
            start_time: row.number("start_time")?,
            version: Version::parse(&row.bytes("version").to_string()),
        }))
    }
}
