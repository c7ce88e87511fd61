//! The ways to talk to a server.

use std::cell::RefCell;
use std::os::unix::ffi::OsStringExt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tests::Environment;
use tests::bench::Contender;
use tmux_core::control::{Attach, ClientFlags};
use tmux_core::{Control, Direct, Identity, Server, SessionId, Socket};

use crate::bare;

const LIMIT: Duration = Duration::from_secs(60);

/// A way to talk to a server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Way {
    Spawn,
    Direct,
    /// One control client for all calls, attached before the measurement and gone after it: while one is attached, the
    /// server has more to do for everybody.
    Control,
}

pub(crate) const WAYS: [Way; 3] = [Way::Spawn, Way::Direct, Way::Control];

impl Way {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Spawn => "spawn",
            Self::Direct => "direct",
            Self::Control => "control",
        }
    }

    /// The server of this environment, which runs, has answered once, and has a session `$0`.
    pub(crate) fn server(self, env: &Environment) -> Server {
        let socket = Socket::at_path(env.socket());
        let server = match self {
            Self::Spawn => Server::spawned(bare::program(), socket),
            Self::Direct => Server::over(Arc::new(Direct::new(socket.clone(), identity())), socket),
            Self::Control => {
                let attach = Attach {
                    session: SessionId(0),
                    flags: ClientFlags::default(),
                    limit: LIMIT,
                    spawned: false,
                };
                let control = Control::new(bare::program(), socket.clone(), identity(), attach);
                Server::over(Arc::new(control), socket)
            }
        };
        let server = server.with_limit(LIMIT);
        server.run(vec![say("ready")]).expect("the server answers");
        server
    }
}

/// Measures what is done with a server that is talked to in this way.
pub(crate) fn by<'a, T>(
    way: Way,
    env: &'a Environment,
    run: impl Fn(&Server) -> T + 'a,
    check: impl Fn(T) + 'a,
) -> Contender<'a> {
    let server: Rc<RefCell<Option<Server>>> = Rc::default();
    let (prepared, used, after) = (Rc::clone(&server), Rc::clone(&server), server);
    let measured = Contender::new(
        way.name(),
        move || run(used.borrow().as_ref().expect("a server")),
        move |result| {
            // A control client detaches here.
            after.replace(None);
            check(result);
        },
    );
    measured.prepared_by(move || {
        prepared.replace(Some(way.server(env)));
    })
}

/// A command that only prints a text.
pub(crate) fn say(text: &str) -> tmux_core::Command {
    let text = tmux_core::Arg::Literal(text.into());
    tmux_core::Command::new("display-message").flag("-p").operands([text])
}

/// As the `tmux` program introduces itself, with the environment of this process.
fn identity() -> Identity {
    let bytes = |text: std::ffi::OsString| text.into_vec().into();
    Identity {
        environment: std::env::vars_os()
            .map(|(name, value)| (bytes(name), bytes(value)))
            .collect(),
        directory: "/".into(),
    }
}
