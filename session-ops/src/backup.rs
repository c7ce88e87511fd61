//! Backups of the saved states: making, listing and verifying them. None of it needs tmux.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use session_recovery::backup::{BackupError, BackupSet, Reason, list, verify};
use session_state::Notice;

use crate::context::{Context, VERSION};
use crate::error::{Class, Error};
use crate::event::{Event, Events};
use crate::paths::{hex_digest, resolve};

pub use session_recovery::backup::{Backup, BackupReport};

/// What to back up.
#[derive(Debug, Clone, Default)]
pub struct BackupRequest {
    /// The project; `None` means all that have a state.
    pub project: Option<String>,
}

/// Why a backup wasn't made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupFailure {
    /// What any verb can fail with.
    #[error(transparent)]
    Verb(#[from] Error),
    /// The backup.
    #[error(transparent)]
    Backup(BackupError),
}

impl From<BackupError> for BackupFailure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => Self::Verb(error.into()),
            BackupError::Lock(error) => Self::Verb(error.into()),
            BackupError::Replace(error) => Self::Verb(error.into()),
            error => Self::Backup(error),
        }
    }
}

impl BackupFailure {
    /// The class.
    pub fn class(&self) -> Class {
        match self {
            Self::Verb(error) => error.class(),
            Self::Backup(error) => class(error),
        }
    }

    /// What to do now, if there is more to say than the message does.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Verb(error) => return error.hint(),
            Self::Backup(BackupError::Damaged { .. }) => "`tsm-recovery list-backups` shows the others",
            Self::Backup(BackupError::NoSuchProject { .. }) => "`tsm-recovery list-backups` shows what each holds",
            Self::Backup(BackupError::Nothing { damaged: 0, .. }) => "`tsm save` makes states",
            Self::Backup(BackupError::NewerFormat { .. }) => "use the tsm that wrote it, or a newer one",
            Self::Backup(BackupError::Changed { .. }) => "run it again",
            Self::Backup(BackupError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                "`tsm-recovery list-backups` shows those that there are"
            }
            Self::Backup(_) => return None,
        };
        Some(hint.to_owned())
    }
}

fn class(error: &BackupError) -> Class {
    match error {
        BackupError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => Class::NotFound,
        BackupError::NoSuchProject { .. } | BackupError::Nothing { damaged: 0, .. } => Class::NotFound,
        BackupError::Damaged { .. } | BackupError::Nothing { .. } => Class::Corrupt,
        BackupError::NewerFormat { .. } => Class::Refused,
        BackupError::Partly { .. } => Class::Partly,
        _ => Class::Failed,
    }
}

/// Backs up the saved states as they are. Sessions are not saved before.
///
/// # Errors
///
/// [`BackupFailure`]; what is wrong with single states is in the report.
pub fn back_up(context: &Context, request: &BackupRequest, events: Events<'_>) -> Result<BackupReport, BackupFailure> {
    let projects = request.project.as_ref().map(|project| vec![project.clone()]);
    let report = backups(context).create(&session_recovery::backup::BackupRequest {
        states: &context.store,
        projects: projects.as_deref(),
        reason: Reason::Manual,
        now: context.clock.now(),
        by: &tool(),
        lock: &context.lock_options("backup"),
    })?;
    for (project, notice) in &report.notices {
        let notice = match notice {
            Notice::FellBack { seq, .. } => format!("its file is damaged; #{seq} of its history is backed up"),
            Notice::Edited => "its file was edited or damaged, but can be read".to_owned(),
            Notice::OriginalScript | Notice::NewerVersion(_) => continue,
        };
        events(Event::StateNotice {
            project: project.clone(),
            notice,
        });
    }
    Ok(report)
}

/// The backups, newest first. Reads no archive that has a sidecar.
///
/// # Errors
///
/// [`BackupFailure::Backup`] if the directory can't be read.
pub fn list_backups(context: &Context) -> Result<Vec<Backup>, BackupFailure> {
    Ok(list(&context.config.backup_dir.value)?)
}

/// Reads every byte of these backups, or of all that there are. Damage is in their `errors`.
///
/// # Errors
///
/// [`BackupFailure::Backup`] if a named file isn't there or is no backup that can be read.
pub fn verify_backups(context: &Context, files: &[PathBuf]) -> Result<Vec<Backup>, BackupFailure> {
    if !files.is_empty() {
        return files
            .iter()
            .map(|file| Ok(verify_named(&find(context, file))?))
            .collect();
    }
    let mut backups = list_backups(context)?;
    for backup in backups.iter_mut().filter(|backup| backup.errors.is_empty()) {
        match verify(&backup.file) {
            Ok(_) => backup.verified = Some(true),
            Err(error) => {
                backup.verified = Some(false);
                backup.errors.push(error);
            }
        }
    }
    Ok(backups)
}

fn verify_named(file: &Path) -> Result<Backup, BackupError> {
    let (created, bytes, projects, error) = match verify(file) {
        Ok(found) => (
            Some(found.manifest.created),
            found.bytes,
            found.manifest.projects(),
            None,
        ),
        Err(error @ BackupError::Damaged { .. }) => {
            let bytes = std::fs::metadata(file).map_or(0, |metadata| metadata.len());
            (None, bytes, Vec::new(), Some(error))
        }
        Err(error) => return Err(error),
    };
    Ok(Backup {
        file: file.to_owned(),
        created,
        bytes,
        projects,
        verified: Some(error.is_none()),
        errors: error.into_iter().collect(),
    })
}

/// A file as the user names it: a path, or the mere name of one in the directory of the backups.
pub(crate) fn find(context: &Context, file: &Path) -> PathBuf {
    let is_name = file.components().count() == 1 && !file.exists();
    if is_name {
        context.config.backup_dir.value.join(file)
    } else {
        file.to_owned()
    }
}

/// The configured directory of backups.
pub(crate) fn backups(context: &Context) -> BackupSet {
    let dir = &context.config.backup_dir.value;
    let key = hex_digest(resolve(dir, &context.environment).as_os_str().as_bytes(), 8);
    let locks = context.state_home.directory().join("locks");
    BackupSet::open(dir, &locks.join(format!("backups-{key}")))
}

/// The program that manifests name.
pub(crate) fn tool() -> String {
    format!("tsm {VERSION}")
}
