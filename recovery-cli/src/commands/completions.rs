//! `tsm-recovery completions`: a script that asks tsm-recovery itself what can come next.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap_complete::CompletionCandidate;
use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};
use session_ops::backup::list_backups;
use session_ops::config::Flags;
use session_ops::config::env::Environment;
use session_ops::live::Live;
use session_ops::{Context, Error};

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

/// The projects that have a state. Whatever is wrong, completing is silent.
pub(crate) fn projects() -> Vec<CompletionCandidate> {
    let recorded = || -> Result<Vec<String>, Error> {
        let live = Live::with_snapshot(&context()?, None)?;
        Ok(live.recorded_projects().map(str::to_owned).collect())
    };
    let all = std::iter::once("all".to_owned());
    candidates(all.chain(recorded().unwrap_or_default()))
}

/// The projects that a backup holds.
pub(crate) fn backed_up() -> Vec<CompletionCandidate> {
    let held = || -> Result<BTreeSet<String>, Error> {
        let backups = list_backups(&context()?)?;
        Ok(backups.into_iter().flat_map(|backup| backup.projects).collect())
    };
    candidates(held().unwrap_or_default())
}

fn context() -> Result<Context, Error> {
    Context::new(&Flags::default(), Environment::read(), None)
}

fn candidates(names: impl IntoIterator<Item = String>) -> Vec<CompletionCandidate> {
    names.into_iter().map(CompletionCandidate::new).collect()
}
