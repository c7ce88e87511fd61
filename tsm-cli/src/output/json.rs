//! The documents of `--json`. Fields are only ever added within a schema number.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use session_ops::cleanup::{CleanupAction, CleanupOutcome};
use session_ops::clock::rfc3339;
use session_ops::describe::{AgentInfo, SessionInfo};
use session_ops::health::{Check, Report};
use session_ops::restore::{RestoreOutcome, Restored, RestoredPane};

/// The number that every document carries.
pub(crate) const SCHEMA: u32 = 1;

#[derive(Serialize)]
pub(crate) struct Document<T> {
    schema: u32,
    #[serde(flatten)]
    content: T,
}

impl<T> Document<T> {
    pub(crate) fn new(content: T) -> Self {
        Self {
            schema: SCHEMA,
            content,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Failure {
    pub(crate) error: FailureDetail,
}

#[derive(Serialize)]
pub(crate) struct FailureDetail {
    pub(crate) class: &'static str,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Actions {
    actions: Vec<OneAction>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Vec<String>>,
}

#[derive(Serialize)]
struct OneAction {
    kind: &'static str,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_bytes: Option<String>,
    done: bool,
    reason: String,
}

impl Actions {
    /// `plan` of a dry run.
    pub(crate) fn new(actions: Vec<CleanupAction>, plan: Option<Vec<String>>) -> Self {
        let action = |action: CleanupAction| OneAction {
            kind: action.kind.as_str(),
            subject: action.subject,
            subject_bytes: action.subject_bytes.map(|bytes| STANDARD.encode(bytes)),
            done: action.outcome == CleanupOutcome::Done,
            reason: action.reason,
        };
        Self {
            actions: actions.into_iter().map(action).collect(),
            plan,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Checks {
    status: &'static str,
    checks: Vec<OneCheck>,
}

#[derive(Serialize)]
struct OneCheck {
    name: String,
    status: &'static str,
    detail: String,
    remedy: Option<String>,
}

impl From<&Report> for Checks {
    fn from(report: &Report) -> Self {
        let check = |check: &Check| OneCheck {
            name: check.name.clone(),
            status: check.status.as_str(),
            detail: check.detail.clone(),
            remedy: check.remedy.clone(),
        };
        Self {
            status: report.status().as_str(),
            checks: report.checks.iter().map(check).collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Sessions {
    pub(crate) sessions: Vec<Session>,
}

#[derive(Serialize)]
pub(crate) struct OneSession {
    pub(crate) session: Session,
}

#[derive(Serialize)]
pub(crate) struct Session {
    name: String,
    project: Option<String>,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    attached: Option<bool>,
    clients: Option<u32>,
    windows: Option<usize>,
    panes: Option<usize>,
    created: Option<String>,
    activity: Option<String>,
    state: &'static str,
    agent: Option<Agent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<Template>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<String>,
}

#[derive(Serialize)]
struct Template {
    name: String,
    differs_from_config: bool,
}

#[derive(Serialize)]
struct Agent {
    kind: String,
    pid: Option<u32>,
    status: &'static str,
    waiting_for: Option<String>,
    memory_bytes: Option<u64>,
    conversation: Option<String>,
    pane: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    orphans: Option<Vec<u32>>,
}

#[derive(Serialize)]
pub(crate) struct Switched {
    pub(crate) project: String,
    pub(crate) session: String,
    pub(crate) created: bool,
    pub(crate) left: Option<String>,
    pub(crate) left_outcome: &'static str,
    pub(crate) detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<Vec<String>>,
}

#[derive(Serialize)]
pub(crate) struct Settings {
    settings: Vec<OneSetting>,
}

#[derive(Serialize)]
struct OneSetting {
    key: String,
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_bytes: Option<String>,
    from: Option<String>,
}

impl Settings {
    /// Key, value, and where it came from.
    pub(crate) fn new(settings: impl Iterator<Item = (String, OsString, Option<String>)>) -> Self {
        let one = |(key, value, from): (String, OsString, Option<String>)| {
            let (value, value_bytes) = path_text(Path::new(&value));
            OneSetting {
                key,
                value,
                value_bytes,
                from,
            }
        };
        Self {
            settings: settings.map(one).collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct Results {
    pub(crate) results: Vec<OneResult>,
}

#[derive(Serialize)]
pub(crate) struct OneResult {
    pub(crate) project: String,
    pub(crate) outcome: &'static str,
    pub(crate) detail: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct RestoredSessions {
    sessions: Vec<RestoredSession>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Vec<String>>,
}

#[derive(Serialize)]
struct RestoredSession {
    project: String,
    outcome: &'static str,
    detail: Option<String>,
    panes: Vec<Pane>,
}

#[derive(Serialize)]
struct Pane {
    window: u32,
    pane: usize,
    outcome: &'static str,
    detail: Option<String>,
}

impl From<SessionInfo> for Session {
    fn from(info: SessionInfo) -> Self {
        let (path, path_bytes) = path_text(&info.path);
        Self {
            name: info.name,
            project: info.project,
            path,
            path_bytes,
            attached: info.living.map(|living| living.clients > 0),
            clients: info.living.map(|living| living.clients),
            windows: info.living.map(|living| living.windows),
            panes: info.living.map(|living| living.panes),
            created: info.living.and_then(|living| rfc3339(living.created)),
            activity: info.living.and_then(|living| rfc3339(living.activity)),
            state: info.health.as_str(),
            agent: info.agent.map(Agent::from),
            template: info.template.map(|made| Template {
                name: made.name,
                differs_from_config: made.differs,
            }),
            server: info.server.map(|server| server.to_string_lossy().into_owned()),
        }
    }
}

impl From<AgentInfo> for Agent {
    fn from(info: AgentInfo) -> Self {
        Self {
            kind: info.kind,
            pid: info.pid,
            status: info.status.as_str(),
            waiting_for: info.waiting_for,
            memory_bytes: info.memory_bytes,
            conversation: info.conversation,
            pane: info.pane,
            orphans: info.orphans,
        }
    }
}

impl RestoredSessions {
    pub(crate) fn new(restored: Vec<Restored>, dry_run: bool) -> Self {
        let to_restore = restored
            .iter()
            .filter(|session| session.outcome == RestoreOutcome::Restored);
        let plan = dry_run.then(|| {
            to_restore
                .map(|session| format!("restore {}", session.project))
                .collect()
        });
        Self {
            sessions: restored.into_iter().map(RestoredSession::from).collect(),
            plan,
        }
    }
}

impl From<Restored> for RestoredSession {
    fn from(restored: Restored) -> Self {
        let (outcome, detail) = match restored.outcome {
            RestoreOutcome::Restored => ("restored", None),
            RestoreOutcome::AlreadyLive => ("already_live", None),
            RestoreOutcome::Skipped(why) => ("skipped", Some(why)),
            RestoreOutcome::Failed(why) => ("failed", Some(why)),
        };
        let panes = restored.panes.into_iter().map(Pane::from).collect();
        Self {
            project: restored.project,
            outcome,
            detail,
            panes,
        }
    }
}

impl From<RestoredPane> for Pane {
    fn from(pane: RestoredPane) -> Self {
        let outcome = match pane.differences.is_empty() {
            true => "restored",
            false if pane.offered => "offered",
            false if pane.started && pane.differences.len() == 1 => "restored",
            false => "changed",
        };
        let detail = (!pane.differences.is_empty()).then(|| pane.differences.join("; "));
        Self {
            window: pane.window,
            pane: pane.pane,
            outcome,
            detail,
        }
    }
}

/// A path's text, and its bytes in base64 if the text doesn't tell them.
pub(crate) fn path_text(path: &Path) -> (String, Option<String>) {
    match path.to_str() {
        Some(text) => (text.to_owned(), None),
        None => (
            path.to_string_lossy().into_owned(),
            Some(STANDARD.encode(path.as_os_str().as_bytes())),
        ),
    }
}
