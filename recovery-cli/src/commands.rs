//! One file for each verb: arguments to request, outcome to text or JSON.

mod backup;
mod list_backups;
mod restore;
mod verify;

use std::process::ExitCode;

use session_ops::{Context, Error};

use crate::args::Verb;
use crate::output::Output;

pub(crate) fn run(verb: Verb, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    match verb {
        Verb::Backup(args) => backup::run(args, context, output),
        Verb::ListBackups(_) => list_backups::run(context, output),
        Verb::Verify(args) => verify::run(&args, context, output),
        Verb::Restore(args) => restore::run(args, context, output),
    }
}
