//! `tsm cleanup`.

use std::process::ExitCode;

use session_ops::cleanup::{CleanupAction, CleanupOutcome, CleanupRequest, cleanup};
use session_ops::detect::FindingKind;
use session_ops::{Context, Error};

use crate::args::Cleanup;
use crate::output::Output;
use crate::output::json::{Actions, Document};
use crate::report;

pub(crate) fn run(args: &Cleanup, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = CleanupRequest { dry_run: args.dry_run };
    let actions = cleanup(context, request, &mut |event| output.event(event))?;
    let count = |wanted| actions.iter().filter(|action| action.outcome == wanted).count();
    let code = report::parts(count(CleanupOutcome::Done), count(CleanupOutcome::Failed));
    if output.is_json() {
        let plan = args.dry_run.then(|| plan(&actions));
        output.document(&Document::new(Actions::new(actions, plan)));
        return Ok(code);
    }
    if actions.is_empty() {
        output.notice("there is nothing to clean up");
    }
    for action in &actions {
        let (verb, subject, reason) = (done(action.kind), &action.subject, &action.reason);
        output.sentence(&match action.outcome {
            CleanupOutcome::Done => format!("{subject} {verb}: {reason}"),
            CleanupOutcome::Planned => format!("{subject} would be {verb}: {reason}"),
            CleanupOutcome::Kept => format!("{subject} kept: {reason}"),
            CleanupOutcome::Failed => format!("{subject} couldn't be {verb}: {reason}"),
        });
    }
    Ok(code)
}

fn plan(actions: &[CleanupAction]) -> Vec<String> {
    let planned = actions
        .iter()
        .filter(|action| action.outcome == CleanupOutcome::Planned);
    planned
        .map(|action| format!("{} is {}", action.subject, done(action.kind)))
        .collect()
}

fn done(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::SessionEmpty | FindingKind::ProcessOrphaned | FindingKind::ProcessZombie => "ended",
        FindingKind::PaneDead => "closed",
        FindingKind::LockCrashed => "cleared",
        _ => "removed",
    }
}
