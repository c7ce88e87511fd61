//! `tsm-recovery validate`.

use std::process::ExitCode;

use session_ops::validate::validate;
use session_ops::{Context, Error};

use super::detect::print;
use crate::output::Output;

pub(crate) fn run(context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let findings = validate(context)?;
    Ok(print(&findings, "everything is as the states say", output))
}
