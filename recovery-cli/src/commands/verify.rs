//! `tsm-recovery verify`.

use std::process::ExitCode;

use session_ops::backup::{Backup, verify_backups};
use session_ops::{Class, Context, Error};

use super::list_backups::print;
use crate::args::Verify;
use crate::output::Output;

pub(crate) fn run(args: &Verify, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let backups = verify_backups(context, &args.files)?;
    let code = code(&backups);
    print(backups, "yes", output);
    Ok(code)
}

fn code(backups: &[Backup]) -> ExitCode {
    if backups.iter().any(|backup| backup.verified == Some(false)) {
        ExitCode::from(Class::Corrupt.exit_code())
    } else if backups.iter().any(|backup| !backup.errors.is_empty()) {
        ExitCode::from(Class::Failed.exit_code())
    } else {
        ExitCode::SUCCESS
    }
}
