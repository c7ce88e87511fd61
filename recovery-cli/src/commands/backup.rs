//! `tsm-recovery backup`.

use std::process::ExitCode;

use session_ops::backup::{BackupRequest, back_up};
use session_ops::{Class, Context, Error};

use crate::args::Backup;
use crate::output::Output;
use crate::output::json::{BackedUp, Document};
use session_ops::error::with_causes;

pub(crate) fn run(args: Backup, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let Backup { project, full, json: _ } = args;
    let request = BackupRequest {
        project: (project != "all").then_some(project),
        full,
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
            skipped.name,
            with_causes(&skipped.error)
        ));
    }
    for name in &report.changing {
        output.notice(&format!(
            "{name} is being written; it is in the backup as far as it was"
        ));
    }
    output.path(&report.file);
    Ok(code)
}
