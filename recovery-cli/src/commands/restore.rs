//! `tsm-recovery restore`.

use std::process::ExitCode;

use session_ops::restore::{RestoreOutcome, Restored as Session};
use session_ops::restore_backup::{RestoreAction, RestoreRequest, Restored, restore_backup};
use session_ops::{Class, Context, Error};

use crate::args::Restore;
use crate::output::Output;
use crate::output::json::{Document, RestoredSessions};

pub(crate) fn run(args: Restore, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = RestoreRequest {
        file: args.file,
        projects: args.projects,
        sessions: args.sessions,
        partial: args.partial,
        dry_run: args.dry_run,
    };
    let restored = restore_backup(context, &request, &mut |event| output.event(event))?;
    let code = code(&restored);
    if output.is_json() {
        output.document(&Document::new(RestoredSessions::from(restored)));
        return Ok(code);
    }
    if let Some(damage) = &restored.damage {
        let done = if args.dry_run { "would be" } else { "is" };
        output.message(&format!("tsm-recovery: {damage}; the sound part {done} restored"));
    }
    for name in &restored.lost {
        output.message(&format!("tsm-recovery: {name} is lost"));
    }
    for (project, action) in &restored.items {
        let done = match (action, args.dry_run) {
            (RestoreAction::Unchanged | RestoreAction::Kept, _) => "is as in the backup",
            (RestoreAction::Create, true) => "would be restored",
            (RestoreAction::Replace, true) => "would be restored over another state",
            (RestoreAction::Create, false) => "restored",
            (RestoreAction::Replace, false) => "restored over another state",
        };
        output.sentence(&format!("{project} {done}"));
    }
    let others = |action| restored.files.iter().filter(|(_, done)| *done == action).count();
    match (
        others(RestoreAction::Create) + others(RestoreAction::Replace),
        args.dry_run,
    ) {
        (0, _) => {}
        (count, true) => output.sentence(&format!("{count} other files would be restored")),
        (count, false) => output.sentence(&format!("{count} other files restored")),
    }
    for session in restored.sessions.iter().flatten() {
        match &session.outcome {
            RestoreOutcome::Restored if args.dry_run => {
                output.sentence(&format!("the session of {} would be brought back", session.project));
            }
            RestoreOutcome::Restored => output.sentence(&format!("the session of {} is back", session.project)),
            RestoreOutcome::AlreadyLive => output.sentence(&format!("the session of {} lives", session.project)),
            RestoreOutcome::Skipped(why) | RestoreOutcome::Failed(why) => {
                output.message(&format!("tsm-recovery: no session of {}: {why}", session.project));
            }
        }
    }
    if let Some(before) = restored.report.and_then(|report| report.pre_restore) {
        output.notice(&format!("what was replaced is in {}", before.file.display()));
    }
    Ok(code)
}

/// A part of it worked: what was damaged is lost, or a session isn't back.
fn code(restored: &Restored) -> ExitCode {
    let failed = |session: &Session| matches!(session.outcome, RestoreOutcome::Failed(_));
    if restored.damage.is_some() || restored.sessions.iter().flatten().any(failed) {
        ExitCode::from(Class::Partly.exit_code())
    } else {
        ExitCode::SUCCESS
    }
}
