//! Which agent a project gets, and what its pane is told to run.

use std::fmt;
use std::path::PathBuf;

use bstr::BString;
use session_state::Agent;
use uuid::Uuid;

use super::kind::{AgentKind, AgentKinds, CLAUDE};
use super::launch::Wishes;
use super::program::{bytes, find_program, tsm};
use crate::context::Context;
use crate::error::Error;

/// Which agent new sessions get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AgentChoice {
    /// Claude Code if it is there, else a shell.
    Auto,
    /// This one; that it is missing is an error.
    Named(String),
    /// A shell.
    Shell,
}

/// What the left pane of a session runs.
#[derive(Debug, Clone)]
pub enum Launch {
    /// The user's shell, because it was chosen.
    Shell,
    /// The user's shell, because this program isn't there.
    Missing(&'static str),
    /// This agent.
    Agent(Box<Launchable>),
}

/// An agent that can be started for a project.
#[derive(Debug, Clone)]
pub struct Launchable {
    /// Which agent.
    pub kind: AgentKind,
    /// Its program.
    pub program: PathBuf,
    /// The project.
    pub project: String,
}

impl AgentChoice {
    /// Reads `auto`, `shell` or an agent's name; `name` is for the error.
    ///
    /// # Errors
    ///
    /// [`Error::Value`].
    pub fn parse(name: &str, text: &str, kinds: &AgentKinds) -> Result<Self, Error> {
        match text {
            "auto" => Ok(Self::Auto),
            "shell" => Ok(Self::Shell),
            known if kinds.contains(known) => Ok(Self::Named(known.to_owned())),
            _ => Err(Error::Value {
                name: name.to_owned(),
                value: text.to_owned(),
                why: format!(
                    "auto, shell and these agents are possible: {}",
                    kinds.names().join(", ")
                ),
            }),
        }
    }

    /// The agent that a project gets.
    pub fn of_project(context: &Context, project: &str) -> Self {
        let own = context
            .config
            .configured(project)
            .and_then(|project| project.agent.as_ref());
        own.unwrap_or(&context.config.agent.value).clone()
    }

    /// What that means for a project on this machine.
    ///
    /// # Errors
    ///
    /// [`Error::AgentMissing`] if an agent was asked for by name, [`Error::SkipsPermissions`] as root.
    pub fn launch(self, context: &Context, project: &str) -> Result<Launch, Error> {
        let name = match &self {
            Self::Shell => return Ok(Launch::Shell),
            Self::Auto => CLAUDE,
            Self::Named(name) => name,
        };
        match Launchable::find(context, name, project)? {
            Some(launchable) => Ok(Launch::Agent(Box::new(launchable))),
            None if self == Self::Auto => Ok(Launch::Missing(CLAUDE)),
            None => Err(Error::AgentMissing {
                program: name.to_owned(),
            }),
        }
    }
}

impl fmt::Display for AgentChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Named(name) => f.write_str(name),
            Self::Shell => f.write_str("shell"),
        }
    }
}

impl Launchable {
    /// The agent of this name; `None` if it or its program isn't there.
    fn find(context: &Context, name: &str, project: &str) -> Result<Option<Self>, Error> {
        let Some(kind) = context.config.agents.get(name)? else {
            return Ok(None);
        };
        let program = kind.program(&context.environment)?;
        let Some(program) = find_program(&program, context.environment.path.as_deref()) else {
            return Ok(None);
        };
        Wishes::of(&context.config, project).refuse_skipping_as_root(&kind)?;
        Ok(Some(Self {
            kind,
            program,
            project: project.to_owned(),
        }))
    }

    /// A new conversation of this agent.
    pub fn new_agent(&self) -> Agent {
        Agent {
            kind: self.kind.name.clone(),
            conversation: self.kind.chooses_id().then(|| Uuid::new_v4().to_string()),
            process: None,
        }
    }

    /// The argument vector of a pane that runs an agent: `tsm pane-run`, which starts it as the config then says, records
    /// it and afterwards becomes the user's shell. `id` is the session's.
    ///
    /// A session that had another agent than the project's gets that one back, if it is there.
    pub fn pane_program(&self, context: &Context, agent: &Agent, id: &str) -> Option<Vec<BString>> {
        let tsm = tsm(context)?;
        let other;
        let launchable = if agent.kind == self.kind.name {
            self
        } else {
            other = Self::find(context, &agent.kind, &self.project).ok().flatten()?;
            &other
        };
        let mut argv: Vec<BString> = vec![bytes(&tsm), "pane-run".into()];
        if context.config.file_exists {
            argv.extend(["--config".into(), bytes(&context.config.file.value)]);
        }
        argv.extend(["--state-dir".into(), bytes(&context.config.state_dir.value)]);
        argv.extend(["--record".into(), bytes(&context.state_home.agent_record(id))]);
        argv.extend(["--kind".into(), BString::from(agent.kind.as_str())]);
        argv.extend(["--project".into(), BString::from(launchable.project.as_str())]);
        if let Some(conversation) = &agent.conversation {
            argv.extend(["--conversation".into(), BString::from(conversation.as_str())]);
        }
        argv.extend(["--".into(), bytes(&launchable.program)]);
        Some(argv)
    }
}
