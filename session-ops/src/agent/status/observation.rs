//! What one look at an agent shows.

use std::path::PathBuf;
use std::time::Duration;

use tmux_core::PaneId;

use super::AgentStatus;
use crate::agent::registry::{self, Lookup};

/// How an agent is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// What it does.
    pub status: AgentStatus,
    /// What it waits for.
    pub waiting_for: Option<String>,
    /// Its process, while it runs.
    pub pid: Option<u32>,
    /// Its conversation, if its registry names it.
    pub conversation: Option<String>,
    /// The resident memory of it and all that descend from it, in bytes.
    pub memory_bytes: Option<u64>,
    /// Why it is unknown.
    pub why: Option<String>,
    /// Of an unknown one, what was last known, and how long ago.
    pub last_known: Option<(AgentStatus, Duration)>,
    /// How long its process has been running, in milliseconds.
    pub age_ms: Option<u64>,
    /// How old it was when it got into its registry, in milliseconds.
    pub start_ms: Option<u64>,
    /// How long its registry has said so, in milliseconds.
    pub since_ms: Option<u64>,
    /// Where its registry is, and its start time there.
    pub(super) registered: Option<(PathBuf, u64)>,
}

impl Observation {
    /// What its registry says in this moment; `None` if nothing is known by a registry. One small file is read.
    pub fn glance(&self, pane: PaneId) -> Option<AgentStatus> {
        let (config_dir, start_time) = self.registered.as_ref()?;
        let pid = self.pid?;
        Some(match registry::lookup(config_dir, pid) {
            Lookup::Found(entry) if entry.start_time == *start_time && entry.pane == Some(pane) => {
                Self::of_entry(&entry).status
            }
            _ => AgentStatus::Unknown,
        })
    }

    pub(super) fn of_entry(entry: &registry::Entry) -> Self {
        let pid = entry.pid;
        let observation = match entry.status.as_deref() {
            Some("busy") => Self::running(AgentStatus::Working, pid),
            Some("idle") => Self::running(AgentStatus::Idle, pid),
            Some("waiting") => {
                let what = entry.waiting_for.clone().unwrap_or_else(|| "an answer".to_owned());
                Self::waiting(pid, what)
            }
            // It registers before it knows.
            None => Self::running(AgentStatus::Starting, pid),
            Some(other) => Self::unknown(Some(pid), format!("its registry says {other:?}")),
        };
        Self {
            conversation: entry.conversation.clone(),
            ..observation
        }
    }

    pub(super) fn of(status: AgentStatus) -> Self {
        Self {
            status,
            waiting_for: None,
            pid: None,
            conversation: None,
            memory_bytes: None,
            why: None,
            last_known: None,
            age_ms: None,
            start_ms: None,
            since_ms: None,
            registered: None,
        }
    }

    pub(super) fn unknown(pid: Option<u32>, why: impl Into<String>) -> Self {
        Self {
            pid,
            why: Some(why.into()),
            ..Self::of(AgentStatus::Unknown)
        }
    }

    pub(super) fn waiting(pid: u32, what: impl Into<String>) -> Self {
        Self {
            pid: Some(pid),
            waiting_for: Some(what.into()),
            ..Self::of(AgentStatus::Waiting)
        }
    }

    pub(super) fn running(status: AgentStatus, pid: u32) -> Self {
        Self {
            pid: Some(pid),
            ..Self::of(status)
        }
    }
}
