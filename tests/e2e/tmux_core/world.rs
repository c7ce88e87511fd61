//! A server to try the crate on, and the ways to talk to it.

use std::sync::Arc;
use std::time::Duration;

use bstr::BString;
use tests::{Environment, Process};
use tmux_core::control::{Attach, ControlClient};
use tmux_core::{
    Auto, Command, Control, Direct, Identity, NewSession, Server, Session, SessionId, Snapshot, Socket, Spawn,
    Transport, UserOptions,
};

/// How calls go to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Spawn,
    Direct,
    Control,
    Auto,
}

/// A private environment and a server in it with one session, `main`.
pub(super) struct World {
    pub(super) env: Environment,
    pub(super) way: Way,
    pub(super) server: Server,
}

/// Runs one command that must come through.
#[track_caller]
pub(super) fn run(world: &World, command: Command) {
    world.server.run(vec![command]).unwrap();
}

/// Runs a test over each transport, each time with a server of its own.
#[track_caller]
pub(super) fn each(test: impl Fn(&World)) {
    for way in [Way::Spawn, Way::Direct, Way::Control, Way::Auto] {
        println!("over {way:?}");
        test(&World::new(way));
    }
}

impl World {
    pub(super) fn new(way: Way) -> Self {
        Self::with_config(way, "")
    }

    /// The same with lines in the server's configuration.
    pub(super) fn with_config(way: Way, config: &str) -> Self {
        Self::in_environment(Environment::new(), way, config)
    }

    pub(super) fn in_environment(env: Environment, way: Way, config: &str) -> Self {
        env.tmux_config(config);
        env.tmux(["new-session", "-d", "-s", "main", "-x", "100", "-y", "30", "-c", "/"]);
        let server = server(&env, way);
        Self { env, way, server }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        self.server.snapshot(UserOptions::default()).unwrap()
    }

    pub(super) fn session(&self, name: &str) -> Session {
        self.snapshot().session_named(name.as_bytes()).unwrap().clone()
    }

    pub(super) fn process(&self) -> Process {
        self.env.server().expect("a server")
    }

    /// A control client on `main`.
    pub(super) fn control(&self, change: impl FnOnce(Attach) -> Attach) -> ControlClient {
        let socket = Socket::at_path(self.env.socket());
        ControlClient::attach(spawn_binary(&self.env), socket, identity(&self.env), &change(attach())).unwrap()
    }
}

/// The server on the environment's socket, talked to in this way.
pub(super) fn server(env: &Environment, way: Way) -> Server {
    let socket = Socket::at_path(env.socket());
    let spawn = Spawn::new(spawn_binary(env), socket.clone());
    let direct = Direct::new(socket.clone(), identity(env));
    let transport: Arc<dyn Transport> = match way {
        Way::Spawn => Arc::new(spawn),
        Way::Direct => Arc::new(direct),
        Way::Auto => Arc::new(Auto::new(direct, spawn)),
        Way::Control => Arc::new(Control::new(spawn_binary(env), socket.clone(), identity(env), attach())),
    };
    Server::over(transport, socket)
}

pub(super) fn identity(env: &Environment) -> Identity {
    let variable = |name: &str, value: BString| (BString::from(name), value);
    Identity {
        environment: vec![
            variable("TSM_E2E_ROOT", env.root().to_string_lossy().as_bytes().into()),
            variable("SSH_AUTH_SOCK", "/agent".into()),
        ],
        directory: env.root().to_owned(),
    }
}

/// The first session of a server, `main`, has this id.
fn attach() -> Attach {
    Attach {
        limit: Duration::from_secs(20),
        ..Attach::to(SessionId(0))
    }
}

/// The crate starts tmux with the environment of its own process, which is the test's: a script gives it the private one.
pub(super) fn spawn_binary(env: &Environment) -> std::path::PathBuf {
    let script = env.bin().join("private-tmux");
    if script.exists() {
        return script;
    }
    let tmux = std::env::var("TSM_TMUX").unwrap_or_else(|_| "tmux".to_owned());
    let (root, home) = (env.root().display(), env.home());
    let locale = env.command("printenv", ["LC_ALL"]).run().success().stdout;
    let text = format!(
        "#!/bin/sh\nexec env -u TMUX TSM_E2E_ROOT={root} HOME={} SHELL=/bin/sh SSH_AUTH_SOCK=/agent LC_ALL={} {tmux} \"$@\"\n",
        home.display(),
        String::from_utf8_lossy(&locale).trim()
    );
    env.script("private-tmux", &text)
}

pub(super) fn named(name: &str) -> NewSession {
    NewSession {
        name: name.into(),
        directory: "/".into(),
        size: Some((100, 30)),
        ..NewSession::default()
    }
}
