//! What every verb works with: where things are, and the way to them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use session_lock::replace::{PrivateDir, create_private_dir};
use session_lock::{Guard, LockOptions, ProcessIdentity, Wait, acquire_notifying};
use session_recovery::backup::{finish_restores, leftovers};
use session_recovery::ours::{BRIEF_MARKS, MARKS};
use session_state::{Saved, ServerIdentity, Store};
use tmux_core::{Auto, BriefPanes, Direct, Identity, Server, ServerInfo, Snapshot, Socket, Spawn, Transport};

use crate::account::Account;
use crate::clock::Clock;
use crate::config::env::{Environment, TSM_SOCKET_NAME, TSM_SOCKET_PATH, TSM_TRANSPORT};
use crate::config::server::named;
use crate::config::{Config, Flags};
use crate::error::Error;
use crate::event::{Event, Events};
use crate::hooks::VARIABLES;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::paths::{self, StateHome};
use crate::trace::{Trace, Traced, Tracing};

/// The version that records name.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// They name a server, whichever project it is about.
static SOCKET_VARIABLES: [&str; 2] = [TSM_SOCKET_NAME, TSM_SOCKET_PATH];

/// The same with those that hooks are told.
static SOCKET_AND_HOOK_VARIABLES: LazyLock<Vec<&str>> = LazyLock::new(|| [&SOCKET_VARIABLES[..], &VARIABLES].concat());

/// The configuration, the environment and handles on the server and the states. Making one starts and changes nothing.
#[derive(Debug)]
pub struct Context {
    /// The effective configuration.
    pub config: Config,
    /// The environment.
    pub environment: Environment,
    /// Locks, log, records of agents.
    pub state_home: StateHome,
    /// The clock.
    pub clock: Clock,
    /// The tmux server.
    pub server: Server,
    /// The `tmux` program on that server's socket.
    pub tmux: Spawn,
    /// The saved states.
    pub store: Store,
    /// The log.
    pub log: Log,
    /// The figures that are kept across calls.
    pub metrics: Metrics,
    /// The call that is going on.
    pub account: Account,
    /// Whether the server is the one that the command line names, whatever a project's `server` says.
    pub(crate) server_is_given: bool,
    /// Whether the server is one that projects name; those that name none aren't its.
    pub(crate) server_is_of_projects: bool,
    tracing: Tracing,
}

/// The right to change the server and the sessions on it. Held by one process at a time.
#[derive(Debug)]
#[must_use = "the right ends when this is dropped"]
pub struct OperationLock(Guard);

impl OperationLock {
    /// Gives the right back.
    pub fn release(self) {
        self.0.release();
    }
}

impl Context {
    /// Reads the configuration. With a `trace` every call of tmux is told.
    ///
    /// # Errors
    ///
    /// What is wrong with it, before anything was changed.
    pub fn new(flags: &Flags, environment: Environment, trace: Option<Trace>) -> Result<Self, Error> {
        let config = Config::load(flags, &environment)?;
        Self::with_config(config, flags, environment, trace)
    }

    /// The same for another server.
    pub(crate) fn at_server(&self, socket: Socket) -> Result<Self, Error> {
        let mut environment = self.environment.clone();
        // A server that is started here would hand them to its panes, where they would mean this server instead of it.
        (environment.socket_name, environment.socket_path) = (None, None);
        Self::with_socket(self.config.clone(), socket, environment, self.tracing.0.clone(), true)
    }

    /// As [`Context::new`], but where the config file can't be used, its `tell` hears why, and the built-in defaults take
    /// its place: recovering must not depend on it.
    ///
    /// # Errors
    ///
    /// What is wrong with the flags or the environment.
    pub fn despite_config(
        flags: &Flags,
        environment: Environment,
        trace: Option<Trace>,
        tell: &mut dyn FnMut(&Error),
    ) -> Result<Self, Error> {
        let config = match Config::load(flags, &environment) {
            Ok(config) => config,
            Err(error) => {
                let config = Config::without_file(flags, &environment)?;
                tell(&error);
                config
            }
        };
        Self::with_config(config, flags, environment, trace)
    }

