//! The effective configuration: flags over variables over the file over built-in defaults, and where each value came
//! from.

mod autosave;
pub mod edit;
pub mod env;
mod file;
mod place;
pub(crate) mod projects;
mod schema;
pub(crate) mod server;
mod understand;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::agent::{AgentChoice, AgentKinds};
use crate::config::env::Environment;
use crate::error::Error;
use crate::hooks::Hooks;
use crate::paths;
use crate::project::{Project, is_typed_name};
use crate::template::{self, Chosen, TemplateError, TemplateTable, TemplateWish};
use projects::configured_projects;
use understand::Understanding;

pub use autosave::{Autosave, LogSettings};
pub use understand::Problem;

pub use file::{ConfigFile, ConfigFileError, Leave, ProjectTable, Running};
pub use projects::{ConfiguredProject, TaskIdSource};
pub use schema::schema;
pub use server::ServerName;

/// The global options of the command line.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--state-dir`.
    pub state_dir: Option<PathBuf>,
    /// `--backup-dir`.
    pub backup_dir: Option<PathBuf>,
    /// `--socket-name`.
    pub socket_name: Option<OsString>,
    /// `--socket-path`.
    pub socket_path: Option<PathBuf>,
    /// `--lock-timeout`, seconds.
    pub lock_timeout: Option<u64>,
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// The config file.
    File,
    /// This variable.
    Variable(&'static str),
    /// An option of the command line.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File => f.write_str("config file"),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag => f.write_str("option"),
        }
    }
}

/// A value and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it came from.
    pub origin: Origin,
}

impl<T> Setting<T> {
    fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    fn from_file(value: Option<T>, default: T) -> Self {
        match value {
            Some(value) => Self::new(value, Origin::File),
            None => Self::new(default, Origin::Default),
        }
    }
}

/// The effective configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// The config file, whether or not it exists.
    pub file: Setting<PathBuf>,
    /// Whether the file exists.
    pub file_exists: bool,
    /// Sessions are called `<prefix>-<project>`.
    pub prefix: Setting<String>,
    /// The name of a new session's window.
    pub window_name: Setting<String>,
    /// The agent of new sessions.
    pub agent: Setting<AgentChoice>,
    /// The agents that there are.
    pub agents: AgentKinds,
    /// How long the login shell may take to say its environment; zero doesn't ask it.
    pub login_environment: Setting<Duration>,
    /// Where states lie.
    pub state_dir: Setting<PathBuf>,
    /// Where backups lie.
    pub backup_dir: Setting<PathBuf>,
    /// How long to wait for a lock.
    pub lock_timeout: Setting<Duration>,
    /// Whether locks may lie on a network file system, which may not exclude other machines.
    pub allow_network_fs: Setting<bool>,
    /// What `switch` does with the session it leaves.
    pub leave: Setting<Leave>,
    /// What `switch` does with a session in which programs run.
    pub running: Setting<Running>,
    /// How long an agent has to leave after TERM.
    pub stop_timeout: Setting<Duration>,
    /// Lines of scrollback a pane that every save keeps.
    pub scrollback: Setting<u32>,
    /// Lines of scrollback a pane that are kept of a session that tsm ends.
    pub scrollback_on_end: Setting<u32>,
    /// The programs that are started again when their session is brought back; all others are only offered.
    pub restore_programs: Setting<Vec<String>>,
    /// Saving by itself.
    pub autosave: Autosave,
    /// How the log is kept.
    pub log: LogSettings,
    /// What runs before and after what tsm does.
    pub hooks: Hooks,
    /// The template of new sessions.
    pub template: Setting<String>,
    /// The templates of the file by name; the built-in ones are beside them.
    pub templates: BTreeMap<String, TemplateTable>,
    /// What in the file can't be used, by line.
    pub problems: Vec<Problem>,
    /// The projects of the file by name.
    pub projects: BTreeMap<String, ConfiguredProject>,
}

