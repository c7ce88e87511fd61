//! The documents of `--json`. Fields are only ever added within a schema number.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use session_ops::backup::{Backup, BackupReport};
use session_ops::cleanup_backups::CleanedUp;
use session_ops::clock::rfc3339;
use session_ops::detect::Finding;
use session_ops::emergency::{Recovered, RecoveredProject};
use session_ops::restore::{RestoreOutcome, Restored as Session, RestoredPane};
use session_ops::restore_backup::{RestoreAction, Restored};

use session_ops::error::with_causes;

/// The number that every document carries.
const SCHEMA: u32 = 1;

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
pub(crate) struct BackedUp {
    #[serde(flatten)]
    file: File,
    bytes: u64,
    projects: Vec<String>,
    files: usize,
    reused_files: usize,
    skipped: Vec<Skipped>,
}

#[derive(Serialize)]
struct Skipped {
    project: String,
    detail: String,
}

#[derive(Serialize)]
pub(crate) struct Backups {
    backups: Vec<OneBackup>,
}

#[derive(Serialize)]
struct OneBackup {
    #[serde(flatten)]
    file: File,
    created: Option<String>,
    bytes: u64,
    projects: Vec<String>,
    verified: Option<bool>,
    errors: Vec<String>,
}

#[derive(Serialize)]
pub(crate) struct RestoredSessions {
    sessions: Vec<RestoredSession>,
    pre_restore: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_restore_bytes: Option<String>,
    /// The other files that were restored, by their names in the backup.
    files: Vec<String>,
    /// What damage took.
    lost: Vec<String>,
    damage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Vec<String>>,
}

/// Panes are reported of sessions that were brought back.
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

#[derive(Serialize)]
pub(crate) struct Findings {
    findings: Vec<OneFinding>,
}

#[derive(Serialize)]
struct OneFinding {
    kind: &'static str,
    subject: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject_bytes: Option<String>,
    detail: String,
    remedy: String,
}

#[derive(Serialize)]
pub(crate) struct RecoveredProjects {
    results: Vec<OneResult>,
    steps: Vec<String>,
    findings: Vec<OneFinding>,
    /// Why the tmux server wasn't restarted.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureDetail>,
}

