//! What a verb can fail with: classes, which are also exit codes, and hints as data.

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

/// What kind of failure it is. The exit codes of both binaries, one table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It didn't work: 1.
    Failed,
    /// The command line or the config is wrong: 2.
    Usage,
    /// There is no such thing: 3.
    NotFound,
    /// Somebody else is at it, and wasn't done in time: 4.
    Busy,
    /// tmux is missing, too old or doesn't answer: 5.
    TmuxUnavailable,
    /// A file is damaged: 6.
    Corrupt,
    /// A guard refused it: 7.
    Refused,
    /// A part of it worked: 8.
    Partly,
}

impl Class {
    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Busy => 4,
            Self::TmuxUnavailable => 5,
            Self::Corrupt => 6,
            Self::Refused => 7,
            Self::Partly => 8,
        }
    }

    /// The name in JSON documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Usage => "usage",
            Self::NotFound => "not_found",
            Self::Busy => "busy",
            Self::TmuxUnavailable => "tmux_unavailable",
            Self::Corrupt => "corrupt",
            Self::Refused => "refused",
            Self::Partly => "partly",
        }
    }
}

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

    /// What to do now, if there is more to say than the message does.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config(ConfigFileError::UnknownKey { nearest, .. }) => {
                nearest.as_ref().map(|key| format!("did you mean `{key}`?"))
            }
            Self::Template { source, .. } => source.hint(),
            Self::Lives { project } => Some(format!("`tsm switch {project} --fresh --template NAME` replaces it")),
            Self::ConfigChanged { .. } => Some("try again".to_owned()),
            Self::InvalidName { .. } => Some(
                "letters, digits, `_`, `@` and `-` make a name; a directory is given as a path, `./NAME`".to_owned(),
            ),
            Self::UnknownProject { nearest, .. } if nearest.is_empty() => {
                Some("`tsm list --all` shows the projects; a directory, `tsm switch .`, becomes one".to_owned())
            }
            Self::NoMatch { nearest, .. } if nearest.is_empty() => {
                Some("`tsm list --all` shows the projects".to_owned())
            }
            Self::UnknownProject { nearest, .. } | Self::NoMatch { nearest, .. } => {
                Some(format!("did you mean {}?", nearest.join(" or ")))
            }
            Self::Foreign { project, .. } => Some(format!("`tsm adopt {project}` makes it tsm's")),
            Self::NoBranch { .. } => Some("--new-branch makes it, from what the repository is on".to_owned()),
            Self::NoWorktree { .. } => Some("--worktree makes one; a PATH names another directory".to_owned()),
            Self::NoSession { project } => Some(format!("`tsm switch {project}` makes one")),
            Self::NoSessionThere { .. } => Some("`tsm list` shows the sessions that there are".to_owned()),
            Self::NoState { project } => Some(format!("`tsm save {project}` makes one")),
            Self::OtherServer { project, .. } => Some(format!(
                "`tmux detach-client -E 'tsm switch {project}'` detaches this terminal and goes there; --no-attach makes \
                 the session and shows nothing"
            )),
            Self::LivesElsewhere { project, socket } => Some(format!(
                "outside of tmux `tsm -S {0} attach {project}` goes there; `tsm -S {0} kill {project}` saves and ends it, \
                 and then it can be made here",
                socket.display()
            )),
            Self::SeveralServers { .. } => Some("name them in a call for each server".to_owned()),
            Self::NotInside => Some("name a project".to_owned()),
            Self::SkipsPermissions { agent } => Some(format!(
                "agents.{agent}.sandbox = true in the config allows it, for a machine that can be lost"
            )),
            Self::AgentMissing { .. } => Some("install it, or set agent = \"auto\" in the config".to_owned()),
            Self::OthersOnServer { .. } => Some("--restart-server ends it with everything in it".to_owned()),
            Self::ServerKept { .. } => Some(
                "all else is done; `tsm-recovery emergency --restart-server` ends it with everything in it".to_owned(),
            ),
            Self::Unfinished { .. } => Some("--force leaves it all the same".to_owned()),
            Self::Kept { .. } => Some("--force ends it".to_owned()),
            Self::Hook { hook, file, .. } => {
                let event = hook.rsplit('.').next().unwrap_or_default();
                Some(format!(
                    "{hook} is in {}; `tsm logs` has what it printed, `tsm hooks test {event}` runs it, and with \
                     TSM_HOOKS=off none runs",
                    file.display()
                ))
            }
            Self::Lock(LockError::Busy { .. }) | Self::Store(StoreError::Lock(LockError::Busy { .. })) => {
                Some("try again, or wait longer with --lock-timeout SECONDS".to_owned())
            }
            Self::Lock(LockError::NetworkFileSystem { .. })
            | Self::Store(StoreError::Lock(LockError::NetworkFileSystem { .. })) => Some(
                "let XDG_STATE_HOME be on a local disk; or, if only one machine uses it, set allow_network_fs = true \
                 in the config"
                    .to_owned(),
            ),
            Self::Tmux(tmux_core::Error::BinaryMissing { .. }) => {
                Some("install tmux, or name it with the variable TSM_TMUX".to_owned())
            }
            Self::Tmux(tmux_core::Error::TooOld { .. }) => Some("install a newer tmux".to_owned()),
            Self::Tmux(tmux_core::Error::VersionSkew { .. }) => {
                Some("the server runs an older or newer tmux than the one in PATH; name that with TSM_TMUX".to_owned())
            }
            Self::Tmux(tmux_core::Error::NoServer { .. }) => Some(
                "`tsm switch PROJECT` makes a session, `tsm restore` brings back what was lost; either starts one"
                    .to_owned(),
            ),
            Self::Tmux(error) if error.is_unavailable() => {
                Some("states are saved; `tsm restore` brings sessions back when the server is gone".to_owned())
            }
            Self::Backup(error) => crate::backup::hint(error).map(str::to_owned),
            _ => None,
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
