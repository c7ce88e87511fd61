//! `tsm restore`.

use std::process::ExitCode;

use session_ops::elsewhere::other_servers;
use session_ops::error::with_causes;
use session_ops::restore::{RestoreOutcome, RestoreRequest, Restored, restore};
use session_ops::selection::{ALL, is_glob};
use session_ops::{Context, Error, hooks};

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
    let mut restored = restore(context, &request, &mut |event| output.event(event))?;
    let (mut others, mut broken) = (Vec::new(), Vec::new());
    if request.projects.iter().all(|project| is_glob(project)) {
        // All that there is also is what projects have in servers of their own.
        for other in other_servers(context, request.projects.is_empty())? {
            match restore(&other, &request, &mut |event| output.event(event)) {
                Ok(there) => {
                    restored.extend(there);
                    others.push(other);
                }
                Err(error) => broken.push((other, error)),
            }
        }
        if restored.is_empty()
            && let Some((_, error)) = broken.pop()
        {
            return Err(error);
        }
    }
    for (other, error) in &broken {
        let server = other.server.socket_path().display();
        output.message(&format!("tsm: the tmux server at {server}: {}", with_causes(error)));
    }
    if let [only] = restored.as_slice() {
        context.about(&only.project);
    }
    let failed = restored
        .iter()
        .filter(|session| matches!(session.outcome, RestoreOutcome::Failed(_)))
        .count();
    let code = report::parts(restored.len() - failed, failed + broken.len());
    if output.is_json() {
        output.document(&Document::new(RestoredSessions::new(restored, args.dry_run)));
    } else if restored.is_empty() {
        output.sentence("nothing to restore");
        output.hint("a session that was ended comes back with `tsm restore PROJECT`; `tsm list --all` shows all");
    } else {
        restored.iter().for_each(|session| print(session, args.dry_run, output));
    }
    let told = &mut |event| output.event(event);
    for other in &others {
        hooks::on_failed_parts(other, "restore", told);
    }
    for (other, error) in &broken {
        hooks::on_error(other, "restore", None, error, told);
    }
    Ok(code)
}

fn print(session: &Restored, dry_run: bool, output: &Output) {
    let project = &session.project;
    match &session.outcome {
        RestoreOutcome::Restored if dry_run => output.sentence(&format!("{project} would be restored")),
        RestoreOutcome::Restored => output.sentence(&format!("{project} restored")),
        RestoreOutcome::AlreadyLive => output.sentence(&format!("{project} lives already")),
        RestoreOutcome::Skipped(why) => output.sentence(&format!("{project} skipped: {why}")),
        RestoreOutcome::Failed(why) => output.message(&format!("tsm: {project} failed: {why}")),
    }
    for pane in &session.panes {
        for difference in &pane.differences {
            output.sentence(&format!("  pane {}.{}: {difference}", pane.window, pane.pane));
        }
    }
}
