//! One file for each verb: arguments to request, outcome to text or JSON.

mod backup;
mod cleanup_backups;
pub(crate) mod completions;
mod detect;
mod emergency;
mod list_backups;
pub(crate) mod man;
mod restore;
mod unit;
mod validate;
mod verify;

use std::process::ExitCode;

use session_ops::{Context, Error};

use crate::args::Verb;
use crate::output::{self, Output};

pub(crate) fn run(verb: Verb, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    match verb {
        Verb::Backup(args) => backup::run(args, context, output),
        Verb::ListBackups(_) => list_backups::run(context, output),
        Verb::Verify(args) => verify::run(&args, context, output),
        Verb::Restore(args) => restore::run(args, context, output),
        Verb::Detect(_) => detect::run(context, output),
        Verb::Emergency(args) => emergency::run(&args, context, output),
        Verb::Validate(_) => validate::run(context, output),
        Verb::CleanupBackups(args) => cleanup_backups::run(&args, context, output),
        Verb::Unit => unit::run(context, output),
        // These need no context.
        Verb::Completions(_) | Verb::Man(_) => Ok(output::help()),
    }
}
