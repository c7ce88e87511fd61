//! Where the files of one session's agent lie: `agents/ID.toml`, its record, and `agents/ID/`, all else.

use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::log::{Log, LogOptions};

/// The files of one session's agent; `ID` is the session's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentHome {
    record: PathBuf,
    log: LogOptions,
}

impl AgentHome {
    /// Those beside this record.
    pub fn of_record(record: &Path) -> Self {
        Self {
            record: record.to_owned(),
            log: LogOptions::default(),
        }
    }

    /// The same, where the log is kept in this way.
    #[must_use]
    pub fn logging(self, log: LogOptions) -> Self {
        Self { log, ..self }
    }

    /// The session's id.
    pub fn session(&self) -> &str {
        self.record.file_stem().and_then(|id| id.to_str()).unwrap_or_default()
    }

    /// Which process it is.
    pub fn record(&self) -> &Path {
        &self.record
    }

    /// The directory of everything else; 0700.
    pub fn directory(&self) -> PathBuf {
        self.record.with_extension("")
    }

    /// The settings that the agent is given.
    pub fn settings(&self) -> PathBuf {
        self.directory().join("settings.json")
    }

    /// What its hooks reported since it was started.
    pub fn events(&self) -> PathBuf {
        self.directory().join("events.jsonl")
    }

    /// Which conversation it is in.
    pub fn binding(&self) -> PathBuf {
        self.directory().join("binding.toml")
    }

    /// The log, in which every change of its conversation is told.
    pub(crate) fn log(&self, clock: Clock) -> Log {
        Log::at(self.state_home().join("tsm.log"), self.log, clock)
    }

    /// The directory that holds all of tsm's own: the log, the locks and the leases.
    pub fn state_home(&self) -> &Path {
        self.record.parent().and_then(Path::parent).unwrap_or(Path::new("/"))
    }
}

/// When a file was written last, in seconds since 1970; `None` if there is none.
pub(crate) fn modified(path: &Path) -> Option<i64> {
    use std::os::unix::fs::MetadataExt;
    Some(std::fs::symlink_metadata(path).ok()?.mtime())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_told_by_the_record() {
        let home = AgentHome::of_record(Path::new("/s/tsm/agents/ab12.toml"));
        assert_eq!(home.session(), "ab12");
        assert_eq!(home.events(), Path::new("/s/tsm/agents/ab12/events.jsonl"));
        assert_eq!(home.state_home(), Path::new("/s/tsm"));
    }
}
