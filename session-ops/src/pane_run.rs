//! What an agent's pane runs: the agent in the foreground with job control, and the user's shell after it. Programs that
//! ran in a shell are started again in the same way.

mod prepare;

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use nix::sys::signal::{SigSet, Signal, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpgrp, tcsetpgrp};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use session_lock::ProcessIdentity;

use crate::config::Config;
use crate::config::env::Environment;
use crate::error::Error;
use crate::programs;

pub use prepare::Prepared;

/// What to run.
#[derive(Debug, Clone)]
pub struct PaneRun {
    /// Where the agent is recorded; a program that is none isn't.
    pub record: Option<PathBuf>,
    /// Which agent it is.
    pub kind: String,
    /// The project.
    pub project: String,
    /// Its conversation.
    pub conversation: Option<String>,
    /// Its program.
    pub program: PathBuf,
    /// Its arguments beyond what the config says.
    pub args: Vec<OsString>,
}

/// Runs a program until it ends, and returns its exit status as a shell counts it.
///
/// # Errors
///
/// [`Error::Start`] if it can't be started; of an agent also [`Error::ConversationOpen`] and what [`Prepared`] needs. That it
/// can't be recorded is no reason not to run it.
pub fn run(request: &PaneRun, config: &Config, environment: &Environment) -> Result<i32, Error> {
    let modes = tcgetattr(io::stdin()).ok();
    stop_ignoring_job_control();
    let prepared = match &request.record {
        Some(record) => Some(Prepared::of(request, record, config, environment)?),
        None => None,
    };
    let (program, args, variables) = match &prepared {
        Some(prepared) => (&prepared.program, &prepared.args, Some(prepared.variables.as_slice())),
        None => (&request.program, &request.args, None),
    };
    let child = programs::start_on_terminal(program, args, variables).map_err(|source| Error::Start {
        program: program.clone(),
        source,
    })?;
    let agent = Pid::from_raw(i32::try_from(child.id()).unwrap_or_default());
    give_terminal_to(agent);
    let process = ProcessIdentity::of(child.id()).ok().flatten();
    if let (Some(prepared), Some(process)) = (&prepared, &process) {
        undisturbed(|| prepared.started(process));
    }
    let status = wait(agent, environment);
    give_terminal_to(getpgrp());
    if let Some(modes) = modes {
        // An agent that was killed leaves the terminal in its own modes.
        let _best_effort = tcsetattr(io::stdin(), OptionalActions::Now, &modes);
    }
    if let (Some(prepared), Some(process)) = (&prepared, &process) {
        undisturbed(|| prepared.ended(process, status));
    }
    Ok(status)
}

/// Writes a record while the end of the terminal has to wait: a session may end in this very moment, and would leave a
/// half-written file. A signal that came meanwhile takes effect afterwards.
fn undisturbed(record: impl FnOnce()) {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGHUP);
    signals.add(Signal::SIGTERM);
    let blocked = signals.thread_block().is_ok();
    record();
    if blocked {
        let _was_blocked_by_us = signals.thread_unblock();
    }
}

/// Becomes the user's login shell, as tmux would have started it.
///
/// # Errors
///
/// [`Error::Start`] if neither it nor `/bin/sh` can be started.
pub fn become_shell(environment: &Environment) -> Result<Infallible, Error> {
    let shell = shell(environment);
    let name = shell.file_name().unwrap_or_default();
    let mut login = OsString::from("-");
    login.push(name);
    let source = programs::become_program(shell, Some(&login), &[]);
    let fallback = Path::new("/bin/sh");
    if shell != fallback {
        let _also_failed = programs::become_program(fallback, Some(&"-sh".into()), &[]);
    }
    Err(Error::Start {
        program: shell.to_owned(),
        source,
    })
}

/// Becomes the user's login shell, which runs a line as if it had been typed and then waits for the next one: what the line
/// did to it, its directory and its variables, stays.
///
/// # Errors
///
/// [`Error::Start`] if neither it nor `/bin/sh` can be started.
pub fn become_shell_with(line: &OsStr, environment: &Environment) -> Result<Infallible, Error> {
    let shell = shell(environment);
    let name = shell.file_name().unwrap_or_default();
    let (runs, script) = match name.as_bytes() {
        b"bash" | b"zsh" | b"sh" | b"dash" | b"ash" | b"ksh" | b"mksh" => (shell, POSIX),
        b"fish" => (shell, FISH),
        // Only its language is known: a POSIX shell runs the line, and then this one comes.
        _ => (Path::new("/bin/sh"), POSIX),
    };
    let mut login = OsString::from("-");
    login.push(runs.file_name().unwrap_or_default());
    let args = ["-i".into(), "-c".into(), script.into(), shell.into(), line.to_owned()];
    let _cannot_be_started = programs::become_program(runs, Some(&login), &args);
    become_shell(environment)
}

/// Interrupting the line, or a slip in it, is no reason to end; `exec` takes over what the line did.
const POSIX: &str = "trap : INT\neval \"$1\"\nexec \"$0\" -i";

/// The same for fish, which counts the words behind the script from 1.
const FISH: &str = "trap : INT\neval $argv[2]\nexec $argv[1] -i";

fn shell(environment: &Environment) -> &Path {
    environment.shell.as_deref().unwrap_or(Path::new("/bin/sh"))
}

/// Waits for the agent's end. An agent that stops itself (Ctrl-Z) leaves a shell in the pane until that ends.
fn wait(agent: Pid, environment: &Environment) -> i32 {
    loop {
        match waitpid(agent, Some(WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Exited(_, status)) => return status,
            Ok(WaitStatus::Signaled(_, signal, _)) => return 128 + signal as i32,
            // It asked for the terminal before it had it.
            Ok(WaitStatus::Stopped(_, Signal::SIGTTIN | Signal::SIGTTOU)) => go_on(agent),
            Ok(WaitStatus::Stopped(..)) => {
                suspended_shell(environment);
                go_on(agent);
            }
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return 127,
        }
    }
}

fn go_on(agent: Pid) {
    give_terminal_to(agent);
    // The child isn't reaped yet, so its id is still its own.
    let _it_may_just_have_ended = killpg(agent, Signal::SIGCONT);
}

fn suspended_shell(environment: &Environment) {
    let Ok(shell) = programs::start_on_terminal(shell(environment), &["-i".into()], None) else {
        return;
    };
    let shell = Pid::from_raw(i32::try_from(shell.id()).unwrap_or_default());
    give_terminal_to(shell);
    loop {
        match waitpid(shell, Some(WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Stopped(..)) => go_on(shell),
            Err(nix::errno::Errno::EINTR) => {}
            _ => return,
        }
    }
}

/// tmux leaves SIGTTIN and SIGTTOU ignored in what it starts (3.3a, proc.c), and ignored signals pass to children: an
/// agent that reads before it has the terminal would get an error and end, instead of waiting. Caught signals are back
/// to their defaults in children.
fn stop_ignoring_job_control() {
    let caught = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTTIN, signal_hook::consts::SIGTTOU] {
        let _stays_ignored = signal_hook::flag::register(signal, Arc::clone(&caught));
    }
}

/// Makes a process group the terminal's foreground. From the background the kernel would stop us for that, unless the
/// signal is blocked. Without a terminal there is nothing to give.
fn give_terminal_to(group: Pid) {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTTOU);
    let blocked = signals.thread_block().is_ok();
    let _no_terminal = tcsetpgrp(io::stdin(), group);
    if blocked {
        let _was_blocked_by_us = signals.thread_unblock();
    }
}
