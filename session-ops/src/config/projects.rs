//! The projects of the config file, and what a worktree of one has of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::env::Environment;
use super::file::ProjectTable;
use super::{Config, ServerName};
use crate::agent::launch::Wishes;
use crate::agent::{AgentChoice, AgentKinds};
use crate::error::Error;
use crate::paths;
use crate::project::is_typed_name;
use crate::template::Word;

/// A project of the config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfiguredProject {
    /// Its directory.
    pub path: PathBuf,
    /// What it is.
    pub description: Option<String>,
    /// Its agent, if it has one of its own.
    pub agent: Option<AgentChoice>,
    /// The tmux server of its session, if it names one.
    pub server: Option<ServerName>,
    /// Its template, if it has one of its own.
    pub template: Option<String>,
    /// Values of the template's variables.
    pub variables: BTreeMap<String, Word>,
    /// Environment of its sessions.
    pub environment: BTreeMap<String, Word>,
    /// What it wants of its agent.
    pub wishes: Wishes,
    /// The file without which it isn't left.
    pub completion_marker: Option<PathBuf>,
    /// Where the id of the task that is worked on comes from.
    pub task_id: Option<TaskIdSource>,
}

/// Where the id of a project's task comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskIdSource {
    /// The first line of this file.
    File(PathBuf),
    /// The first line that this program with these arguments prints, in the project's directory.
    Command(Vec<String>),
}

impl Config {
    /// The table of a project; a worktree of one, `project@branch`, has that one's.
    pub fn configured(&self, project: &str) -> Option<&ConfiguredProject> {
        let own = self.projects.get(project);
        own.or_else(|| repositories(project).find_map(|base| self.projects.get(base)))
    }

    /// The file without which a project isn't left. That of a worktree in this directory lies there.
    pub(crate) fn completion_marker(&self, project: &str, directory: &Path) -> Option<PathBuf> {
        let configured = self.configured(project)?;
        let marker = configured.completion_marker.as_deref()?;
        Some(moved(
            marker,
            &configured.path,
            self.directory(project, configured, directory),
        ))
    }

    /// Where the id of a project's task comes from, and the directory in which it is asked for; those of a worktree in this
    /// directory.
    pub(crate) fn task_id(&self, project: &str, directory: &Path) -> Option<(TaskIdSource, PathBuf)> {
        let configured = self.configured(project)?;
        let directory = self.directory(project, configured, directory);
        let source = match configured.task_id.as_ref()? {
            TaskIdSource::File(path) => TaskIdSource::File(moved(path, &configured.path, directory)),
            TaskIdSource::Command(argv) => TaskIdSource::Command(argv.clone()),
        };
        Some((source, directory.to_owned()))
    }

    fn directory<'a>(&self, project: &str, configured: &'a ConfiguredProject, of_worktree: &'a Path) -> &'a Path {
        match self.projects.contains_key(project) {
            true => &configured.path,
            false => of_worktree,
        }
    }

    /// Makes sure that the file says nothing of a project, or of the one whose worktree it is, that can't be used.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], naming the line.
    pub(crate) fn check_project(&self, project: &str) -> Result<(), Error> {
        let keys: Vec<String> = std::iter::once(project)
            .chain(repositories(project))
            .map(|name| format!("projects.{name}"))
            .collect();
        let wrong = self
            .problems
            .iter()
            .find(|problem| !problem.unknown && keys.contains(&problem.key));
        wrong.map_or(Ok(()), |problem| Err(problem.error().into()))
    }

    /// The project of the file that is at this path, resolved.
    pub fn project_at(&self, path: &Path) -> Option<&str> {
        let at = |configured: &ConfiguredProject| configured.path.canonicalize().is_ok_and(|found| found == path);
        self.projects
            .iter()
            .find(|(_, configured)| at(configured))
            .map(|(name, _)| name.as_str())
    }
}

