//! What is broken, and why: the records against the live server and the kernel. Looks, and changes nothing.

mod files;
pub(crate) mod processes;
pub(crate) mod server;
mod sessions;

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use session_recovery::process_table::ProcessTable;

use crate::context::Context;
use crate::error::Error;
use crate::live::Live;

pub use server::ServerCondition;

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// The tmux server listens no longer, although it runs: its socket was deleted.
    SocketDeleted,
    /// The tmux server doesn't answer.
    ServerHung,
    /// Client and server of tmux are of versions that don't understand each other.
    VersionSkew,
    /// tmux can't be asked at all.
    TmuxUnavailable,
    /// A session that was live is gone.
    SessionLost,
    /// All panes of a session are dead.
    SessionEmpty,
    /// The program of a pane has ended.
    PaneDead,
    /// The agent of a session has ended.
    AgentExited,
    /// A process has ended, and its parent doesn't ask how.
    ProcessZombie,
    /// A process waits for a device or a file system, and no signal reaches it.
    ProcessUninterruptible,
    /// A process that an agent left behind.
    ProcessOrphaned,
    /// Whoever held a lock crashed.
    LockCrashed,
    /// A lock is held for longer than anybody waits for it.
    LockHeld,
    /// A state can't be used.
    StateCorrupt,
    /// What a killed run left.
    Leftover,
    /// A socket that nobody listens on.
    SocketStale,
    /// A session isn't as its state says.
    SessionDiffers,
    /// A backup is damaged.
    BackupDamaged,
    /// There is no sound backup of a project.
    BackupMissing,
}

impl FindingKind {
    /// The word in JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SocketDeleted => "socket_deleted",
            Self::ServerHung => "server_hung",
            Self::VersionSkew => "version_skew",
            Self::TmuxUnavailable => "tmux_unavailable",
            Self::SessionLost => "session_lost",
            Self::SessionEmpty => "session_empty",
            Self::PaneDead => "pane_dead",
            Self::AgentExited => "agent_exited",
            Self::ProcessZombie => "process_zombie",
            Self::ProcessUninterruptible => "process_uninterruptible",
            Self::ProcessOrphaned => "process_orphaned",
            Self::LockCrashed => "lock_crashed",
            Self::LockHeld => "lock_held",
            Self::StateCorrupt => "state_corrupt",
            Self::Leftover => "leftover",
            Self::SocketStale => "socket_stale",
            Self::SessionDiffers => "session_differs",
            Self::BackupDamaged => "backup_damaged",
            Self::BackupMissing => "backup_missing",
        }
    }
}

/// Something that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// Of what: a project, a process, a file.
    pub subject: String,
    /// Its bytes, where the text doesn't tell them.
    pub subject_bytes: Option<Vec<u8>>,
    /// Why.
    pub detail: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    pub(crate) fn new(
        kind: FindingKind,
        subject: impl Into<Subject>,
        detail: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let subject = subject.into();
        Self {
            kind,
            subject: subject.text,
            subject_bytes: subject.bytes,
            detail: detail.into(),
            remedy: remedy.into(),
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) text: String,
    pub(crate) bytes: Option<Vec<u8>>,
}

impl From<String> for Subject {
    fn from(text: String) -> Self {
        Self { text, bytes: None }
    }
}

impl From<&str> for Subject {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<&String> for Subject {
    fn from(text: &String) -> Self {
        text.clone().into()
    }
}

impl From<&Path> for Subject {
    fn from(path: &Path) -> Self {
        Self {
            text: path.display().to_string(),
            bytes: path.to_str().is_none().then(|| path.as_os_str().as_bytes().to_vec()),
        }
    }
}

impl From<Finding> for Subject {
    fn from(finding: Finding) -> Self {
        Self {
            text: finding.subject,
            bytes: finding.subject_bytes,
        }
    }
}

/// Everything that is broken, in the order of its kinds. tmux is asked with a time limit; that it doesn't answer is a
/// finding, not an error.
///
/// # Errors
///
/// [`Error::Store`] if the directory of the states can't be read.
pub fn detect(context: &Context) -> Result<Vec<Finding>, Error> {
    let (findings, _live) = look(context)?;
    Ok(findings)
}

/// As [`detect`], with what was looked at.
pub(crate) fn look(context: &Context) -> Result<(Vec<Finding>, Live), Error> {
    let condition = server::condition(context)?;
    let live = Live::with_snapshot(context, condition.snapshot().cloned())?;
    let mut findings = server::findings(context, &condition);
    findings.extend(sessions::findings(context, &live, &condition));
    findings.extend(processes::findings(context, &live, &ProcessTable::read()));
    findings.extend(files::findings(context)?);
    findings.sort_by(|one, other| (one.kind, &one.subject).cmp(&(other.kind, &other.subject)));
    Ok((findings, live))
}

pub(crate) use files::{findings as files_findings, locks as files_locks};
pub(crate) use processes::{agent_records, living_panes, orphans, zombies};
