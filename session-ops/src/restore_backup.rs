//! Restoring from a backup. Needs no tmux, unless the sessions are wanted too; leaves live sessions alone.

use std::path::{Path, PathBuf};

use session_recovery::backup::{
    BackupError, Destinations, Kind, RestoreItem, RestorePlan, RestoreReport, RestoreRequest as ApplyRequest,
    RestoreSource, apply_restore, finish_restores, plan_restore, read_original, salvage, verify,
};
use session_recovery::ours;

use crate::backup::{backups, find, tool};
use crate::build::check_server;
use crate::context::Context;
use crate::elsewhere::by_server;
use crate::error::{Error, with_causes};
use crate::event::Events;
use crate::hooks;
use crate::live::Live;
use crate::restore::{self, RestoreOutcome, restore};
use crate::transcripts;

pub use session_recovery::backup::RestoreAction;

/// What to restore.
#[derive(Debug, Clone)]
pub struct RestoreRequest {
    /// The archive: a path, or the name of one in the directory of the backups.
    pub file: PathBuf,
    /// The projects; none means all that it holds.
    pub projects: Vec<String>,
    /// Bring the sessions back too.
    pub sessions: bool,
    /// Restore what is sound of a damaged backup.
    pub partial: bool,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What a restore did, or would do.
#[derive(Debug)]
pub struct Restored {
    /// Each project and what is done with its state, sorted.
    pub items: Vec<(String, RestoreAction)>,
    /// The other files and what is done with them, by their names in the backup.
    pub files: Vec<(String, RestoreAction)>,
    /// What was done; `None` if it was only planned.
    pub report: Option<RestoreReport>,
    /// What damage took: names of files, or of which nobody can tell what is missing.
    pub lost: Vec<String>,
    /// What is wrong with the backup, if only a part of it could be used.
    pub damage: Option<String>,
    /// What came of the sessions, or would, if they were asked for.
    pub sessions: Option<Vec<restore::Restored>>,
}

/// Restores states, their history, and conversations that are missing, after every byte of the backup was verified, and
/// that tmux can be asked if sessions are wanted. What is replaced is backed up first, and goes to the history of its
/// project. A dry run makes the same checks, and fails as the restore would.
///
/// # Errors
///
/// [`Error`]: no state was changed.
pub fn restore_backup(context: &Context, request: &RestoreRequest, events: Events<'_>) -> Result<Restored, Error> {
    let (source, damage) = open(&find(context, &request.file), request.partial)?;
    let lost = source.lost().to_vec();
    let projects = (!request.projects.is_empty()).then_some(request.projects.as_slice());
    let destinations = Destinations {
        states: &context.store,
        transcripts: transcripts::directory(context),
        config: Some(context.config.file.value.clone()),
    };
    if request.sessions {
        check_server(context)?;
        let _asked = Live::read(context)?;
    }
    if request.dry_run {
        let mut planned = planned(&plan_restore(source, projects, &destinations)?, lost, damage);
        if request.sessions {
            planned.sessions = Some(sessions(context, &planned.items)?);
        }
        return Ok(planned);
    }
    // Only now, because verifying may take its time. A restore that was cut off is finished before this one is planned.
    let operation = context.lock_operation("restore", events)?;
    let options = context.lock_options("restore");
    let store = context.store.lock(&options)?;
    finish_restores(context.store.dir())?;
    let plan = plan_restore(source, projects, &destinations)?;
    let mut restored = planned(&plan, lost, damage);
    let apply = ApplyRequest {
        backups: &backups(context),
        now: context.clock.now(),
        by: &tool(),
        lock: &options,
    };
    restored.report = Some(apply_restore(plan, &destinations, &store, &apply)?);
    drop(store);
    operation.release();
    if request.sessions {
        let projects = restored.items.iter().map(|(project, _)| project.clone()).collect();
        let mut sessions = Vec::new();
        for (other, projects) in by_server(context, projects)? {
            let request = restore::RestoreRequest {
                projects: projects.iter().map(Into::into).collect(),
                at: None,
                run: false,
                dry_run: false,
            };
            match restore(other.as_ref().unwrap_or(context), &request, events) {
                Ok(there) => sessions.extend(there),
                // The states are there by now, and so are the sessions of other servers.
                Err(error) => sessions.extend(failed(context, &projects, &error)),
            }
            if let Some(other) = other {
                hooks::on_failed_parts(&other, "restore", events);
            }
        }
        restored.sessions = Some(sessions);
    }
    Ok(restored)
}

/// What would come of the sessions, as far as it can be told before their states are there.
fn sessions(context: &Context, items: &[(String, RestoreAction)]) -> Result<Vec<restore::Restored>, Error> {
    let projects = items.iter().map(|(project, _)| project.clone()).collect();
    let mut sessions = Vec::new();
    for (other, projects) in by_server(context, projects)? {
        let live = match Live::read(other.as_ref().unwrap_or(context)) {
            Ok(live) => live,
            Err(error) => {
                sessions.extend(without(&projects, &RestoreOutcome::Failed(with_causes(&error))));
                continue;
            }
        };
        for project in &projects {
            let mut claims = live.sessions().iter().filter_map(ours::claim);
            let outcome = match claims.any(|(_, claimed)| claimed == *project) {
                true => RestoreOutcome::AlreadyLive,
                false => RestoreOutcome::Restored,
            };
            sessions.extend(without(std::slice::from_ref(project), &outcome));
        }
    }
    sessions.sort_by(|a, b| a.project.cmp(&b.project));
    Ok(sessions)
}

/// What comes of all projects of a server that can't be used.
fn failed(context: &Context, projects: &[String], error: &Error) -> impl Iterator<Item = restore::Restored> {
    let why = with_causes(error);
    for project in projects {
        context.account.failed(project, &why);
    }
    without(projects, &RestoreOutcome::Failed(why))
}

fn without(projects: &[String], outcome: &RestoreOutcome) -> impl Iterator<Item = restore::Restored> + use<> {
    let session = |project: &String| restore::Restored {
        project: project.clone(),
        outcome: outcome.clone(),
        panes: Vec::new(),
    };
    let sessions: Vec<restore::Restored> = projects.iter().map(session).collect();
    sessions.into_iter()
}

fn planned(plan: &RestorePlan, lost: Vec<String>, damage: Option<String>) -> Restored {
    let (items, files) = items(plan);
    Restored {
        items,
        files,
        report: None,
        lost,
        damage,
        sessions: None,
    }
}

/// The backup, and what is wrong with it if only a part of it can be used.
fn open(file: &Path, partial: bool) -> Result<(RestoreSource, Option<String>), Error> {
    let error = match verify(file) {
        Ok(verified) => return Ok((RestoreSource::Backup(verified), None)),
        Err(BackupError::Unsupported { .. }) => return Ok((RestoreSource::Original(read_original(file)?), None)),
        Err(error) => error,
    };
    if !partial || !matches!(error, BackupError::Damaged { .. }) {
        return Err(error.into());
    }
    let salvaged = salvage(file)?;
    Ok((RestoreSource::Salvaged(salvaged), Some(with_causes(&error))))
}

type Named = Vec<(String, RestoreAction)>;

fn items(plan: &RestorePlan) -> (Named, Named) {
    let (states, files): (Vec<&RestoreItem>, Vec<_>) = plan.items.iter().partition(|item| item.kind == Kind::State);
    let state = |item: &RestoreItem| (item.project.clone().unwrap_or_default(), item.action);
    (
        states.into_iter().map(state).collect(),
        files.into_iter().map(|item| (item.name.clone(), item.action)).collect(),
    )
}
