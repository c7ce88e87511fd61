//! States that can't be used: each is taken from the newest backup that has it.

use session_recovery::backup::{
    BackupError, Destinations, RestoreRequest, RestoreSource, apply_restore, finish_restores, list, plan_restore,
    salvage, verify,
};
use session_state::StoreError;

use super::Outcomes;
use crate::backup::{backups, tool};
use crate::context::Context;
use crate::error::Error;

/// Finishes what restores that were cut off had begun, and sweeps what killed runs left.
pub(super) fn tidy(context: &Context, steps: &mut Vec<String>) -> Result<(), Error> {
    let _swept_by_locking = context.store.lock(&context.lock_options("emergency"))?;
    let finished = finish_restores(context.store.dir())?;
    if finished > 0 {
        steps.push("finished a restore that was cut off".to_owned());
    }
    Ok(())
}

/// The projects whose states can't be used, not even from their history.
pub(super) fn corrupt(context: &Context) -> Result<Vec<String>, Error> {
    let all = context.store.load_all()?.into_iter();
    let corrupt = all.filter(|(_, loaded)| matches!(loaded, Err(StoreError::Corrupt { .. })));
    Ok(corrupt.map(|(project, _)| project).collect())
}

pub(super) fn bring_back(context: &Context, corrupt: &[String], steps: &mut Vec<String>) -> Result<Outcomes, Error> {
    let mut outcomes = Outcomes::new();
    for project in corrupt {
        match from_backups(context, project)? {
            Some(file) => {
                steps.push(format!("the state of {project} was damaged; restored from {file}"));
                let why = format!("its state is that of {file}");
                outcomes.insert(project.clone(), ("skipped", Some(why)));
            }
            None => {
                let why = "its state is damaged, and no backup holds another".to_owned();
                outcomes.insert(project.clone(), ("lost", Some(why)));
            }
        }
    }
    Ok(outcomes)
}

/// The name of the backup from which the state came; of a damaged one the sound part will do.
fn from_backups(context: &Context, project: &str) -> Result<Option<String>, Error> {
    for backup in list(&context.config.backup_dir.value)? {
        if !backup.projects.iter().any(|held| held == project) {
            continue;
        }
        let source = match verify(&backup.file) {
            Ok(verified) => RestoreSource::Backup(verified),
            Err(_) => match salvage(&backup.file) {
                Ok(salvaged) => RestoreSource::Salvaged(salvaged),
                Err(_) => continue,
            },
        };
        match restore_one(context, project, source) {
            Ok(()) => return Ok(Some(backup.file.display().to_string())),
            Err(BackupError::Damaged { .. } | BackupError::NoSuchProject { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

fn restore_one(context: &Context, project: &str, source: RestoreSource) -> Result<(), BackupError> {
    let destinations = Destinations {
        states: &context.store,
        transcripts: crate::transcripts::directory(context),
        config: None,
    };
    let plan = plan_restore(source, Some(&[project.to_owned()]), &destinations)?;
    let options = context.lock_options("emergency");
    let store = context.store.lock(&options)?;
    let request = RestoreRequest {
        backups: &backups(context),
        now: context.clock.now(),
        by: &tool(),
        lock: &options,
    };
    apply_restore(plan, &destinations, &store, &request).map(|_report| ())
}