    fn with_config(
        config: Config,
        flags: &Flags,
        environment: Environment,
        trace: Option<Trace>,
    ) -> Result<Self, Error> {
        let socket = socket(flags, &environment);
        Ok(Self {
            server_is_given: flags.socket_name.is_some() || flags.socket_path.is_some(),
            ..Self::with_socket(config, socket, environment, trace, false)?
        })
    }

    fn with_socket(
        config: Config,
        socket: Socket,
        environment: Environment,
        trace: Option<Trace>,
        is_other: bool,
    ) -> Result<Self, Error> {
        let state_home = StateHome::find(&environment)?;
        let binary = environment.tmux.clone().unwrap_or_else(|| PathBuf::from("tmux"));
        // What hooks are told is about what happens now, and a server that is started here lives longer.
        let hidden: &[&str] = match (environment.hook_depth > 0, is_other) {
            (false, false) => &[],
            (true, false) => &VARIABLES,
            (false, true) => &SOCKET_VARIABLES,
            (true, true) => &SOCKET_AND_HOOK_VARIABLES,
        };
        let tmux = Spawn::new(binary, socket.clone()).hiding(hidden);
        let shown = environment
            .variables
            .iter()
            .filter(|(name, _)| !hidden.iter().any(|hidden| name == *hidden));
        let identity = Identity {
            environment: shown.cloned().collect(),
            directory: environment.current_dir.clone().unwrap_or_else(|| PathBuf::from("/")),
        };
        let direct = Direct::new(socket.clone(), identity);
        let transport: Arc<dyn Transport> = match environment.transport.as_ref().map(|chosen| chosen.to_str()) {
            None | Some(Some("auto")) => Arc::new(Auto::new(direct, tmux.clone())),
            Some(Some("direct")) => Arc::new(direct),
            Some(Some("spawn")) => Arc::new(tmux.clone()),
            Some(_) => {
                return Err(Error::Value {
                    name: TSM_TRANSPORT.to_owned(),
                    value: environment.transport.unwrap_or_default().to_string_lossy().into_owned(),
                    why: "it is auto, direct or spawn".to_owned(),
                });
            }
        };
        let tracing = Tracing(trace.clone());
        let transport = match trace {
            Some(trace) => Arc::new(Traced::new(transport, trace)),
            None => transport,
        };
        let store = Store::open(&config.state_dir.value, &state_home.store_lock(&config.state_dir.value));
        let clock = environment.now.map_or(Clock::System, Clock::Fixed);
        Ok(Self {
            log: Log::new(&state_home, config.log.options(), clock),
            metrics: Metrics::new(&state_home),
            account: Account::default(),
            server_is_given: false,
            server_is_of_projects: is_other,
            tracing,
            clock,
            server: Server::over(transport, socket),
            tmux,
            store,
            state_home,
            config,
            environment,
        })
    }

    /// How locks are taken.
    pub fn lock_options(&self, purpose: &str) -> LockOptions {
        let wait = match self.config.lock_timeout.value {
            Duration::ZERO => Wait::No,
            limit => Wait::For(limit),
        };
        LockOptions {
            wait,
            purpose: format!("tsm {purpose}"),
            now: self.clock.now(),
            shared: false,
            allow_network_fs: self.config.allow_network_fs.value,
        }
    }

    /// Takes the operation lock, waiting as long as the configuration says.
    ///
    /// # Errors
    ///
    /// [`Error::Lock`], or [`Error::Replace`] if others can write to the state directory.
    pub fn lock_operation(&self, purpose: &str, events: Events<'_>) -> Result<OperationLock, Error> {
        self.close_to_others(events)?;
        let socket = paths::resolve(self.server.socket_path(), &self.environment);
        let path = self.state_home.operation_lock(&socket);
        let limit = self.config.lock_timeout.value.as_secs();
        let started = Instant::now();
        let acquired = acquire_notifying(&path, &self.lock_options(purpose), &mut |holder| {
            let holder = holder.map(|owner| format!("process {} ({})", owner.process.pid, owner.command));
            events(Event::WaitingForLock { holder, limit });
        });
        self.account.waited(started.elapsed());
        let acquired = acquired?;
        self.finish_restores(purpose)?;
        Ok(OperationLock(acquired.guard))
    }

