//! The projects of the config: adding, removing, listing.

use std::path::{Path, PathBuf};

use crate::config::edit::{ConfigEdit, NewProject};
use crate::context::Context;
use crate::error::Error;
use crate::live::Live;
use crate::project::{is_typed_name, mapped_name, usable_directory};
use crate::worktree::worktrees;

/// A project to add.
#[derive(Debug, Clone)]
pub struct AddRequest {
    /// Its name; `project@branch` is a worktree of a project.
    pub name: String,
    /// Its directory; without one the working directory, or that of the worktree.
    pub path: Option<PathBuf>,
    /// What it is.
    pub description: Option<String>,
    /// Its template.
    pub template: Option<String>,
}

/// A project as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedProject {
    /// Its name.
    pub name: String,
    /// Its directory.
    pub path: PathBuf,
    /// What it is.
    pub description: Option<String>,
    /// Its template.
    pub template: String,
    /// Where it is known from.
    pub source: ProjectSource,
    /// Whether it has a session.
    pub live: bool,
}

/// Where a project is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectSource {
    /// The config.
    Config,
    /// It has a saved state.
    State,
    /// It is a worktree of one of the config.
    Worktree,
}

impl ProjectSource {
    /// The word in JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::State => "state",
            Self::Worktree => "worktree",
        }
    }
}

/// Adds a project to the config, and returns its directory.
///
/// # Errors
///
/// [`Error::InvalidName`], [`Error::Directory`], [`Error::Exists`], [`Error::Template`] and those of [`ConfigEdit`].
pub fn add(context: &Context, request: &AddRequest) -> Result<PathBuf, Error> {
    let name = &request.name;
    if !is_typed_name(name) {
        return Err(Error::InvalidName { name: name.clone() });
    }
    let current = context.environment.current_dir.as_deref();
    let path = match &request.path {
        Some(path) => usable_directory(&current.unwrap_or(Path::new("/")).join(path))?,
        None => match worktree_of(context, name) {
            Some(path) => path,
            None => usable_directory(current.unwrap_or(Path::new("/")))?,
        },
    };
    let text = path.to_str().ok_or_else(|| Error::Directory {
        path: path.clone(),
        why: "has a name that is no UTF-8, which the config can't hold".to_owned(),
    })?;
    if let Some(template) = &request.template {
        let checked = crate::template::effective(&context.config.templates, template);
        let _checked = checked.map_err(|error| context.config.template_error(error))?;
    }
    let mut edit = ConfigEdit::open(context)?;
    if edit.has("projects", name) {
        return Err(Error::Exists {
            what: format!("projects.{name}"),
            path: edit.path().to_owned(),
        });
    }
    edit.add_project(
        name,
        &NewProject {
            path: text.to_owned(),
            description: request.description.clone(),
            server: None,
            template: request.template.clone(),
        },
    );
    edit.write()?;
    Ok(path)
}

fn worktree_of(context: &Context, name: &str) -> Option<PathBuf> {
    name.match_indices('@').find_map(|(at, _)| {
        let project = context.config.projects.get(name.get(..at)?)?;
        let branch = name.get(at + 1..)?;
        let found = worktrees(&project.path)
            .into_iter()
            .find(|tree| mapped_name(&tree.branch) == branch);
        found.map(|tree| tree.path)
    })
}

/// Removes a project from the config. Its session and its saved state stay.
///
/// # Errors
///
/// [`Error::UnknownProject`] and those of [`ConfigEdit`].
pub fn remove(context: &Context, name: &str) -> Result<(), Error> {
    let mut edit = ConfigEdit::open(context)?;
    if !edit.remove_project(name) {
        return Err(Error::UnknownProject {
            name: name.to_owned(),
            nearest: crate::project::nearest(context.config.projects.keys().map(String::as_str), name),
        });
    }
    edit.write()
}

/// The projects of the config, their worktrees, and those that only have a saved state.
///
/// # Errors
///
/// Those of [`Live::read`].
pub fn list(context: &Context) -> Result<Vec<ListedProject>, Error> {
    let live = Live::read(context)?;
    let known = live.known_projects(context);
    let mut listed: Vec<ListedProject> = Vec::new();
    let mut push = |name: &str, path: &Path, source| {
        let configured = context.config.configured(name);
        let template = configured.and_then(|configured| configured.template.clone());
        let own = context.config.projects.get(name);
        if listed.iter().all(|listed| listed.name != name) {
            listed.push(ListedProject {
                name: name.to_owned(),
                path: path.to_owned(),
                description: own.and_then(|configured| configured.description.clone()),
                template: template.unwrap_or_else(|| context.config.template.value.clone()),
                source,
                live: live.of_project(name).is_some(),
            });
        }
    };
    for (name, project) in &context.config.projects {
        push(name, &project.path, ProjectSource::Config);
        for tree in worktrees(&project.path) {
            let name = format!("{name}@{}", mapped_name(&tree.branch));
            push(&name, &tree.path, ProjectSource::Worktree);
        }
    }
    for (name, path) in known.iter() {
        push(name, path, ProjectSource::State);
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}
