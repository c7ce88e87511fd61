//! What a verb can fail with: classes, which are also exit codes, and hints as data.

mod class;
mod hint;

use std::io;
use std::path::PathBuf;

use session_lock::LockError;
use session_lock::replace::ReplaceError;
use session_recovery::backup::BackupError;
use session_recovery::complete::Incomplete;
use session_recovery::rebuild::{ApplyError, PlanError};
use session_state::StoreError;

use crate::config::ConfigFileError;
use crate::import::ImportError;
use crate::template::TemplateError;

pub use class::Class;

/// Why a verb didn't do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The config file.
    #[error(transparent)]
    Config(#[from] ConfigFileError),
    /// A value of an option, a variable or the config.
    #[error("{name} can't be {value:?}: {why}")]
    Value {
        /// Where it came from, for example `--lock-timeout`.
        name: String,
        /// The value.
        value: String,
        /// What is wrong with it.
        why: String,
    },
    /// A place can't be told without this variable.
    #[error("the variable {variable} isn't set")]
    Variable {
        /// The variable.
        variable: &'static str,
    },
    /// A name that no project can have.
    #[error("{:?} can't be a project's name", shortened(name))]
    InvalidName {
        /// The name.
        name: String,
    },
    /// No project of that name, and no such directory.
    #[error("there is no project {name}")]
    UnknownProject {
        /// The name.
        name: String,
        /// Known names that are like it.
        nearest: Vec<String>,
    },
    /// A glob that matches no project.
    #[error("nothing matches {pattern:?}")]
    NoMatch {
        /// The glob.
        pattern: String,
        /// Names that are like it.
        nearest: Vec<String>,
    },
    /// A directory that can't be a project's.
    #[error("the directory {} {why}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A session that isn't ours has the name.
    #[error("the session {session} isn't tsm's")]
    Foreign {
        /// Its name.
        session: String,
        /// The project that wants the name.
        project: String,
    },
    /// A client can't go from one tmux server to another.
    #[error(
        "{project} is in another tmux server ({server}) than this terminal, and no client can go from one to another"
    )]
    OtherServer {
        /// The project.
        project: String,
        /// Its server, as options of tmux.
        server: String,
    },
    /// A second session of a project would be made, in another tmux server.
    #[error("{project} has a session in the tmux server at {}", socket.display())]
    LivesElsewhere {
        /// The project.
        project: String,
        /// The socket of that server.
        socket: PathBuf,
    },
    /// One verb is about projects of several tmux servers.
    #[error("{} and {} are in different tmux servers", projects[0], projects[1])]
    SeveralServers {
        /// Two of the projects.
        projects: [String; 2],
    },
    /// Another project's session has the name.
    #[error("the session {session} is that of {owner}")]
    OtherProject {
        /// The session.
        session: String,
        /// The project that it belongs to.
        owner: String,
    },
    /// The project has no session.
    #[error("{project} has no session")]
    NoSession {
        /// The project.
        project: String,
    },
    /// The project has no session, and only one that is there could be saved or ended.
    #[error("{project} has no session")]
    NoSessionThere {
        /// The project.
        project: String,
    },
    /// The session can't be seen whole, and less of it is not saved.
    #[error("{what} can't be saved")]
    Incomplete {
        /// The project, or `the sessions`.
        what: String,
        /// What is missing.
        #[source]
        why: Incomplete,
    },
    /// What a pane showed can't be compressed.
    #[error("what the panes showed can't be compressed")]
    Compress(#[source] io::Error),
    /// The project has no saved state.
    #[error("{project} has no saved state")]
    NoState {
        /// The project.
        project: String,
    },
    /// The verb is about the session one is in, and one is in none of ours.
    #[error("this is not inside a session of tsm's")]
    NotInside,
    /// The agent that the config names isn't there.
    #[error("the agent {program} isn't in PATH")]
    AgentMissing {
        /// Its program.
        program: String,
    },
    /// The config wants an agent not to ask, as root.
    #[error("{agent} is told to skip its questions, and this is root")]
    SkipsPermissions {
        /// The agent.
        agent: String,
    },
    /// A project is left whose work isn't done.
    #[error("{project} isn't done: its completion marker {} {why}", marker.display())]
    Unfinished {
        /// The project.
        project: String,
        /// Its marker.
        marker: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A conversation is open elsewhere, and two that write it would spoil it.
    #[error("the conversation {conversation} is open in process {pid}")]
    ConversationOpen {
        /// The conversation.
        conversation: String,
        /// The process.
        pid: u32,
    },
    /// A template that can't be used.
    #[error("{}{source}", file.as_deref().unwrap_or_default())]
    Template {
        /// Where it is in the config file, to be read before it.
        file: Option<String>,
        /// What is wrong with it.
        source: TemplateError,
    },
    /// A living session isn't made from a template.
    #[error("{project} has a session, and a template isn't put over it")]
    Lives {
        /// The project.
        project: String,
    },
    /// What is to be made is there already, and stays.
    #[error("{what} is in {} already", path.display())]
    Exists {
        /// What.
        what: String,
        /// Where.
        path: PathBuf,
    },
    /// A tmux server isn't started on this socket.
    #[error("no tmux server is started at {}: {why}", path.display())]
    SocketPlace {
        /// The socket.
        path: PathBuf,
        /// The reason.
        why: &'static str,
    },
    /// A project's repository has no such branch.
    #[error("{} has no branch {branch}", repository.display())]
    NoBranch {
        /// The branch.
        branch: String,
        /// The repository's directory.
        repository: PathBuf,
    },
    /// A branch has no worktree.
    #[error("no worktree of {project} is on {branch}")]
    NoWorktree {
        /// The project.
        project: String,
        /// The branch.
        branch: String,
    },
    /// git didn't make a worktree.
    #[error("git made no worktree: {why}")]
    Git {
        /// What it says.
        why: String,
    },
    /// Somebody else changed the config while it was edited.
    #[error("{} was changed meanwhile, and stays as it is now", path.display())]
    ConfigChanged {
        /// The config.
        path: PathBuf,
    },
    /// A file that can't be imported.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// A line couldn't be added to a file.
    #[error("can't add to {}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A hook of the config said no.
    #[error("the hook {hook} stopped it: `{command}`: {why}")]
    Hook {
        /// Its key in the config.
        hook: String,
        /// What ran.
        command: String,
        /// How it ended.
        why: String,
        /// The config file.
        file: PathBuf,
    },
    /// The user said no.
    #[error("cancelled")]
    Cancelled,
    /// The session stays because work would be lost.
    #[error("{project} is kept: {why}")]
    Kept {
        /// The project.
        project: String,
        /// What would be lost.
        why: String,
    },
    /// The tmux server would have to be restarted, and isn't ours alone.
    #[error("the tmux server can't be ended, because it holds more than sessions of tsm's: {}", others.join(", "))]
    OthersOnServer {
        /// What it holds.
        others: Vec<String>,
    },
    /// Everything else is done, but the tmux server isn't restarted.
    #[error("the tmux server isn't restarted, because it holds more than sessions of tsm's: {}", others.join(", "))]
    ServerKept {
        /// The other sessions.
        others: Vec<String>,
    },
    /// A lock.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// tmux.
    #[error(transparent)]
    Tmux(#[from] tmux_core::Error),
    /// The saved states.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A state that the format can't hold.
    #[error("the state of {project} can't be written")]
    Unwritable {
        /// The project.
        project: String,
        /// The reason.
        source: session_state::CodecError,
    },
    /// A record that can't be rebuilt.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A session that couldn't be built.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The backups.
    #[error(transparent)]
    Backup(BackupError),
    /// A file that couldn't be changed.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// A process that can't be examined.
    #[error(transparent)]
    Process(#[from] session_lock::ProcessError),
    /// A program that can't be started.
    #[error("{} can't be started", program.display())]
    Start {
        /// The program.
        program: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The log can't be read.
    #[error("the log {} can't be read", path.display())]
    LogUnreadable {
        /// The log.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// Signals can't be waited for.
    #[error("signals can't be waited for")]
    Signals(#[source] io::Error),
    /// A manual page or a completion script can't be made.
    #[error("the text can't be made")]
    Generate(#[source] io::Error),
    /// The process that ends the session that is left didn't get ready.
    #[error("the process that ends {project} didn't get ready")]
    HandOver {
        /// The project.
        project: String,
        /// The reason.
        source: io::Error,
    },
}

impl Error {
    /// The class.
    pub fn class(&self) -> Class {
        match self {
            Self::Config(_) | Self::Value { .. } | Self::Variable { .. } | Self::InvalidName { .. } => Class::Usage,
            Self::Exists { .. } | Self::Lives { .. } => Class::Refused,
            Self::ConfigChanged { .. } => Class::Busy,
            Self::Import(ImportError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Class::NotFound
            }
            Self::Import(_) => Class::Usage,
            Self::Template { source, .. } => match source {
                TemplateError::Unknown { .. } => Class::NotFound,
                _ => Class::Usage,
            },
            Self::AgentMissing { .. } | Self::SkipsPermissions { .. } => Class::Usage,
            Self::ConversationOpen { .. } | Self::Unfinished { .. } => Class::Refused,
            Self::Log { .. } => Class::Failed,
            Self::UnknownProject { .. } | Self::Directory { .. } | Self::NoSession { .. } => Class::NotFound,
            Self::NoMatch { .. } | Self::NoSessionThere { .. } => Class::NotFound,
            Self::NoBranch { .. } | Self::NoWorktree { .. } => Class::NotFound,
            Self::Git { .. } => Class::Failed,
            Self::NoState { .. } | Self::NotInside | Self::Plan(PlanError::NoDirectory { .. }) => Class::NotFound,
            Self::OthersOnServer { .. } | Self::ServerKept { .. } | Self::Hook { .. } => Class::Refused,
            Self::Foreign { .. } | Self::OtherProject { .. } | Self::Cancelled | Self::Kept { .. } => Class::Refused,
            Self::OtherServer { .. } | Self::LivesElsewhere { .. } | Self::SeveralServers { .. } => Class::Refused,
            Self::SocketPlace { .. } => Class::Refused,
            Self::Lock(error) => lock_class(error),
            Self::Tmux(tmux_core::Error::NotFound { .. }) => Class::NotFound,
            Self::Tmux(error) if error.is_unavailable() => Class::TmuxUnavailable,
            Self::Store(StoreError::Lock(error)) => lock_class(error),
            Self::Backup(error) => crate::backup::class(error),
            Self::Store(StoreError::InvalidName { .. }) => Class::Usage,
            Self::Store(StoreError::Corrupt { .. }) => Class::Corrupt,
            Self::Store(StoreError::NoState { .. } | StoreError::NoSuchEntry { .. }) => Class::NotFound,
            Self::Store(StoreError::NewerVersion { .. }) => Class::Refused,
            Self::Apply(ApplyError::Exists { .. }) => Class::Refused,
            Self::Plan(_) | Self::Unwritable { .. } => Class::Corrupt,
            Self::Tmux(_) | Self::Store(_) | Self::Apply(_) | Self::Replace(_) | Self::Process(_) => Class::Failed,
            Self::LogUnreadable { .. } | Self::Signals(_) | Self::Generate(_) => Class::Failed,
            Self::Start { .. } | Self::HandOver { .. } | Self::Incomplete { .. } | Self::Compress(_) => Class::Failed,
        }
    }
}

/// An error and what caused it, in one line.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // Errors that stand for their source word for word would say it twice.
        if !message.ends_with(&text) {
            message = format!("{message}: {text}");
        }
        source = cause.source();
    }
    message
}

/// So much of a text as says which one it is: what is typed may be as long as the system lets it.
fn shortened(text: &str) -> String {
    const ENOUGH: usize = 100;
    match text.char_indices().nth(ENOUGH) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn lock_class(error: &LockError) -> Class {
    match error {
        LockError::Busy { .. } | LockError::WouldDeadlock { .. } => Class::Busy,
        _ => Class::Failed,
    }
}
