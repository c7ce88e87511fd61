//! Arguments of the verbs around the config and the shell.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;

use crate::commands::completions::projects;

#[derive(Debug, ClapArgs)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) what: ConfigWhat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(crate) enum ConfigWhat {
    /// Print the path of the config file
    Path,
    /// Check the config file
    Check,
    /// Print the effective configuration and where each value came from
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a JSON Schema of the config file, for editors
    Schema,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Hooks {
    #[command(subcommand)]
    pub(crate) what: HooksWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HooksWhat {
    /// List them: what runs when, as a program with arguments (argv) or as a line for `sh -c` (shell)
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run the hooks of an event as if it happened, and print what they print
    ///
    /// Exit status 0 if all succeeded, 1 if one failed, 3 if there is none.
    Test {
        /// pre_switch, post_switch, pre_save, post_save, pre_kill, post_create, error or notify
        #[arg(value_parser = hook_event)]
        event: session_ops::hooks::HookEvent,
        /// The project that it happens to [default: none in particular]
        #[arg(long, value_name = "PROJECT", add = ArgValueCandidates::new(projects))]
        project: Option<OsString>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Man {
    /// Where to write the pages [default: only tsm's own is printed]
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

fn hook_event(text: &str) -> Result<session_ops::hooks::HookEvent, String> {
    let all = session_ops::hooks::HookEvent::ALL;
    let names = || all.map(session_ops::hooks::HookEvent::as_str).join(", ");
    all.into_iter()
        .find(|event| event.as_str() == text)
        .ok_or_else(|| format!("events are {}", names()))
}
