//! `tsm-recovery backup`.

use std::process::ExitCode;

use session_ops::backup::{BackupRequest, back_up};
use session_ops::{Class, Context, Error};

use crate::args::Backup;
use crate::output::Output;
use crate::output::json::{BackedUp, Document};
use session_ops::error::with_causes;

pub(crate) fn run(args: Backup, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    // Every backup is self-contained so far, so `--full` asks for what is done anyway.
    let Backup {
        project,
        full: _,
        json: _,
    } = args;
    let request = BackupRequest {
        project: (project != "all").then_some(project),
    };
    let report = back_up(context, &request, &mut |event| output.event(event))?;
    let code = if report.skipped.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(Class::Partly.exit_code())
    };
    if output.is_json() {
        output.document(&Document::new(BackedUp::from(report)));
        return Ok(code);
    }
    for skipped in &report.skipped {
        output.message(&format!(
            "tsm-recovery: {} is not backed up: {}",
            skipped.project,
            with_causes(&skipped.error)
        ));
    }
    output.path(&report.file);
    Ok(code)
}
