//! `tsm attach` and `tsm adopt`.

use std::process::ExitCode;

use session_ops::adopt::adopt as adopt_session;
use session_ops::attach::{AttachOutcome, attach};
use session_ops::{Context, Error};

use crate::args::OneProject;
use crate::commands::switch::attach_terminal;
use crate::output::Output;

pub(crate) fn run(args: OneProject, context: &Context, _output: &Output) -> Result<ExitCode, Error> {
    match attach(context, &args.project)? {
        AttachOutcome::Moved => Ok(ExitCode::SUCCESS),
        AttachOutcome::Attach(argv) => attach_terminal(context, &argv),
    }
}

pub(crate) fn adopt(args: OneProject, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let session = adopt_session(context, &args.project, &mut |event| output.event(event))?;
    output.sentence(&format!("{session} is tsm's"));
    Ok(ExitCode::SUCCESS)
}
