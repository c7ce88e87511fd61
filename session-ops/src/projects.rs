//! The projects of the config: adding, removing, listing.

use std::path::{Path, PathBuf};

use crate::config::edit::{ConfigEdit, NewProject};
use crate::config::projects::repositories;
use crate::context::Context;
use crate::elsewhere::{Elsewhere, Others};
use crate::error::Error;
use crate::live::Live;
use crate::project::{is_typed_name, mapped_name, tree_name, usable_directory};
use crate::worktree::{Wanted, Worktree, make, unusable, worktrees};

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
    /// Its directory is a worktree that is made now.
    pub worktree: Option<NewWorktree>,
}

/// How a worktree is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NewWorktree {
    /// Its branch is made, too, from what the repository is on.
    pub new_branch: bool,
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its name; a branch may have other characters than a name.
    pub name: String,
    /// Its directory.
    pub path: PathBuf,
    /// The branch of the worktree that was made.
    pub branch: Option<String>,
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
    /// Whether it has a session, in whichever server.
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

/// Adds a project to the config; with `worktree` git makes its directory before.
///
/// # Errors
///
/// [`Error::InvalidName`], [`Error::Directory`], [`Error::Exists`], [`Error::Template`], [`Error::NoWorktree`],
/// [`Error::NoBranch`], [`Error::Git`] and those of [`ConfigEdit`].
pub fn add(context: &Context, request: &AddRequest) -> Result<Added, Error> {
    if let Some(template) = &request.template {
        let checked = crate::template::effective(&context.config.templates, template);
        let _checked = checked.map_err(|error| context.config.template_error(error))?;
    }
    let current = context.environment.current_dir.as_deref().unwrap_or(Path::new("/"));
    let mut added = match request.worktree {
        Some(how) => return add_worktree(context, request, how, current),
        None => Added {
            name: request.name.clone(),
            path: PathBuf::new(),
            branch: None,
        },
    };
    if !is_typed_name(&added.name) {
        return Err(Error::InvalidName { name: added.name });
    }
    added.path = match &request.path {
        Some(path) => usable_directory(&current.join(path))?,
        None => match worktree_of(context, &added.name)? {
            Some(path) => path,
            None => usable_directory(current)?,
        },
    };
    let mut edit = edit_without(context, &added.name)?;
    write_project(&mut edit, request, &added)?;
    edit.write()?;
    Ok(added)
}

fn add_worktree(context: &Context, request: &AddRequest, how: NewWorktree, current: &Path) -> Result<Added, Error> {
    let refused = |why: &str| Error::Value {
        name: "NAME".to_owned(),
        value: request.name.clone(),
        why: why.to_owned(),
    };
    let found = repositories(&request.name).find_map(|name| Some((name, context.config.projects.get(name)?)));
    let (project, configured) = found.ok_or_else(|| match repositories(&request.name).last() {
        Some(project) => refused(&format!(
            "{project} isn't in the config; `tsm project add {project} DIRECTORY` puts it there"
        )),
        None => refused("a worktree is called PROJECT@BRANCH"),
    })?;
    let branch = request.name.get(project.len() + 1..).unwrap_or_default();
    if let Some(why) = unusable(branch) {
        return Err(refused(why));
    }
    let repository = usable_directory(&configured.path)?;
    if !repository.join(".git").exists() {
        return Err(Error::Directory {
            path: repository,
            why: "isn't a git repository's".to_owned(),
        });
    }
    let added = Added {
        name: tree_name(project, branch),
        path: match &request.path {
            Some(path) => current.join(path),
            None => beside(&repository, branch),
        },
        branch: Some(branch.to_owned()),
    };
    // What can be refused is refused before anything is made.
    write_project(&mut edit_without(context, &added.name)?, request, &added)?;
    make(&Wanted {
        repository: &repository,
        branch,
        path: text_of(&added.path)?,
        new_branch: how.new_branch,
    })?;
    let added = Added {
        path: usable_directory(&added.path)?,
        ..added
    };
    // git may have taken its time, so the file is read again.
    let mut edit = edit_without(context, &added.name)?;
    write_project(&mut edit, request, &added)?;
    edit.write()?;
    Ok(added)
}

/// Where a worktree lies unless the user says.
fn beside(repository: &Path, branch: &str) -> PathBuf {
    let mut name = repository.file_name().unwrap_or_default().to_owned();
    name.push(format!("@{}", mapped_name(branch)));
    repository.with_file_name(name)
}

fn edit_without(context: &Context, name: &str) -> Result<ConfigEdit, Error> {
    let edit = ConfigEdit::open(context)?;
    match edit.has("projects", name) {
        false => Ok(edit),
        true => Err(Error::Exists {
            what: format!("projects.{name}"),
            path: edit.path().to_owned(),
        }),
    }
}

fn write_project(edit: &mut ConfigEdit, request: &AddRequest, added: &Added) -> Result<(), Error> {
    let project = NewProject {
        path: text_of(&added.path)?.to_owned(),
        description: request.description.clone(),
        server: None,
        template: request.template.clone(),
    };
    edit.add_project(&added.name, &project);
    Ok(())
}

fn text_of(path: &Path) -> Result<&str, Error> {
    let refused = |why: &str| Error::Directory {
        path: path.to_owned(),
        why: why.to_owned(),
    };
    let text = path
        .to_str()
        .ok_or_else(|| refused("has a name that is no UTF-8, which the config can't hold"))?;
    // git's own files have a path a line.
    match text.contains(char::is_control) {
        false => Ok(text),
        true => Err(refused("has a control character in its name")),
    }
}

/// The directory of the worktree that a name of `project@branch` means.
fn worktree_of(context: &Context, name: &str) -> Result<Option<PathBuf>, Error> {
    let mut none = None;
    for project in repositories(name) {
        let Some(configured) = context.config.projects.get(project) else {
            continue;
        };
        let branch = name.get(project.len() + 1..).unwrap_or_default();
        let is_it = |tree: &Worktree| mapped_name(&tree.branch) == branch;
        if let Some(tree) = worktrees(&configured.path).into_iter().find(is_it) {
            return Ok(Some(tree.path));
        }
        if configured.path.join(".git").exists() {
            none = none.or(Some(Error::NoWorktree {
                project: project.to_owned(),
                branch: branch.to_owned(),
            }));
        }
    }
    none.map_or(Ok(None), Err)
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
    let mut others = Others::default();
    let mut lives = |name: &str| {
        live.of_project(name).is_some() || matches!(others.find(context, &live, name), Some(Elsewhere::Lives(..)))
    };
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
                live: lives(name),
            });
        }
    };
    let configured = &context.config.projects;
    for (name, project) in configured {
        push(name, &project.path, ProjectSource::Config);
    }
    for (name, project) in configured {
        // A worktree of a project knows of the others; they are the project's.
        if repositories(name).any(|base| configured.contains_key(base)) {
            continue;
        }
        for tree in worktrees(&project.path) {
            if context.config.project_at(&tree.path).is_none() {
                push(&tree_name(name, &tree.branch), &tree.path, ProjectSource::Worktree);
            }
        }
    }
    for (name, path) in known.iter() {
        push(name, path, ProjectSource::State);
    }
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(listed)
}
