//! Arguments of the verbs that make, leave and end sessions, and type into them.

use std::ffi::OsString;

use clap::Args as ClapArgs;
use clap_complete::ArgValueCandidates;

use crate::commands::completions::projects;

use super::setup::Template;

#[derive(Debug, ClapArgs)]
pub(crate) struct Switch {
    /// A project's name or a directory
    #[arg(add = ArgValueCandidates::new(projects))]
    pub(crate) project: OsString,
    /// Let the session that is left live on
    #[arg(long)]
    pub(crate) keep: bool,
    /// Build the session from its template, whatever lives or was saved
    #[arg(long)]
    pub(crate) fresh: bool,
    /// End the session that is left, whatever runs in it and whoever looks at it
    #[arg(long)]
    pub(crate) force: bool,
    /// Make the session, but move no client and attach none
    #[arg(long)]
    pub(crate) no_attach: bool,
    /// No agent if the session must be made
    #[arg(long)]
    pub(crate) no_agent: bool,
    #[command(flatten)]
    pub(crate) template: Template,
    /// Size of the session if it must be made
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub(crate) size: Option<(u32, u32)>,
    /// Only tell what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Switch {
    /// To a project, with everything else as the config has it.
    pub(crate) fn to(project: String) -> Self {
        Self {
            project: project.into(),
            keep: false,
            fresh: false,
            force: false,
            no_attach: false,
            no_agent: false,
            template: Template::default(),
            size: None,
            dry_run: false,
            json: false,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Create {
    /// A project's name or a directory
    #[arg(add = ArgValueCandidates::new(projects))]
    pub(crate) project: OsString,
    #[command(flatten)]
    pub(crate) template: Template,
    /// Size of the session
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub(crate) size: Option<(u32, u32)>,
    /// No agent in it
    #[arg(long)]
    pub(crate) no_agent: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Kill {
    /// Names of projects, globs or directories
    #[arg(required_unless_present = "all", value_name = "PROJECT", add = ArgValueCandidates::new(projects))]
    pub(crate) projects: Vec<OsString>,
    /// All sessions of tsm's
    #[arg(long, conflicts_with = "projects")]
    pub(crate) all: bool,
    /// Go on where a guard would refuse
    #[arg(long)]
    pub(crate) force: bool,
    /// Seconds that an agent has to leave
    #[arg(long, value_name = "S")]
    pub(crate) timeout: Option<u64>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OneProject {
    /// A project's name or a directory
    #[arg(add = ArgValueCandidates::new(projects))]
    pub(crate) project: OsString,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Send {
    /// Names of projects or globs, separated by commas (not with --all), then the text; its words are joined by one blank
    #[arg(required = true, value_name = "PROJECT[,PROJECT...] TEXT")]
    pub(crate) words: Vec<OsString>,
    /// All sessions of tsm's; no PROJECT is given
    #[arg(long)]
    pub(crate) all: bool,
    /// The agent's pane, the shell's, a pane's index, or WINDOW.PANE
    #[arg(long, default_value = "agent", value_name = "agent|shell|N", value_parser = session_ops::send::PaneChoice::parse)]
    pub(crate) pane: session_ops::send::PaneChoice,
    /// Don't press Enter
    #[arg(long)]
    pub(crate) no_enter: bool,
    /// Give it to an agent that works, for later
    #[arg(long)]
    pub(crate) queue: bool,
    /// Give it as the answer to the dialog that an agent shows
    #[arg(long)]
    pub(crate) answer: bool,
    /// Type it although nobody knows what the agent does
    #[arg(long)]
    pub(crate) force: bool,
    /// Read the text from standard input
    #[arg(long)]
    pub(crate) stdin: bool,
    /// Seconds to wait for an agent that is starting
    #[arg(long, default_value = "15", value_name = "SECONDS")]
    pub(crate) wait: u64,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads `200x50`.
fn size(text: &str) -> Result<(u32, u32), String> {
    let parts = text
        .split_once('x')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    let fits = |size: &u32| (1..=10_000).contains(size);
    parts
        .filter(|(width, height)| fits(width) && fits(height))
        .ok_or_else(|| "columns and rows are given as WxH, each from 1 to 10000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_columns_and_rows() {
        assert_eq!(size("200x50"), Ok((200, 50)));
        for text in ["", "200", "200x", "0x5", "10001x5", "-1x5", "1x1x1"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
