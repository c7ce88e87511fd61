//! Arguments of the verbs that save and bring back.

use std::ffi::OsString;

use clap::{Args as ClapArgs, Subcommand};
use clap_complete::ArgValueCandidates;

use crate::commands::completions::projects;

#[derive(Debug, ClapArgs)]
pub(crate) struct State {
    /// A project's name or a directory
    #[arg(add = ArgValueCandidates::new(projects))]
    pub(crate) project: OsString,
    /// Print JSON
    #[arg(long, conflicts_with = "shell")]
    pub(crate) json: bool,
    /// Print assignments that are safe for `eval`
    #[arg(long)]
    pub(crate) shell: bool,
    /// List the earlier states
    #[arg(long, conflicts_with_all = ["shell", "at"])]
    pub(crate) history: bool,
    /// The state of then: `#41`, `2 hours ago`, a date, a time or seconds since 1970
    #[arg(long, value_name = "WHEN", value_parser = crate::when::when)]
    pub(crate) at: Option<crate::when::When>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Save {
    /// Names of projects, globs or directories [default: all sessions of tsm's]
    #[arg(value_name = "PROJECT", add = ArgValueCandidates::new(projects))]
    pub(crate) projects: Vec<OsString>,
    /// All sessions of tsm's, which is the default
    #[arg(long, conflicts_with = "projects")]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Restore {
    /// Names of projects, globs or directories [default: those that were live in a server that is gone]
    #[arg(value_name = "PROJECT", add = ArgValueCandidates::new(projects))]
    pub(crate) projects: Vec<OsString>,
    /// All projects that have a saved state, also those that were ended
    #[arg(long, conflicts_with_all = ["projects", "at"])]
    pub(crate) all: bool,
    /// The state of then: `#41`, `2 hours ago`, a date, a time or seconds since 1970
    #[arg(long, value_name = "WHEN", value_parser = crate::when::when, requires = "projects")]
    pub(crate) at: Option<crate::when::When>,
    /// Also start the programs that ran
    #[arg(long)]
    pub(crate) run: bool,
    /// Only tell what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Cleanup {
    /// Only tell what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Autosave {
    #[command(subcommand)]
    pub(crate) what: AutosaveWhat,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum AutosaveWhat {
    /// Put the hooks into the server
    On,
    /// Take them out again, and no others
    Off,
    /// Show what saves by itself
    Status,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Watch {
    /// Print a systemd user unit that does it
    #[arg(long)]
    pub(crate) unit: bool,
}
