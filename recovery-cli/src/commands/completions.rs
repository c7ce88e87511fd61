//! `tsm-recovery completions`: a script that asks tsm-recovery itself what can come next.

use std::process::ExitCode;

use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};
use session_ops::Error;

use crate::args::{Completions, Shell};
use crate::output::Output;

/// The variable by which a shell asks. Not the usual `COMPLETE`: with that set to anything, nothing else would work.
pub(crate) const VARIABLE: &str = "TSM_COMPLETE";

pub(crate) fn run(args: &Completions, output: &Output) -> Result<ExitCode, Error> {
    let shell: &dyn EnvCompleter = match args.shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    // By name: a later version in another place answers, too.
    shell
        .write_registration(VARIABLE, "tsm-recovery", "tsm-recovery", "tsm-recovery", &mut script)
        .map_err(Error::Generate)?;
    output.plain(&String::from_utf8_lossy(&script));
    Ok(ExitCode::SUCCESS)
}