pub(super) fn configured_projects(
    tables: BTreeMap<String, ProjectTable>,
    agents: &AgentKinds,
    environment: &Environment,
) -> Result<BTreeMap<String, ConfiguredProject>, Error> {
    let mut projects = BTreeMap::new();
    for (name, table) in tables {
        if !is_typed_name(&name) {
            return Err(Error::InvalidName { name });
        }
        let absolute = |path: &Path, key: &str| {
            let path = paths::expand(path, environment)?;
            if path.is_absolute() {
                return Ok(path);
            }
            Err(Error::Value {
                name: format!("projects.{name}.{key}"),
                value: path.display().to_string(),
                why: "it must be an absolute path or begin with ~/".to_owned(),
            })
        };
        let path = absolute(&table.path, "path")?;
        let marker = table.completion_marker.as_deref();
        let completion_marker = marker.map(|marker| absolute(marker, "completion_marker")).transpose()?;
        let task_id = match (table.task_id_file, table.task_id_command) {
            (Some(_), Some(command)) => {
                return Err(Error::Value {
                    name: format!("projects.{name}.task_id_command"),
                    value: command.join(" "),
                    why: "task_id_file is given, too: it is one of them".to_owned(),
                });
            }
            (Some(file), None) => Some(TaskIdSource::File(absolute(&file, "task_id_file")?)),
            (None, Some(command)) if command.first().is_none_or(String::is_empty) => {
                return Err(Error::Value {
                    name: format!("projects.{name}.task_id_command"),
                    value: command.join(" "),
                    why: "it is a program and its arguments".to_owned(),
                });
            }
            (None, command) => command.map(TaskIdSource::Command),
        };
        let key = format!("projects.{name}.server");
        let server = table.server.map(|text| ServerName::parse(&key, &text, environment));
        let server = server.transpose()?;
        let key = format!("projects.{name}.agent");
        let agent = table
            .agent
            .map(|text| AgentChoice::parse(&key, &text, agents))
            .transpose()?;
        projects.insert(
            name,
            ConfiguredProject {
                path,
                description: table.description,
                agent,
                server,
                template: table.template,
                variables: table.variables,
                environment: table.environment,
                wishes: Wishes {
                    args: table.agent_args.unwrap_or_default(),
                    permission_mode: table.permission_mode,
                    environment: table.agent_environment.unwrap_or_default(),
                },
                completion_marker,
                task_id,
            },
        );
    }
    inherit(&mut projects);
    Ok(projects)
}

/// The table of a worktree, `project@branch`, says what differs from its project's.
fn inherit(projects: &mut BTreeMap<String, ConfiguredProject>) {
    // A name comes after what it begins with, so what is inherited is complete.
    let names: Vec<String> = projects.keys().cloned().collect();
    for name in names {
        let base = repositories(&name).find_map(|base| projects.get(base).cloned());
        if let (Some(base), Some(own)) = (base, projects.get_mut(&name)) {
            own.inherit(base);
        }
    }
}

impl ConfiguredProject {
    fn inherit(&mut self, base: Self) {
        let moved = |path: &PathBuf| moved(path, &base.path, &self.path);
        let marker = base.completion_marker.as_ref().map(moved);
        let task_id = base.task_id.as_ref().map(|source| match source {
            TaskIdSource::File(path) => TaskIdSource::File(moved(path)),
            TaskIdSource::Command(argv) => TaskIdSource::Command(argv.clone()),
        });
        // The variables are those of the template.
        if self.template.is_none() || self.template == base.template {
            self.variables = with(base.variables, &self.variables);
        }
        self.environment = with(base.environment, &self.environment);
        self.template = self.template.take().or(base.template);
        self.agent = self.agent.take().or(base.agent);
        self.server = self.server.take().or(base.server);
        self.completion_marker = self.completion_marker.take().or(marker);
        self.task_id = self.task_id.take().or(task_id);
        let wishes = &mut self.wishes;
        if wishes.args.is_empty() {
            wishes.args = base.wishes.args;
        }
        wishes.permission_mode = wishes.permission_mode.take().or(base.wishes.permission_mode);
        wishes.environment = with(base.wishes.environment, &wishes.environment);
    }
}

fn with<T: Clone>(mut base: BTreeMap<String, T>, own: &BTreeMap<String, T>) -> BTreeMap<String, T> {
    base.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
    base
}

/// The same place in a worktree as in its project's directory; what lies elsewhere is one for both.
fn moved(path: &Path, from: &Path, to: &Path) -> PathBuf {
    let within = path.strip_prefix(from).map(Path::to_owned);
    let within = within.or_else(|other| match from.canonicalize() {
        Ok(from) => path.strip_prefix(from).map(Path::to_owned),
        Err(_) => Err(other),
    });
    within.map_or_else(|_elsewhere| path.to_owned(), |within| to.join(within))
}

/// The names of the projects that a worktree of this name may be of, the likeliest first.
pub(crate) fn repositories(name: &str) -> impl Iterator<Item = &str> {
    name.rmatch_indices('@').filter_map(|(at, _)| name.get(..at))
}