    /// What a restore from a backup left that was cut off: it is finished before anybody acts on the states.
    fn finish_restores(&self, purpose: &str) -> Result<(), Error> {
        if !leftovers(self.store.dir()).is_empty() {
            let _exclusive = self.store.lock(&self.lock_options(purpose))?;
            finish_restores(self.store.dir())?;
        }
        Ok(())
    }

    /// Makes sure that only the user can read the state directory, if it is there.
    ///
    /// # Errors
    ///
    /// [`Error::Replace`] if others can write to it: what they may have put there is not for us to read.
    pub fn close_to_others(&self, events: Events<'_>) -> Result<(), Error> {
        let directory = &self.config.state_dir.value;
        if directory.exists() && create_private_dir(directory)? == PrivateDir::Tightened {
            events(Event::Tightened {
                directory: directory.clone(),
            });
        }
        Ok(())
    }

    /// The identity of the server that a snapshot came from; `None` if it has ended meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Process`].
    pub fn server_identity(&self, server: &ServerInfo) -> Result<Option<ServerIdentity>, Error> {
        let process = ProcessIdentity::of(server.pid)?;
        Ok(process.map(|process| ServerIdentity {
            process,
            socket: self.server.socket_path().to_owned(),
            version: server.version.to_string(),
        }))
    }

    /// Tells a line where calls of tmux are told.
    pub(crate) fn tell_trace(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.tracing.0 {
            trace(&line());
        }
    }

    /// Everything on the server with our marks; `None` if there is no server.
    ///
    /// # Errors
    ///
    /// [`Error::Tmux`].
    pub fn snapshot(&self) -> Result<Option<Snapshot>, Error> {
        self.snapshot_of(&self.server)
    }

    /// As [`Context::snapshot`], with a handle of its own: one with another time limit.
    pub(crate) fn snapshot_of(&self, server: &Server) -> Result<Option<Snapshot>, Error> {
        taken(|| server.snapshot(MARKS))
    }

    /// What there is, without how it looks: [`Server::brief_snapshot`], which is all that a list needs.
    pub(crate) fn brief_snapshot_of(&self, server: &Server, panes: BriefPanes) -> Result<Option<Snapshot>, Error> {
        taken(|| server.brief_snapshot(BRIEF_MARKS, panes))
    }

    /// When, by what and why a record is made now.
    pub fn saved(&self, reason: &str) -> Saved {
        Saved {
            at: self.clock.now(),
            by: VERSION.to_owned(),
            reason: reason.to_owned(),
        }
    }
}

/// `-S`, `-L`, their variables, the server one is in, the default server: the first that is given.
fn socket(flags: &Flags, environment: &Environment) -> Socket {
    // tmux hands the path to the panes as it is given, and there a relative one means another place.
    let at_path = |path: &Path| {
        Socket::at_path(match &environment.current_dir {
            Some(current) => current.join(path),
            None => path.to_owned(),
        })
    };
    if let Some(path) = &flags.socket_path {
        at_path(path)
    } else if let Some(label) = &flags.socket_name {
        named(label.clone(), environment)
    } else if let Some(path) = &environment.socket_path {
        at_path(path)
    } else if let Some(label) = &environment.socket_name {
        named(label.clone(), environment)
    } else if let Some(inside) = &environment.inside {
        Socket::at_path(&inside.socket)
    } else {
        named("default".into(), environment)
    }
}

/// `None` if there is no server.
fn taken(read: impl Fn() -> Result<Snapshot, tmux_core::Error>) -> Result<Option<Snapshot>, Error> {
    let snapshot = match read() {
        // It was just ending, and another may have come.
        Err(tmux_core::Error::ServerLost { .. }) => read(),
        other => other,
    };
    match snapshot {
        Ok(snapshot) => Ok(Some(snapshot)),
        Err(tmux_core::Error::NoServer { .. } | tmux_core::Error::ServerLost { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
