//! What an agent is started with, found out in its pane just before: nobody waits for that who makes a session, and what
//! the config says by then counts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};
use session_lock::ProcessIdentity;

use super::{PaneRun, shell};
use crate::agent::bindings::{self, Binding, Reason};
use crate::agent::conversation::{config_dir_in, has_transcript};
use crate::agent::home::AgentHome;
use crate::agent::kind::{AgentKind, StatusSource};
use crate::agent::launch::{Start, Wishes, arguments, environment as launch_environment, start, takes_settings};
use crate::agent::record::AgentRecord;
use crate::agent::{find_program, hooks, lease, login_environment, settings};
use crate::clock::Clock;
use crate::config::Config;
use crate::config::env::Environment;
use crate::error::Error;

/// An agent that is about to be started.
#[derive(Debug)]
pub struct Prepared {
    pub(super) program: PathBuf,
    pub(super) args: Vec<OsString>,
    /// Its whole environment.
    pub(super) variables: Vec<(BString, BString)>,
    kind: String,
    home: AgentHome,
    conversation: Option<String>,
    reason: Reason,
    config_dir: Option<PathBuf>,
    pane: Option<String>,
    state_dir: PathBuf,
    server: Option<PathBuf>,
    clock: Clock,
}

impl Prepared {
    /// # Errors
    ///
    /// [`Error::ConversationOpen`] if somebody else has its conversation open; [`Error::Value`] for an agent that the config
    /// doesn't know any more; [`Error::Replace`] and [`Error::Lock`] if tsm's own files can't be written.
    pub(super) fn of(
        request: &PaneRun,
        record: &Path,
        config: &Config,
        environment: &Environment,
    ) -> Result<Self, Error> {
        let kind = config.agents.get(&request.kind)?.ok_or_else(|| Error::Value {
            name: "agent".to_owned(),
            value: request.kind.clone(),
            why: "the config knows no agent of this name".to_owned(),
        })?;
        let wishes = Wishes::of(config, &request.project);
        wishes.refuse_skipping_as_root(&kind)?;
        let home = AgentHome::of_record(record).logging(config.log.options());
        let clock = environment.now.map_or(Clock::System, Clock::Fixed);
        let inherited = login(environment, config).unwrap_or_else(|| environment.variables.clone());
        let variables = launch_environment(&kind, &wishes, inherited, home.session());
        let config_dir = (kind.status() == StatusSource::Claude)
            .then(|| config_dir_in(&variables))
            .flatten();
        if let Some(conversation) = &request.conversation {
            lease::take(&home, config_dir.as_deref(), conversation, clock)?;
        }
        let _what_is_older_than_the_process_is_passed_over = hooks::begin(&home);
        let before = AgentRecord::read(record);
        let begun = request
            .conversation
            .as_ref()
            .is_some_and(|conversation| match &config_dir {
                Some(config_dir) => has_transcript(config_dir, conversation),
                None => before
                    .as_ref()
                    .is_some_and(|before| before.conversation.as_ref() == Some(conversation)),
            });
        let start = start(&kind, request.conversation.as_deref(), begun, before.is_some());
        let settings = settings_file(&kind, &wishes, &home, environment);
        let mut args = arguments(&kind, &wishes, &start, settings.as_deref());
        args.extend(request.args.iter().cloned());
        Ok(Self {
            program: program(&request.program, &variables),
            args,
            kind: kind.name.clone(),
            reason: if matches!(start, Start::Resume(_)) {
                Reason::Resumed
            } else {
                Reason::Begun
            },
            conversation: match start {
                Start::New(id) | Start::Resume(id) => Some(id.to_owned()),
                Start::Plain | Start::Latest => None,
            },
            pane: environment
                .inside
                .as_ref()
                .and_then(|inside| inside.pane)
                .map(|pane| pane.to_string()),
            state_dir: config.state_dir.value.clone(),
            server: environment.inside.as_ref().map(|inside| inside.socket.clone()),
            variables,
            home,
            config_dir,
            clock,
        })
    }

    /// It runs. Whatever can't be written of that, it runs all the same.
    pub(super) fn started(&self, process: &ProcessIdentity) {
        let _unrecorded = self.record(process, None).write(self.home.record());
        let Some(conversation) = &self.conversation else { return };
        let _unleased = lease::pass_on(&self.home, conversation, process);
        let binding = Binding {
            kind: self.kind.clone(),
            conversation: conversation.clone(),
            config_dir: self.config_dir.clone(),
            transcript: None,
            pid: process.pid,
            start_time: process.start_time,
        };
        let _unbound = bindings::bind(&self.home, &binding, self.reason, self.clock);
    }

    /// It has ended.
    pub(super) fn ended(&self, process: &ProcessIdentity, status: i32) {
        let _unrecorded = self.record(process, Some(status)).write(self.home.record());
    }

    fn record(&self, process: &ProcessIdentity, exit_status: Option<i32>) -> AgentRecord {
        AgentRecord {
            kind: self.kind.clone(),
            conversation: self.conversation.clone(),
            pid: process.pid,
            start_time: process.start_time,
            boot_id: process.boot_id.clone(),
            pane_pid: std::process::id(),
            exit_status,
            config_dir: self.config_dir.clone(),
            pane: self.pane.clone(),
            state_dir: Some(self.state_dir.clone()),
            server: self.server.clone(),
        }
    }
}

/// What the login shell exports, if it is asked and says so in time.
fn login(environment: &Environment, config: &Config) -> Option<Vec<(BString, BString)>> {
    let limit = config.login_environment.value;
    if limit.is_zero() {
        return None;
    }
    login_environment::read(shell(environment), &environment.variables, limit)
}

/// The program that was found when the session was made; if it has gone since, the one of its name in the agent's own `PATH`.
fn program(found: &Path, variables: &[(BString, BString)]) -> PathBuf {
    if found.is_file() {
        return found.to_owned();
    }
    let path = variables
        .iter()
        .find(|(name, _)| name == "PATH")
        .and_then(|(_, path)| path.to_os_str().ok());
    let again = found.file_name().and_then(|name| find_program(name.as_ref(), path));
    again.unwrap_or_else(|| found.to_owned())
}

/// The file with our hooks. Without it the agent runs too, and its acknowledgements are missed.
fn settings_file(kind: &AgentKind, wishes: &Wishes, home: &AgentHome, environment: &Environment) -> Option<PathBuf> {
    if !takes_settings(kind, wishes) {
        return None;
    }
    settings::write(home, environment.current_exe.as_deref()?).ok()?;
    Some(home.settings())
}
