//! `tsm restore`.

use std::process::ExitCode;

use session_ops::restore::{RestoreOutcome, RestoreRequest, Restored, restore};
use session_ops::selection::ALL;
use session_ops::{Context, Error};

use crate::args::Restore;
use crate::output::Output;
use crate::output::json::{Document, RestoredSessions};
use crate::report;

pub(crate) fn run(args: Restore, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = RestoreRequest {
        projects: match args.all {
            true => vec![ALL.into()],
            false => args.projects,
        },
        at: args.at.map(|when| when.at(context.clock.now())),
        run: args.run,
        dry_run: args.dry_run,
    };
    let restored = restore(context, &request, &mut |event| output.event(event))?;
    let failed = restored
        .iter()
        .filter(|session| matches!(session.outcome, RestoreOutcome::Failed(_)))
        .count();
    let code = report::parts(restored.len() - failed, failed);
    if output.is_json() {
        output.document(&Document::new(RestoredSessions::new(restored, args.dry_run)));
    } else if restored.is_empty() {
        output.line("nothing to restore");
    } else {
        restored.iter().for_each(|session| print(session, args.dry_run, output));
    }
    Ok(code)
}

fn print(session: &Restored, dry_run: bool, output: &Output) {
    let project = &session.project;
    match &session.outcome {
        RestoreOutcome::Restored if dry_run => output.line(&format!("{project} would be restored")),
        RestoreOutcome::Restored => output.line(&format!("{project} restored")),
        RestoreOutcome::AlreadyLive => output.line(&format!("{project} lives already")),
        RestoreOutcome::Skipped(why) => output.line(&format!("{project} skipped: {why}")),
        RestoreOutcome::Failed(why) => output.message(&format!("tsm: {project} failed: {why}")),
    }
    for pane in &session.panes {
        for difference in &pane.differences {
            output.line(&format!("  pane {}.{}: {difference}", pane.window, pane.pane));
        }
    }
}