impl Config {
    /// Puts it together.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], [`Error::Value`] or [`Error::Variable`], before anything was changed.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Self, Error> {
        let path = config_path(flags, environment)?;
        let found = ConfigFile::read(&path.value)?;
        if let Some(text) = &found {
            return Self::understood(&path, text, flags, environment);
        }
        if path.origin != Origin::Default {
            let source = std::io::Error::from(std::io::ErrorKind::NotFound);
            return Err(ConfigFileError::Unreadable {
                path: path.value,
                source,
            }
            .into());
        }
        Self::of_file(path, None, flags, environment)
    }

    /// Whether `--config` or its variable names a file that isn't there.
    pub fn names_no_file(flags: &Flags, environment: &Environment) -> bool {
        config_path(flags, environment).is_ok_and(|path| path.origin != Origin::Default && !path.value.exists())
    }

    /// What of a file can be understood; what can't is in its problems.
    fn understood(
        path: &Setting<PathBuf>,
        text: &str,
        flags: &Flags,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let mut understanding = Understanding::of(text, &path.value)?;
        loop {
            let file = understanding.file()?;
            match Self::of_file(path.clone(), Some(file), flags, environment) {
                Ok(config) => {
                    let mut problems = understanding.problems;
                    problems.sort_by_key(|problem| problem.line);
                    return Ok(Self { problems, ..config });
                }
                Err(error) if understanding.without(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Makes sure that a verb doesn't need anything that is wrong in the file.
    ///
    /// # Errors
    ///
    /// [`Error::Config`], naming the line.
    pub fn check_for(&self, verb: &str) -> Result<(), Error> {
        let concerned = self.problems.iter().find(|problem| problem.concerns(verb));
        concerned.map_or(Ok(()), |problem| Err(problem.error().into()))
    }

    /// As if there were no config file.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] or [`Error::Variable`].
    pub fn without_file(flags: &Flags, environment: &Environment) -> Result<Self, Error> {
        Self::of_file(config_path(flags, environment)?, None, flags, environment)
    }

    fn of_file(
        path: Setting<PathBuf>,
        found: Option<ConfigFile>,
        flags: &Flags,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let file_exists = found.is_some();
        let file = found.unwrap_or_default();
        let claude = |name: &str| paths::home(environment).map(|home| home.join(".claude").join(name));
        let state_dir = match (&flags.state_dir, &environment.state_dir, &file.state_dir) {
            (Some(dir), _, _) => Setting::new(dir.clone(), Origin::Flag),
            (_, Some(dir), _) => Setting::new(dir.clone(), Origin::Variable(env::TSM_STATE_DIR)),
            (_, _, Some(dir)) => Setting::new(paths::expand(dir, environment)?, Origin::File),
            _ => Setting::new(claude("session-states")?, Origin::Default),
        };
        let backup_dir = match (&flags.backup_dir, &environment.backup_dir, &file.backup_dir) {
            (Some(dir), _, _) => Setting::new(dir.clone(), Origin::Flag),
            (_, Some(dir), _) => Setting::new(dir.clone(), Origin::Variable(env::TSM_BACKUP_DIR)),
            (_, _, Some(dir)) => Setting::new(paths::expand(dir, environment)?, Origin::File),
            _ => Setting::new(claude("backups")?, Origin::Default),
        };
        let prefix = Setting::from_file(file.prefix, "claude".to_owned());
        if !is_typed_name(&prefix.value) {
            let why = "letters, digits, `_`, `@` and `-` make a prefix".to_owned();
            return Err(Error::Value {
                name: "prefix".to_owned(),
                value: prefix.value,
                why,
            });
        }
        let agents = AgentKinds::new(file.agents)?;
        let login_environment = file.launch.login_environment.map(Duration::from_secs);
        Ok(Self {
            file: path,
            file_exists,
            problems: Vec::new(),
            prefix,
            window_name: Setting::from_file(file.window_name, "main".to_owned()),
            agent: match &file.agent {
                Some(text) => Setting::new(AgentChoice::parse("agent", text, &agents)?, Origin::File),
                None => Setting::new(AgentChoice::Auto, Origin::Default),
            },
            state_dir: absolute(state_dir, environment),
            backup_dir: absolute(backup_dir, environment),
            lock_timeout: lock_timeout(flags, environment, file.lock_timeout)?,
            allow_network_fs: Setting::from_file(file.allow_network_fs, false),
            leave: Setting::from_file(file.switch.leave, Leave::default()),
            running: Setting::from_file(file.switch.running, Running::default()),
            stop_timeout: Setting::from_file(file.stop.timeout.map(Duration::from_secs), Duration::from_secs(3)),
            scrollback: Setting::from_file(file.state.scrollback, 0),
            scrollback_on_end: Setting::from_file(file.state.scrollback_on_end, 2000),
            restore_programs: Setting::from_file(file.restore.programs, Vec::new()),
            hooks: Hooks::of(
                &file.hooks,
                file.projects.iter().map(|(name, table)| (name.as_str(), &table.hooks)),
            )?,
            template: Setting::from_file(file.template, template::DEFAULT.to_owned()),
            templates: file.templates,
            projects: configured_projects(file.projects, &agents, environment)?,
            agents,
            login_environment: Setting::from_file(login_environment, Duration::from_secs(3)),
            autosave: Autosave::of(&file.autosave, environment)?,
            log: LogSettings::of(&file.log)?,
        })
    }
}

fn config_path(flags: &Flags, environment: &Environment) -> Result<Setting<PathBuf>, Error> {
    Ok(
        match (&flags.config, &environment.config, &environment.xdg_config_home) {
            (Some(path), _, _) => Setting::new(path.clone(), Origin::Flag),
            (_, Some(path), _) => Setting::new(path.clone(), Origin::Variable(env::TSM_CONFIG)),
            (_, _, Some(base)) => Setting::new(base.join("tsm/config.toml"), Origin::Default),
            _ => Setting::new(
                paths::home(environment)?.join(".config/tsm/config.toml"),
                Origin::Default,
            ),
        },
    )
}

fn absolute(directory: Setting<PathBuf>, environment: &Environment) -> Setting<PathBuf> {
    Setting {
        value: paths::resolve(&directory.value, environment),
        ..directory
    }
}

fn lock_timeout(flags: &Flags, environment: &Environment, file: Option<u64>) -> Result<Setting<Duration>, Error> {
    if let Some(seconds) = flags.lock_timeout {
        return Ok(Setting::new(Duration::from_secs(seconds), Origin::Flag));
    }
    if let Some(text) = &environment.lock_timeout {
        let seconds = text
            .to_str()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Error::Value {
                name: env::TSM_LOCK_TIMEOUT.to_owned(),
                value: text.to_string_lossy().into_owned(),
                why: "it must be a number of seconds".to_owned(),
            })?;
        return Ok(Setting::new(
            Duration::from_secs(seconds),
            Origin::Variable(env::TSM_LOCK_TIMEOUT),
        ));
    }
    Ok(Setting::from_file(
        file.map(Duration::from_secs),
        Duration::from_secs(30),
    ))
}

impl Config {
    /// The session's name of a project.
    pub fn session_name(&self, project: &str) -> String {
        format!("{}-{project}", self.prefix.value)
    }

    /// Checks the templates, and those of the projects with their variables.
    ///
    /// # Errors
    ///
    /// [`Error::Template`] of the first that can't be used.
    pub fn check_templates(&self) -> Result<(), Error> {
        let named = self.templates.keys().chain([&self.template.value]);
        for name in named {
            let checked = template::effective(&self.templates, name);
            let _checked = checked.map_err(|error| self.template_error(error))?;
        }
        for (name, configured) in &self.projects {
            let project = Project {
                name: name.clone(),
                path: configured.path.clone(),
            };
            let chosen = Chosen::of(self, &project, &TemplateWish::default());
            let _checked = chosen.map_err(|error| self.template_error(error))?;
        }
        Ok(())
    }

    /// A template that can't be used, with its place in the config file if it is there.
    pub fn template_error(&self, source: TemplateError) -> Error {
        let line = self
            .file_exists
            .then(|| place::line_of_template(&self.file.value, &source));
        Error::Template {
            file: line
                .flatten()
                .map(|line| format!("{}:{line}: ", self.file.value.display())),
            source,
        }
    }
}
