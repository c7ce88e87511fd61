//! What sets up projects and templates.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use clap_complete::ArgValueCandidates;
use session_ops::template::TemplateWish;

use crate::commands::completions::projects;

/// Which template a session is made from.
#[derive(Debug, Clone, Default, ClapArgs)]
pub(crate) struct Template {
    /// Make the session from this template, whatever was saved
    #[arg(long, value_name = "NAME")]
    pub(crate) template: Option<String>,
    /// Give a variable of the template a value
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) set: Vec<(String, String)>,
}

impl Template {
    pub(crate) fn wish(self) -> TemplateWish {
        TemplateWish {
            template: self.template,
            set: self.set.into_iter().collect(),
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Init {
    /// Put a new config in the place of one that is there, which is kept beside it
    #[arg(long)]
    pub(crate) force: bool,
    /// Add the git repositories below this directory as projects
    #[arg(long, value_name = "DIR")]
    pub(crate) scan: Vec<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Project {
    #[command(subcommand)]
    pub(crate) what: ProjectWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ProjectWhat {
    /// Add a project to the config
    Add(ProjectAdd),
    /// Take a project out of the config; its session and its saved state stay
    Remove {
        /// Its name
        #[arg(add = ArgValueCandidates::new(projects))]
        name: String,
    },
    /// List the projects: those of the config, their git worktrees, those with a saved state
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ProjectAdd {
    /// Its name; `PROJECT@BRANCH` is a git worktree of a project
    pub(crate) name: String,
    /// Its directory [default: the working directory, or that of the worktree]
    pub(crate) path: Option<PathBuf>,
    /// Let git make the worktree PROJECT@BRANCH, at PATH or beside the project's directory
    #[arg(long)]
    pub(crate) worktree: bool,
    /// Let git make the branch of the worktree, too, from what the project's directory is on
    #[arg(long, requires = "worktree")]
    pub(crate) new_branch: bool,
    /// What it is
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// The template of its sessions
    #[arg(long, value_name = "NAME")]
    pub(crate) template: Option<String>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Templates {
    #[command(subcommand)]
    pub(crate) what: TemplateWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TemplateWhat {
    /// List the templates
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a template with what it has of those that it extends
    Show {
        /// Its name
        name: String,
    },
    /// Make a project's session from a template, whatever was saved; a living session is refused
    Apply {
        /// Its name
        name: String,
        /// A project's name or a directory
        #[arg(default_value = ".", add = ArgValueCandidates::new(projects))]
        project: OsString,
        /// Give a variable of the template a value
        #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
        set: Vec<(String, String)>,
        /// No agent in it
        #[arg(long)]
        no_agent: bool,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Freeze {
    /// A project, or any session by its name; it is only looked at
    #[arg(add = ArgValueCandidates::new(projects))]
    pub(crate) session: OsString,
    /// What the template is called [default: as the session]
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Write it into the config
    #[arg(long)]
    pub(crate) write: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Import {
    /// A file, or a directory of them
    pub(crate) path: PathBuf,
    /// Only tell what would be written
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Reads `NAME=VALUE`.
pub(super) fn variable(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or_else(|| "a variable is given as NAME=VALUE".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}
