//! `tsm-recovery cleanup-backups`.

use std::process::ExitCode;

use session_ops::cleanup_backups::{CleanupRequest, RetentionPolicy, cleanup_backups};
use session_ops::{Context, Error};

use crate::args::CleanupBackups;
use crate::output::Output;
use crate::output::json::{Actions, Document};

pub(crate) fn run(args: &CleanupBackups, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = CleanupRequest {
        policy: RetentionPolicy {
            last: args.keep_last,
            hourly: args.keep_hourly,
            daily: args.keep_daily,
            weekly: args.keep_weekly,
            monthly: args.keep_monthly,
            within_days: args.days,
        },
        dry_run: args.dry_run,
    };
    let cleaned_up = cleanup_backups(context, &request)?;
    if output.is_json() {
        output.document(&Document::new(Actions::new(&cleaned_up, args.dry_run)));
        return Ok(ExitCode::SUCCESS);
    }
    if cleaned_up.is_empty() {
        output.notice("there are no backups");
    }
    for backup in &cleaned_up {
        let done = match (backup.goes, backup.removed) {
            (true, true) => "removed",
            (true, false) => "would be removed",
            (false, _) => "kept",
        };
        output.sentence(&format!("{} {done}: {}", backup.name, backup.reason));
    }
    Ok(ExitCode::SUCCESS)
}
