//! The documents of `--json`. Fields are only ever added within a schema number.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use session_ops::backup::{Backup, BackupReport};
use session_ops::clock::rfc3339;
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
    plan: Option<Vec<String>>,
}

/// States have no panes to report; the field is there for those who read the documents of `tsm restore` too.
#[derive(Serialize)]
struct RestoredSession {
    project: String,
    outcome: &'static str,
    detail: Option<&'static str>,
    panes: [(); 0],
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
            project: skipped.project.clone(),
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
            RestoreAction::Unchanged => None,
        };
        let plan = restored
            .report
            .is_none()
            .then(|| restored.items.iter().filter_map(planned).collect());
        let before = restored.report.and_then(|report| report.pre_restore);
        let session = |(project, action)| {
            let (outcome, detail) = match action {
                RestoreAction::Create => ("restored", None),
                RestoreAction::Replace => ("restored", Some("over another state")),
                RestoreAction::Unchanged => ("skipped", Some("as in the backup")),
            };
            RestoredSession {
                project,
                outcome,
                detail,
                panes: [],
            }
        };
        Self {
            sessions: restored.items.into_iter().map(session).collect(),
            pre_restore: before.map(|before| before.file.to_string_lossy().into_owned()),
            plan,
        }
    }
}
