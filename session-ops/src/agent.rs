//! The agent in the left pane: which one, how it is started, what it records of itself.

pub mod record;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bstr::BString;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use session_state::Agent;
use uuid::Uuid;

use crate::context::Context;
use crate::error::Error;

/// The kind of Claude Code in records.
pub const CLAUDE: &str = "claude";

/// Which agent new sessions get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentChoice {
    /// Claude Code if it is there, else a shell.
    Auto,
    /// Claude Code; that it is missing is an error.
    Claude,
    /// A shell.
    Shell,
}

/// What the left pane of a session runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Launch {
    /// The user's shell, because it was chosen.
    Shell,
    /// The user's shell, because this program isn't there.
    Missing(&'static str),
    /// This agent.
    Agent(Launchable),
}

/// An agent that can be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launchable {
    /// Its program.
    pub program: PathBuf,
}

impl AgentChoice {
    /// Reads `auto`, `claude` or `shell`; `name` is for the error.
    ///
    /// # Errors
    ///
    /// [`Error::Value`].
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        match text {
            "auto" => Ok(Self::Auto),
            "claude" => Ok(Self::Claude),
            "shell" => Ok(Self::Shell),
            _ => Err(Error::Value {
                name: name.to_owned(),
                value: text.to_owned(),
                why: "auto, claude and shell are possible".to_owned(),
            }),
        }
    }

    /// The word in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Claude => "claude",
            Self::Shell => "shell",
        }
    }

    /// The agent that a project gets.
    pub fn of_project(context: &Context, project: &str) -> Self {
        let own = context.config.projects.get(project).and_then(|project| project.agent);
        own.unwrap_or(context.config.agent.value)
    }

    /// What that means on this machine.
    ///
    /// # Errors
    ///
    /// [`Error::AgentMissing`] if an agent was asked for by name.
    pub fn launch(self, context: &Context) -> Result<Launch, Error> {
        if self == Self::Shell {
            return Ok(Launch::Shell);
        }
        match find_program(CLAUDE, context.environment.path.as_deref()) {
            Some(program) => Ok(Launch::Agent(Launchable { program })),
            None if self == Self::Auto => Ok(Launch::Missing(CLAUDE)),
            None => Err(Error::AgentMissing {
                program: CLAUDE.to_owned(),
            }),
        }
    }
}

impl Launchable {
    /// A new conversation of this agent.
    pub fn new_agent() -> Agent {
        Agent {
            kind: CLAUDE.to_owned(),
            conversation: Some(Uuid::new_v4().to_string()),
            process: None,
        }
    }

    /// The argument vector of a pane that runs this agent: `tsm pane-run`, which runs it, records it and then becomes the
    /// user's shell. `id` is the session's.
    pub fn pane_program(&self, context: &Context, agent: &Agent, id: &str) -> Option<Vec<BString>> {
        let tsm = tsm(context)?;
        let mut argv: Vec<BString> = vec![bytes(&tsm), "pane-run".into(), "--record".into()];
        argv.push(bytes(&context.state_home.agent_record(id)));
        argv.extend(["--kind".into(), BString::from(agent.kind.as_str())]);
        if let Some(conversation) = &agent.conversation {
            argv.extend(["--conversation".into(), BString::from(conversation.as_str())]);
        }
        argv.extend(["--".into(), bytes(&self.program)]);
        if let Some(conversation) = &agent.conversation {
            let flag = if has_transcript(context, conversation) {
                "--resume"
            } else {
                "--session-id"
            };
            argv.extend([BString::from(flag), conversation.as_str().into()]);
        }
        Some(argv)
    }
}

/// The same for a program that the config allows to be started by itself: only those are.
pub(crate) fn allowed(context: &Context, argv: &[BString]) -> Option<Vec<BString>> {
    let program = Path::new(OsStr::from_bytes(argv.first()?)).file_name()?.to_str()?;
    let allowed = &context.config.restore_programs.value;
    allowed
        .iter()
        .any(|name| name == program)
        .then(|| run_in_shell(context, argv))
}

/// The argument vector of a pane that runs a program as it ran in the pane's shell: a shell comes after it.
pub(crate) fn run_in_shell(context: &Context, argv: &[BString]) -> Vec<BString> {
    match tsm(context) {
        Some(tsm) => [&[bytes(&tsm), "pane-run".into(), "--".into()], argv].concat(),
        None => argv.to_vec(),
    }
}

/// Whether Claude Code has written anything of a conversation: resuming one that it never wrote is an error, and so is
/// beginning one that it has.
fn has_transcript(context: &Context, conversation: &str) -> bool {
    let environment = &context.environment;
    let base = environment.claude_config_dir.clone();
    let Some(base) = base.or_else(|| environment.home.as_ref().map(|home| home.join(".claude"))) else {
        return false;
    };
    let Ok(projects) = base.join("projects").read_dir() else {
        return false;
    };
    let file = format!("{conversation}.jsonl");
    projects.flatten().any(|project| project.path().join(&file).is_file())
}

/// The program `tsm`: this one, or if this is `tsm-recovery` the one beside it, else the one in `PATH`.
pub(crate) fn tsm(context: &Context) -> Option<PathBuf> {
    let this = context.environment.current_exe.as_deref()?;
    if !this
        .file_name()
        .is_some_and(|name| name.as_bytes().starts_with(b"tsm-recovery"))
    {
        return Some(this.to_owned());
    }
    let beside = this.with_file_name("tsm");
    if beside.is_file() {
        return Some(beside);
    }
    find_program("tsm", context.environment.path.as_deref())
}

/// A program in `PATH`.
pub fn find_program(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let directories = path?
        .as_bytes()
        .split(|byte| *byte == b':')
        .map(OsStr::from_bytes)
        .map(Path::new);
    // An empty entry means the working directory, from which nothing is ever run.
    directories
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|candidate| candidate.is_file() && accessat(CWD, candidate, Access::EXEC_OK, AtFlags::EACCESS).is_ok())
}

fn bytes(path: &Path) -> BString {
    path.as_os_str().as_bytes().into()
}
