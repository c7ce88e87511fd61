//! The private tmux server: commands to it, its process, its end.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use rustix::net::sockopt::socket_peercred;

use crate::process::{Process, Signal};
use crate::{Environment, Invocation, wait};

/// How long a server gets to end by itself.
const GRACE: Duration = Duration::from_secs(10);

impl Environment {
    /// Runs one command of tmux against the private server and gives what it printed. `new-session` starts the
    /// server.
    ///
    /// # Panics
    /// When tmux reports a failure.
    #[track_caller]
    pub fn tmux<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Vec<u8> {
        self.tmux_command(args).run().success().stdout
    }

    /// The same as a builder, for commands that may fail.
    pub fn tmux_command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Invocation<'_> {
        // Found on the private PATH, where a tmux that TSM_TMUX names comes first.
        self.command("tmux", ["-u", "-S"]).arg(self.socket()).args(args)
    }

    /// The server's process; `None` when none listens on the socket. It need not answer for this.
    pub fn server(&self) -> Option<Process> {
        server(&self.socket())
    }

    /// The server's process id; `None` when none listens on the socket.
    pub fn server_pid(&self) -> Option<u32> {
        self.server().map(|server| server.pid)
    }

    /// Ends the server as `kill-server` does, and waits until it is gone.
    ///
    /// # Panics
    /// When there is none, or it does not end.
    #[track_caller]
    pub fn kill_server(&self) {
        let server = self.server().expect("a server to kill");
        wait_started(server);
        server.signal(Signal::TERM);
        self.wait_gone(server);
    }

    /// Kills the server as a crash would: its sessions end with it, the socket file stays.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn kill_server_hard(&self) {
        let server = self.server().expect("a server to kill");
        wait_started(server);
        server.signal(Signal::KILL);
        self.wait_gone(server);
    }

    #[track_caller]
    fn wait_gone(&self, server: Process) {
        let gone = wait::at_most(GRACE, || gone(&self.socket(), server));
        assert!(gone.is_ok(), "the tmux server {} did not end", server.pid);
    }
}

/// Waits until what the server has forked runs the programs that it was forked for. A child that hasn't taken its
/// terminal yet isn't told of its end when the server goes, and what it then becomes would stay for ever.
fn wait_started(server: Process) {
    let directory = |pid: u32| Path::new("/proc").join(pid.to_string());
    let program = |pid| fs::read_link(directory(pid).join("exe")).ok();
    let children = directory(server.pid).join(format!("task/{}/children", server.pid));
    let own = program(server.pid);
    let _whoever_is_late_is_found_by_the_leak_check = wait::at_most(GRACE, || {
        let children = fs::read_to_string(&children).unwrap_or_default();
        let mut children = children.split_ascii_whitespace().filter_map(|pid| pid.parse().ok());
        match children.any(|child| own.is_some() && program(child) == own) {
            true => Err("a child of the server is still the server's program"),
            false => Ok(()),
        }
    });
}

/// Ends the server on the socket, if there is one, by force when it does not end by itself.
pub(crate) fn end(socket: &Path) -> Result<(), String> {
    let Some(server) = server(socket) else { return Ok(()) };
    wait_started(server);
    // `kill-server` does nothing but send this, and a client could hang.
    server.signal(Signal::TERM);
    // A test may have stopped it.
    server.signal(Signal::CONT);
    if wait::at_most(GRACE, || gone(socket, server)).is_ok() {
        return Ok(());
    }
    server.signal(Signal::KILL);
    server.wait_ended(GRACE);
    Err(format!("the tmux server {} had to be killed", server.pid))
}

/// Who listens on the socket, as the kernel knows it.
fn server(socket: &Path) -> Option<Process> {
    let connection = UnixStream::connect(socket).ok()?;
    let peer = socket_peercred(&connection).ok()?;
    Process::of(peer.pid.as_raw_nonzero().get().try_into().ok()?)
}

/// Both matter: a server refuses connections a moment before it is gone, and starting another fails until then.
/// A living server is not connected to: one that does not answer would be until its queue is full, and then block.
fn gone(socket: &Path, server: Process) -> Result<(), ()> {
    if !server.alive() && UnixStream::connect(socket).is_err() {
        Ok(())
    } else {
        Err(())
    }
}
