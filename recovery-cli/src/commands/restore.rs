//! `tsm-recovery restore`.

use std::process::ExitCode;

use session_ops::restore_backup::{RestoreAction, RestoreRequest, restore_backup};
use session_ops::{Context, Error};

use crate::args::Restore;
use crate::output::Output;
use crate::output::json::{Document, RestoredSessions};

pub(crate) fn run(args: Restore, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = RestoreRequest {
        file: args.file,
        projects: args.projects,
        dry_run: args.dry_run,
    };
    let restored = restore_backup(context, &request, &mut |event| output.event(event))?;
    if output.is_json() {
        output.document(&Document::new(RestoredSessions::from(restored)));
        return Ok(ExitCode::SUCCESS);
    }
    for (project, action) in &restored.items {
        let done = match (action, args.dry_run) {
            (RestoreAction::Unchanged, _) => "is as in the backup",
            (RestoreAction::Create, true) => "would be restored",
            (RestoreAction::Replace, true) => "would be restored over another state",
            (RestoreAction::Create, false) => "restored",
            (RestoreAction::Replace, false) => "restored over another state",
        };
        output.line(&format!("{project} {done}"));
    }
    if let Some(before) = restored.report.and_then(|report| report.pre_restore) {
        output.message(&format!(
            "tsm-recovery: what was replaced is in {}",
            before.file.display()
        ));
    }
    Ok(ExitCode::SUCCESS)
}
