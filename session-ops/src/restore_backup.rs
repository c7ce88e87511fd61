//! Restoring saved states from a backup. Needs no tmux, and leaves live sessions alone.

use std::path::PathBuf;

use session_recovery::backup::{
    RestoreItem, RestorePlan, RestoreReport, RestoreRequest as ApplyRequest, apply_restore, plan_restore, verify,
};

use crate::backup::{backups, find, tool};
use crate::context::Context;
use crate::error::Error;
use crate::event::Events;

pub use session_recovery::backup::RestoreAction;

/// What to restore.
#[derive(Debug, Clone)]
pub struct RestoreRequest {
    /// The archive: a path, or the name of one in the directory of the backups.
    pub file: PathBuf,
    /// The projects; none means all that it holds.
    pub projects: Vec<String>,
    /// Only say what would be done.
    pub dry_run: bool,
}

/// What a restore did, or would do.
#[derive(Debug)]
pub struct Restored {
    /// Each project and what is done with its state, sorted.
    pub items: Vec<(String, RestoreAction)>,
    /// What was done; `None` if it was only planned.
    pub report: Option<RestoreReport>,
}

/// Restores states, after every byte of the backup was verified. What is replaced is backed up first, and goes to the
/// history of its project.
///
/// # Errors
///
/// [`Error`]: nothing was changed, unless its class is [`crate::Class::Partly`].
pub fn restore_backup(context: &Context, request: &RestoreRequest, events: Events<'_>) -> Result<Restored, Error> {
    let verified = verify(&find(context, &request.file))?;
    let projects = (!request.projects.is_empty()).then_some(request.projects.as_slice());
    let plan = plan_restore(verified, projects, &context.store)?;
    let items = items(&plan);
    if request.dry_run {
        return Ok(Restored { items, report: None });
    }
    let _operation = context.lock_operation("restore", events)?;
    let options = context.lock_options("restore");
    let store = context.store.lock(&options)?;
    let apply = ApplyRequest {
        backups: &backups(context),
        now: context.clock.now(),
        by: &tool(),
        lock: &options,
    };
    let report = apply_restore(plan, &store, &apply)?;
    Ok(Restored {
        items,
        report: Some(report),
    })
}

fn items(plan: &RestorePlan) -> Vec<(String, RestoreAction)> {
    let pair = |item: &RestoreItem| (item.project.clone(), item.action);
    plan.items.iter().map(pair).collect()
}
