//! What an agent's pane records of its agent, so that other processes know which process it is.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use session_lock::ProcessIdentity;
use session_lock::replace::{create_private_dir, replace_file, sweep_leftovers};
use session_state::Agent;

use crate::context::Context;
use crate::error::Error;

const MAX_BYTES: u64 = 64 * 1024;

/// The record of an agent's pane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// Which agent.
    pub kind: String,
    /// Its conversation.
    pub conversation: Option<String>,
    /// Its process id.
    pub pid: u32,
    /// Its start time in ticks.
    pub start_time: u64,
    /// The boot it ran in.
    pub boot_id: String,
    /// The process that runs the pane and waits for the agent.
    pub pane_pid: u32,
    /// How it ended, as a shell counts; absent while it runs.
    pub exit_status: Option<i32>,
    /// The agent's directory, if it is Claude Code: which account it runs under.
    #[serde(default)]
    pub config_dir: Option<PathBuf>,
    /// The pane it runs in, such as `%3`.
    #[serde(default)]
    pub pane: Option<String>,
    /// The directory of the session's state.
    #[serde(default)]
    pub state_dir: Option<PathBuf>,
    /// The socket of the session's server.
    #[serde(default)]
    pub server: Option<PathBuf>,
}

impl AgentRecord {
    /// The agent's process.
    pub fn process(&self) -> ProcessIdentity {
        ProcessIdentity {
            pid: self.pid,
            start_time: self.start_time,
            boot_id: self.boot_id.clone(),
        }
    }

    /// The agent as states keep it.
    pub fn agent(&self) -> Agent {
        Agent {
            kind: self.kind.clone(),
            conversation: self.conversation.clone(),
            process: Some(self.process()),
        }
    }

    /// Writes the record.
    ///
    /// # Errors
    ///
    /// [`Error::Replace`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        if let Some(directory) = path.parent() {
            create_private_dir(directory)?;
        }
        // Plain values always serialise.
        let text = toml::to_string(self).unwrap_or_default();
        Ok(replace_file(path, text.as_bytes())?)
    }

    /// Reads the record; `None` if there is none that can be read.
    pub fn read(path: &Path) -> Option<Self> {
        let mut text = String::new();
        let _length = fs::File::open(path)
            .ok()?
            .take(MAX_BYTES)
            .read_to_string(&mut text)
            .ok()?;
        toml::from_str(&text).ok()
    }
}

/// Takes away what panes left that were killed while they wrote their records: a session may end in that very moment.
pub(crate) fn sweep(context: &Context) -> Result<(), Error> {
    let directory = context.state_home.agents();
    if directory.exists() {
        sweep_leftovers(&directory)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_wrote() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("agents/x.toml");
        let record = AgentRecord {
            kind: "claude".to_owned(),
            conversation: None,
            pid: 42,
            start_time: 7,
            boot_id: "b".to_owned(),
            pane_pid: 41,
            exit_status: Some(130),
            config_dir: Some("/h/.claude".into()),
            pane: Some("%3".to_owned()),
            state_dir: Some("/h/states".into()),
            server: None,
        };
        assert_eq!(AgentRecord::read(&path), None);
        record.write(&path).expect("written");
        assert_eq!(AgentRecord::read(&path), Some(record));
    }
}
