//! In which condition the tmux server is.

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::net::sockopt::socket_peercred;
use session_lock::{Liveness, ProcessIdentity};
use session_recovery::ours::MARKS;
use tmux_core::Snapshot;

use super::{Finding, FindingKind};
use crate::context::Context;
use crate::error::{Error, with_causes};

/// How long tmux has to answer: a healthy server needs milliseconds.
const LIMIT: Duration = Duration::from_secs(5);

/// The condition of a tmux server.
#[derive(Debug, Clone)]
pub enum ServerCondition {
    /// It answers, with everything on it.
    Answers(Box<Snapshot>),
    /// There is none.
    None,
    /// There is none, but a socket of one.
    StaleSocket,
    /// This process is a server that our records name; it runs, but its socket is gone.
    SocketDeleted(ProcessIdentity),
    /// It doesn't answer in time; its process, if that can be told.
    Hung(Option<ProcessIdentity>),
    /// The client is of a version that it doesn't understand.
    Skew(String, Option<ProcessIdentity>),
    /// tmux can't be asked: missing, too old, the socket is another user's.
    Unavailable(String),
}

impl ServerCondition {
    /// Everything on it, if it answers.
    pub fn snapshot(&self) -> Option<&Snapshot> {
        match self {
            Self::Answers(snapshot) => Some(snapshot),
            _ => None,
        }
    }
}

/// Asks tmux, and where it has no answer the kernel.
pub(crate) fn condition(context: &Context) -> Result<ServerCondition, Error> {
    use tmux_core::Error as Tmux;
    let server = context.server.clone().with_limit(LIMIT);
    let snapshot = match server.snapshot(MARKS) {
        Err(Tmux::ServerLost { .. }) => server.snapshot(MARKS),
        other => other,
    };
    Ok(match snapshot {
        Ok(snapshot) => ServerCondition::Answers(Box::new(snapshot)),
        Err(Tmux::NoServer { .. } | Tmux::ServerLost { .. }) => without_server(context)?,
        Err(Tmux::TimedOut { .. }) => ServerCondition::Hung(listener(context)?),
        Err(Tmux::VersionSkew { text }) => ServerCondition::Skew(text, listener(context)?),
        Err(error) => ServerCondition::Unavailable(with_causes(&error)),
    })
}

fn without_server(context: &Context) -> Result<ServerCondition, Error> {
    let socket = context.server.socket_path();
    if let Some(process) = recorded_server(context)? {
        return Ok(ServerCondition::SocketDeleted(process));
    }
    Ok(if is_stale(socket) {
        ServerCondition::StaleSocket
    } else {
        ServerCondition::None
    })
}

/// A socket of ours that refuses connections. One that accepts is never called stale.
pub(crate) fn is_stale(socket: &Path) -> bool {
    let own = std::fs::symlink_metadata(socket).is_ok_and(|metadata| {
        metadata.file_type().is_socket() && metadata.uid() == rustix::process::geteuid().as_raw()
    });
    own && UnixStream::connect(socket).is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
}

/// A living process that records name as the server on this socket, and that is a tmux server.
fn recorded_server(context: &Context) -> Result<Option<ProcessIdentity>, Error> {
    let socket = context.server.socket_path();
    for (_, loaded) in context.store.load_all()? {
        let server = loaded.ok().and_then(|loaded| loaded.state.server);
        if let Some(server) = server.filter(|server| server.socket == socket)
            && server.process.liveness() == Liveness::Alive
            && is_tmux(server.process.pid)
        {
            return Ok(Some(server.process));
        }
    }
    Ok(None)
}

/// The process that listens on the socket, as the kernel tells of the connection; else the recorded one.
fn listener(context: &Context) -> Result<Option<ProcessIdentity>, Error> {
    let connection = UnixStream::connect(context.server.socket_path()).ok();
    let peer = connection.and_then(|connection| socket_peercred(&connection).ok());
    let pid = peer.and_then(|peer| u32::try_from(peer.pid.as_raw_nonzero().get()).ok());
    match pid.filter(|pid| is_tmux(*pid)) {
        Some(pid) => Ok(ProcessIdentity::of(pid)?),
        None => recorded_server(context),
    }
}

/// tmux gives its server this name; what merely has the number of one is none.
pub(crate) fn is_tmux(pid: u32) -> bool {
    std::fs::read(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with(b"tmux"))
}

pub(crate) fn findings(context: &Context, condition: &ServerCondition) -> Vec<Finding> {
    let socket = context.server.socket_path();
    let process = |process: &Option<ProcessIdentity>| match process {
        Some(process) => format!("process {}", process.pid),
        None => "whose process can't be told".to_owned(),
    };
    let finding = match condition {
        ServerCondition::Answers(_) => return Vec::new(),
        ServerCondition::None => return no_program(context).into_iter().collect(),
        ServerCondition::StaleSocket => {
            let stale = Finding::new(
                FindingKind::SocketStale,
                socket,
                "nobody listens on this socket",
                "nothing needs to be done: tmux replaces it when it starts",
            );
            return no_program(context).into_iter().chain([stale]).collect();
        }
        ServerCondition::SocketDeleted(server) => Finding::new(
            FindingKind::SocketDeleted,
            socket,
            format!(
                "the socket was deleted; its tmux server, process {}, still runs",
                server.pid
            ),
            format!(
                "`kill -USR1 {}` makes it anew; so does `tsm-recovery emergency`",
                server.pid
            ),
        ),
        ServerCondition::Hung(server) => Finding::new(
            FindingKind::ServerHung,
            socket,
            format!(
                "the tmux server ({}) doesn't answer within {} s",
                process(server),
                LIMIT.as_secs()
            ),
            "`tsm-recovery emergency` restarts it if it holds only tsm's sessions",
        ),
        ServerCondition::Skew(text, server) => Finding::new(
            FindingKind::VersionSkew,
            socket,
            format!(
                "the tmux server ({}) is of another version than the program: {text}",
                process(server)
            ),
            "name the program of the server's version with TSM_TMUX, or end the server",
        ),
        ServerCondition::Unavailable(why) => unavailable(socket, why.clone()),
    };
    vec![finding]
}

/// Without a server, whether one can be started.
fn no_program(context: &Context) -> Option<Finding> {
    let error = context.tmux.check(LIMIT).err()?;
    Some(unavailable(context.server.socket_path(), with_causes(&error)))
}

fn unavailable(socket: &Path, why: String) -> Finding {
    let remedy = "install tmux, or name it with TSM_TMUX";
    Finding::new(FindingKind::TmuxUnavailable, socket, why, remedy)
}
