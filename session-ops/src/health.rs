//! Whether everything that tsm needs is there and in order, with a remedy for what isn't. Looks, and changes nothing.

mod agents;
mod autosave;
mod backups;
mod exposition;
mod machine;
mod projects;
mod states;
mod storage;
mod systemd;
mod tmux;

use crate::context::Context;
use crate::detect::{ServerCondition, server};
use crate::error::Error;
use crate::live::Live;

pub use exposition::families;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// In order.
    Ok,
    /// It works, and won't under some circumstances.
    Warning,
    /// It doesn't work.
    Error,
}

impl Status {
    /// The word in JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What was looked at, and how it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub status: Status,
    /// How it is, in words.
    pub detail: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Check {
    fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            status: Status::Ok,
            detail: detail.into(),
            remedy: None,
        }
    }

    fn warning(name: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            status: Status::Warning,
            remedy: Some(remedy.into()),
            ..Self::ok(name, detail)
        }
    }

    fn error(name: impl Into<String>, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            status: Status::Error,
            ..Self::warning(name, detail, remedy)
        }
    }
}

/// All checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// In the order in which one thing needs another.
    pub checks: Vec<Check>,
}

impl Report {
    /// The worst of all.
    pub fn status(&self) -> Status {
        self.checks.iter().map(|check| check.status).max().unwrap_or(Status::Ok)
    }

    /// How many are of a status.
    pub fn count(&self, status: Status) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }
}

/// What the checks look at, asked for once.
struct Scene<'a> {
    context: &'a Context,
    condition: ServerCondition,
    live: Live,
    machine: machine::Machine,
}

/// Every check. One looks at one thing, and gives a line for each of its kind.
const CHECKS: &[fn(&Scene<'_>) -> Vec<Check>] = &[
    tmux::binary,
    tmux::faults,
    tmux::server,
    tmux::versions,
    systemd::socket,
    systemd::logout,
    agents::binary,
    agents::root,
    agents::transcripts,
    projects::directories,
    states::directory,
    states::corrupt,
    states::lost,
    states::age,
    storage::temporary,
    storage::disk,
    storage::log,
    states::lock,
    machine::locale,
    backups::newest,
    autosave::running,
];

/// Looks at everything.
///
/// # Errors
///
/// [`Error::Store`] if the directory of the states can't be read at all.
pub fn health(context: &Context) -> Result<Report, Error> {
    let condition = server::condition(context)?;
    let live = Live::with_snapshot(context, condition.snapshot().cloned())?;
    let scene = Scene {
        context,
        condition,
        live,
        machine: machine::Machine::of(&context.environment),
    };
    let checks = CHECKS.iter().flat_map(|check| check(&scene)).collect();
    Ok(Report { checks })
}

/// `1 session`, `2 sessions`.
fn number(count: usize, of: &str) -> String {
    if count == 1 {
        format!("1 {of}")
    } else {
        format!("{count} {of}s")
    }
}