#[derive(Serialize)]
struct OneResult {
    project: String,
    outcome: &'static str,
    detail: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Actions {
    actions: Vec<Action>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Vec<String>>,
}

#[derive(Serialize)]
struct Action {
    kind: &'static str,
    subject: String,
    done: bool,
    reason: String,
}

impl From<&[Finding]> for Findings {
    fn from(findings: &[Finding]) -> Self {
        Self {
            findings: findings.iter().map(OneFinding::from).collect(),
        }
    }
}

impl From<&Finding> for OneFinding {
    fn from(finding: &Finding) -> Self {
        Self {
            kind: finding.kind.as_str(),
            subject: finding.subject.clone(),
            subject_bytes: finding.subject_bytes.as_ref().map(|bytes| STANDARD.encode(bytes)),
            detail: finding.detail.clone(),
            remedy: finding.remedy.clone(),
        }
    }
}

impl From<&session_ops::Error> for FailureDetail {
    fn from(error: &session_ops::Error) -> Self {
        Self {
            class: error.class().name(),
            message: with_causes(error),
            hint: error.hint(),
        }
    }
}

impl RecoveredProjects {
    pub(crate) fn new(recovered: Recovered, error: Option<FailureDetail>) -> Self {
        let result = |project: RecoveredProject| OneResult {
            project: project.project,
            outcome: project.outcome,
            detail: project.detail,
        };
        Self {
            results: recovered.projects.into_iter().map(result).collect(),
            steps: recovered.steps,
            findings: recovered.findings.iter().map(OneFinding::from).collect(),
            error,
        }
    }
}

impl Actions {
    pub(crate) fn new(backups: &[CleanedUp], dry_run: bool) -> Self {
        let action = |backup: &CleanedUp| Action {
            kind: if backup.goes { "remove" } else { "keep" },
            subject: backup.name.clone(),
            done: backup.removed,
            reason: backup.reason.clone(),
        };
        let goes = backups.iter().filter(|backup| backup.goes);
        Self {
            actions: backups.iter().map(action).collect(),
            plan: dry_run.then(|| goes.map(|backup| format!("remove {}", backup.name)).collect()),
        }
    }
}

impl From<&RestoredPane> for Pane {
    fn from(pane: &RestoredPane) -> Self {
        let outcome = match (pane.started, pane.offered) {
            (true, _) => "started",
            (_, true) => "offered",
            _ if pane.differences.is_empty() => "restored",
            _ => "changed",
        };
        Self {
            window: pane.window,
            pane: pane.pane,
            outcome,
            detail: (!pane.differences.is_empty()).then(|| pane.differences.join("; ")),
        }
    }
}

/// A path's text, and its bytes in base64 if the text doesn't tell them.
#[derive(Serialize)]
struct File {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_bytes: Option<String>,
}

impl From<&Path> for File {
    fn from(path: &Path) -> Self {
        let bytes = path
            .to_str()
            .is_none()
            .then(|| STANDARD.encode(path.as_os_str().as_bytes()));
        Self {
            file: path.to_string_lossy().into_owned(),
            file_bytes: bytes,
        }
    }
}

impl From<BackupReport> for BackedUp {
    fn from(report: BackupReport) -> Self {
        let skipped = report.skipped.iter().map(|skipped| Skipped {
            project: skipped.name.clone(),
            detail: with_causes(&skipped.error),
        });
        Self {
            skipped: skipped.collect(),
            file: File::from(report.file.as_path()),
            bytes: report.bytes,
            projects: report.projects,
            files: report.files,
            reused_files: report.reused_files,
        }
    }
}

impl From<Vec<Backup>> for Backups {
    fn from(backups: Vec<Backup>) -> Self {
        let one = |backup: Backup| OneBackup {
            file: File::from(backup.file.as_path()),
            created: backup.created.and_then(rfc3339),
            bytes: backup.bytes,
            projects: backup.projects,
            verified: backup.verified,
            errors: backup.errors.iter().map(|error| with_causes(error)).collect(),
        };
        Self {
            backups: backups.into_iter().map(one).collect(),
        }
    }
}

impl From<Restored> for RestoredSessions {
    fn from(restored: Restored) -> Self {
        let planned = |(project, action): &(String, RestoreAction)| match action {
            RestoreAction::Create => Some(format!("create {project}")),
            RestoreAction::Replace => Some(format!("replace {project}")),
            RestoreAction::Unchanged | RestoreAction::Kept => None,
        };
        let live = restored.sessions.unwrap_or_default();
        let back = |session: &Session| {
            let is_planned = session.outcome == RestoreOutcome::Restored;
            is_planned.then(|| format!("bring the session of {} back", session.project))
        };
        let plan = restored.report.is_none().then(|| {
            let states = restored.items.iter().filter_map(planned);
            states.chain(live.iter().filter_map(back)).collect()
        });
        let before = restored.report.and_then(|report| report.pre_restore);
        let (pre_restore, pre_restore_bytes) = match before.map(|before| File::from(before.file.as_path())) {
            Some(before) => (Some(before.file), before.file_bytes),
            None => (None, None),
        };
        let session = |(project, action): (String, RestoreAction)| {
            let (mut outcome, mut detail) = match action {
                RestoreAction::Create => ("restored", None),
                RestoreAction::Replace => ("restored", Some("over another state".to_owned())),
                RestoreAction::Unchanged | RestoreAction::Kept => ("skipped", Some("as in the backup".to_owned())),
            };
            let mut panes = Vec::new();
            if let Some(live) = live.iter().find(|live| live.project == project) {
                (outcome, detail) = match &live.outcome {
                    RestoreOutcome::Restored => ("restored", detail),
                    RestoreOutcome::AlreadyLive => ("already_live", detail),
                    RestoreOutcome::Skipped(why) => ("skipped", Some(why.clone())),
                    RestoreOutcome::Failed(why) => ("failed", Some(why.clone())),
                };
                panes = live.panes.iter().map(Pane::from).collect();
            }
            RestoredSession {
                project,
                outcome,
                detail,
                panes,
            }
        };
        let done = |(name, action): &(String, RestoreAction)| {
            matches!(action, RestoreAction::Create | RestoreAction::Replace).then(|| name.clone())
        };
        Self {
            files: restored.files.iter().filter_map(done).collect(),
            lost: restored.lost,
            damage: restored.damage,
            sessions: restored.items.into_iter().map(session).collect(),
            pre_restore,
            pre_restore_bytes,
            plan,
        }
    }
}
