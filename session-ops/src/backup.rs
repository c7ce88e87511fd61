//! Backups of the saved states: making, listing and verifying them. None of it needs tmux.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use session_recovery::backup::retention::RetentionError;
use session_recovery::backup::{BackupError, BackupSet, CONFIG, Extra, Reason, list, read_original, verify};
use session_state::SessionState;

use crate::context::{Context, VERSION};
use crate::error::{Class, Error, with_causes};
use crate::event::{Event, Events};
use crate::hooks::{self, Occasion};
use crate::paths::{hex_digest, resolve};
use crate::{state, transcripts};

pub use session_recovery::backup::{Backup, BackupReport, Progress};

/// What to back up.
#[derive(Debug, Clone, Default)]
pub struct BackupRequest {
    /// The project; `None` means all that have a state.
    pub project: Option<String>,
    /// Refer to no earlier backup. That of a single project never does.
    pub full: bool,
}

impl From<BackupError> for Error {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => error.into(),
            BackupError::Lock(error) => error.into(),
            BackupError::Replace(error) => error.into(),
            error => Self::Backup(error),
        }
    }
}

/// What to do about an error of the backups.
pub(crate) fn hint(error: &BackupError) -> Option<&'static str> {
    match error {
        BackupError::Damaged { .. } => {
            Some("`tsm-recovery list-backups` shows the others; `restore --partial` restores what is sound of it")
        }
        BackupError::NoSuchProject { .. } => Some("`tsm-recovery list-backups` shows what each holds"),
        BackupError::Nothing { damaged: 0, .. } => Some("`tsm save` makes states"),
        BackupError::NewerFormat { .. } => Some("use the tsm that wrote it, or a newer one"),
        BackupError::Changed { .. } => Some("run it again"),
        BackupError::Retention(RetentionError::Empty) => Some("say what to keep: DAYS above 0, or --keep-last N"),
        BackupError::Retention(RetentionError::ClockWentBack { .. }) => {
            Some("set the clock; nothing is removed while it shows a time before that of the last backup")
        }
        BackupError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            Some("`tsm-recovery list-backups` shows those that there are")
        }
        _ => None,
    }
}

/// The class of an error of the backups.
pub(crate) fn class(error: &BackupError) -> Class {
    match error {
        BackupError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => Class::NotFound,
        BackupError::NoSuchProject { .. } | BackupError::Nothing { damaged: 0, .. } => Class::NotFound,
        BackupError::Damaged { .. } | BackupError::NothingSound { .. } | BackupError::Nothing { .. } => Class::Corrupt,
        BackupError::Retention(RetentionError::Empty) => Class::Usage,
        BackupError::NewerFormat { .. } | BackupError::Refused { .. } | BackupError::Retention(_) => Class::Refused,
        _ => Class::Failed,
    }
}

/// Backs up the saved states as they are, their history, scrollback, the configuration, and the conversations of their
/// agents. Sessions are not saved before.
///
/// # Errors
///
/// [`Error`]; what is wrong with single files is in the report.
pub fn back_up(context: &Context, request: &BackupRequest, events: Events<'_>) -> Result<BackupReport, Error> {
    let reason = Reason::Manual;
    let report = back_up_because(context, request, reason, events);
    if let Err(error) = &report {
        let occasion = Occasion {
            verb: "backup".to_owned(),
            project: request.project.clone(),
            notice: Some("backup_failed"),
            error: Some(with_causes(error)),
            ..Occasion::default()
        };
        hooks::notify(context, &occasion);
    }
    report
}

pub(crate) fn back_up_because(
    context: &Context,
    request: &BackupRequest,
    reason: Reason,
    events: Events<'_>,
) -> Result<BackupReport, Error> {
    let projects = request.project.as_ref().map(|project| vec![project.clone()]);
    let extra = extra(context, request.project.as_deref())?;
    let request = session_recovery::backup::BackupRequest {
        states: &context.store,
        projects: projects.as_deref(),
        extra: &extra,
        full: request.full || request.project.is_some(),
        reason,
        now: context.clock.now(),
        by: &tool(),
        lock: &context.lock_options("backup"),
    };
    let report = backups(context).create(&request, &mut |progress| events(Event::BackupProgress(progress)))?;
    for (project, notice) in &report.notices {
        state::tell(project, Some(notice), events);
    }
    Ok(report)
}

/// What belongs into a backup beside the states.
fn extra(context: &Context, project: Option<&str>) -> Result<Vec<Extra>, Error> {
    let loaded = context
        .store
        .load_all()?
        .into_iter()
        .filter_map(|(_, loaded)| loaded.ok());
    let records: Vec<SessionState> = loaded
        .map(|loaded| loaded.state)
        .filter(|record| project.is_none_or(|project| record.project == project))
        .collect();
    let mut extra = transcripts::files(context, records.iter());
    if project.is_none() && context.config.file.value.is_file() {
        extra.push(Extra {
            name: CONFIG.to_owned(),
            path: context.config.file.value.clone(),
        });
    }
    Ok(extra)
}

/// The backups, newest first. Reads no archive that has a sidecar.
///
/// # Errors
///
/// [`Error::Backup`] if the directory can't be read.
pub fn list_backups(context: &Context) -> Result<Vec<Backup>, Error> {
    Ok(list(&context.config.backup_dir.value)?)
}

/// Reads every byte of these backups, or of all that there are. Damage is in their `errors`.
///
/// # Errors
///
/// [`Error::Backup`] if a named file isn't there or is no backup that can be read.
pub fn verify_backups(context: &Context, files: &[PathBuf]) -> Result<Vec<Backup>, Error> {
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
    let bytes_of = |file: &Path| std::fs::metadata(file).map_or(0, |metadata| metadata.len());
    let (created, bytes, projects, error) = match verify(file) {
        Err(BackupError::Unsupported { .. }) => match read_original(file) {
            Ok(original) => {
                let projects = original
                    .files
                    .iter()
                    .filter_map(|file| file.project().map(str::to_owned));
                (None, bytes_of(file), projects.collect(), None)
            }
            Err(error) => (None, bytes_of(file), Vec::new(), Some(error)),
        },
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
        seq: None,
        refers_to: Vec::new(),
        renamed: false,
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
