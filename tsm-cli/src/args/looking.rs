//! Arguments of the verbs that only look.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as ClapArgs;
use clap_complete::ArgValueCandidates;

use crate::commands::completions::projects;

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    /// Also projects without a session, and sessions that aren't tsm's
    #[arg(long)]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Status {
    /// Names of projects, globs or directories [default: the session one is in]
    #[arg(value_name = "PROJECT", add = ArgValueCandidates::new(projects))]
    pub(crate) projects: Vec<OsString>,
    /// All projects, with a session or without
    #[arg(long, conflicts_with_all = ["projects", "tmux"])]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "tmux")]
    pub(crate) json: bool,
    /// Print a short coloured line for tmux's status-right: #(tsm status --tmux '#{@tsm_project}')
    #[arg(long)]
    pub(crate) tmux: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Dashboard {
    /// Print it once
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WhereAmI {
    /// The directory [default: the working directory]
    #[arg(long, value_name = "DIR", conflicts_with = "hook")]
    pub(crate) dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// As a hook of Claude Code: read its JSON from standard input, and stop it (exit 2) in another project's directory
    #[arg(long, conflicts_with_all = ["json", "prompt"])]
    pub(crate) hook: bool,
    /// For a shell's prompt: print SESSION!=DIRECTORY where the projects differ, else nothing; exit status 0
    #[arg(long, conflicts_with = "json")]
    pub(crate) prompt: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Health {
    /// Print JSON
    #[arg(long, conflicts_with = "metrics")]
    pub(crate) json: bool,
    /// Print figures as OpenMetrics text
    #[arg(long)]
    pub(crate) metrics: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Logs {
    /// Go on with what comes
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Lines to begin with
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub(crate) lines: usize,
}
