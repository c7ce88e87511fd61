//! `tsm completions`: a script that asks tsm itself what can come next, so that projects are those of this moment.

use std::process::ExitCode;

use clap_complete::CompletionCandidate;
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};
use session_ops::config::Flags;
use session_ops::config::env::Environment;
use session_ops::live::Live;
use session_ops::{Context, Error};

use crate::args::{Completions, Shell};
use crate::output::Output;

/// The variable by which a shell asks. Not the usual `COMPLETE`: with that set to anything, nothing else would work.
pub(crate) const VARIABLE: &str = "TSM_COMPLETE";

pub(crate) fn run(args: Completions, output: &Output) -> Result<ExitCode, Error> {
    let shell: &dyn EnvCompleter = match args.shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    // By name: a later version in another place answers, too.
    shell
        .write_registration(VARIABLE, "tsm", "tsm", "tsm", &mut script)
        .map_err(Error::Generate)?;
    output.plain(&String::from_utf8_lossy(&script));
    Ok(ExitCode::SUCCESS)
}

/// The names of the projects. Whatever is wrong, completing is silent.
pub(crate) fn projects() -> Vec<CompletionCandidate> {
    let known = || -> Result<Vec<CompletionCandidate>, Error> {
        let context = Context::new(&Flags::default(), Environment::read(), None)?;
        let live = Live::with_snapshot(&context, None)?;
        let known = live.known_projects(&context);
        Ok(known
            .iter()
            .map(|(name, path)| CompletionCandidate::new(name).help(Some(path.display().to_string().into())))
            .collect())
    };
    known().unwrap_or_default()
}
