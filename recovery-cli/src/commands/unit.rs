//! `tsm-recovery unit`.

use std::process::ExitCode;

use session_ops::unit::unit;
use session_ops::{Context, Error};

use crate::output::Output;

pub(crate) fn run(context: &Context, output: &Output) -> Result<ExitCode, Error> {
    unit(context)?.lines().for_each(|line| output.line(line));
    Ok(ExitCode::SUCCESS)
}
