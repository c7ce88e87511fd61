//! Handing the end of a session to a process outside it.
//!
//! tsm usually runs in the session that it ends, often as a child of the agent that it ends. The process it starts for
//! that is a session leader of its own, says that it is ready, and then waits: for one byte, which says that the client
//! has moved, and for the end of tsm. If tsm dies before it sends the byte, nothing is ended.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::process::Child;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
pub use session_lock::ProcessIdentity;
use tmux_core::Command;
pub use tmux_core::SessionId;

use crate::context::Context;
use crate::end::{EndOutcome, EndRequest, end};
use crate::error::{Error, with_causes};
use crate::log::{Entry, Level};
use crate::programs;

/// What the process writes when it stands by itself.
const READY: u8 = b'r';

/// What tsm writes when the client has moved.
const GO: u8 = b'g';

/// The same where tsm doesn't run in what ends, and its end isn't waited for: it may become the client.
const GO_NOW: u8 = b'n';

/// It has only to start.
const UNTIL_READY: Duration = Duration::from_secs(20);

/// tsm has only its output left to write, and to wait for hooks; if it doesn't end, the session isn't ended either.
const UNTIL_TSM_ENDS: Duration = Duration::from_secs(30);

/// A process that is ready to end a session. Dropped without [`HandOver::go`], it ends nothing.
#[derive(Debug)]
#[must_use = "nothing is ended until go()"]
pub(crate) struct HandOver {
    child: Child,
    project: String,
}

/// Starts the process and waits until it is ready.
pub(crate) fn hand_over(context: &Context, request: &EndRequest) -> Result<HandOver, Error> {
    let failed = |source| Error::HandOver {
        project: request.project.clone(),
        source,
    };
    let tsm = context.environment.current_exe.as_deref();
    let tsm = tsm.ok_or_else(|| failed(io::Error::other("the path of tsm isn't known")))?;
    let me = ProcessIdentity::current()?;
    let mut child =
        programs::start_with_pipes(tsm, &arguments(context, request, &me)).map_err(|source| Error::Start {
            program: tsm.to_owned(),
            source,
        })?;
    wait_ready(&mut child).map_err(failed)?;
    Ok(HandOver {
        child,
        project: request.project.clone(),
    })
}

/// Whoever waits for this holds the operation lock, so there is an end to it.
fn wait_ready(child: &mut Child) -> io::Result<()> {
    let stdout = child.stdout.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
    let limit = Timespec::try_from(UNTIL_READY).unwrap_or_default();
    if poll(&mut [PollFd::new(&*stdout, PollFlags::IN)], Some(&limit))? == 0 {
        return Err(io::ErrorKind::TimedOut.into());
    }
    stdout.read_exact(&mut [0])
}

impl HandOver {
    /// The client has moved: the session may end as soon as this process has.
    pub(crate) fn go(self) -> Result<(), Error> {
        self.say(GO)
    }

    /// The session may end as soon as nobody holds the operation lock. This process doesn't run in it.
    pub(crate) fn go_now(self) -> Result<(), Error> {
        self.say(GO_NOW)
    }

    fn say(mut self, word: u8) -> Result<(), Error> {
        let told = match &mut self.child.stdin {
            Some(stdin) => stdin.write_all(&[word]),
            None => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
        };
        told.map_err(|source| Error::HandOver {
            project: self.project,
            source,
        })
    }
}

fn arguments(context: &Context, request: &EndRequest, tsm: &ProcessIdentity) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    if context.config.file_exists {
        arguments.extend(["--config".into(), context.config.file.value.clone().into()]);
    }
    arguments.extend([
        "--state-dir".into(),
        context.config.state_dir.value.clone().into(),
        "--backup-dir".into(),
        context.config.backup_dir.value.clone().into(),
        "--socket-path".into(),
        context.server.socket_path().as_os_str().to_owned(),
        // Nobody waits for it, and another may be ending something just now.
        "--lock-timeout".into(),
        context
            .config
            .lock_timeout
            .value
            .max(UNTIL_TSM_ENDS)
            .as_secs()
            .to_string()
            .into(),
        "end-session".into(),
    ]);
    let mut option = |name: &str, value: String| arguments.push(format!("--{name}={value}").into());
    option("project", request.project.clone());
    option("session", request.session.to_string());
    option("id", request.id.clone());
    option("epoch", request.epoch.clone());
    option("verb", request.verb.clone());
    option("timeout-ms", request.timeout.as_millis().to_string());
    option("after-pid", tsm.pid.to_string());
    option("after-start-time", tsm.start_time.to_string());
    if let Some(renamed) = request.then_rename {
        option("then-rename", renamed.to_string());
    }
    if let Some(client) = &request.tell {
        arguments.extend(["--tell".into(), OsStr::from_bytes(client).to_owned()]);
    }
    if request.unless_running {
        arguments.push("--unless-running".into());
    }
    arguments
}

/// The other side: what the process does. `input` and `output` are its pipes.
///
/// # Errors
///
/// [`Error::HandOver`] before it is ready; later failures are in the log.
pub fn take_over(
    context: &Context,
    request: &EndRequest,
    after: &ProcessIdentity,
    input: &mut dyn Read,
    output: &mut dyn Write,
) -> Result<(), Error> {
    let failed = |source: io::Error| Error::HandOver {
        project: request.project.clone(),
        source,
    };
    nix::unistd::setsid().map_err(|error| failed(error.into()))?;
    output
        .write_all(&[READY])
        .and_then(|()| output.flush())
        .map_err(failed)?;
    let mut answer = [0];
    let after = match input.read_exact(&mut answer) {
        Ok(()) if answer == [GO] => Some(after),
        Ok(()) if answer == [GO_NOW] => None,
        // tsm gave up, or died: nothing has moved.
        _ => return Ok(()),
    };
    let outcome = wait_and_end(context, request, after);
    log(context, request, &outcome);
    if let (Some(client), Ok(EndOutcome::Kept(why))) = (&request.tell, &outcome) {
        let text = format!("tsm: {} is kept: {}", request.project, why.escape_debug());
        // Whoever has gone needs no telling; it is in the log.
        let _told = context
            .server
            .run(vec![Command::show_message(client.clone(), text.as_bytes())]);
    }
    outcome.map(|_outcome| ())
}

fn wait_and_end(context: &Context, request: &EndRequest, after: Option<&ProcessIdentity>) -> Result<EndOutcome, Error> {
    if let Some(after) = after
        && let Some(tsm) = after.open()?
        && !tsm.wait_exit(UNTIL_TSM_ENDS + context.config.hooks.longest_afterwards())?
    {
        return Ok(EndOutcome::Kept(format!(
            "process {} that left it hasn't ended",
            after.pid
        )));
    }
    let lock = context.lock_operation(&request.verb, &mut |_event| {})?;
    end(context, &lock, request)
}

fn log(context: &Context, request: &EndRequest, outcome: &Result<EndOutcome, Error>) {
    let (level, text) = match outcome {
        Ok(EndOutcome::Ended) => (Level::Info, "session ended".to_owned()),
        Ok(EndOutcome::Gone) => (Level::Info, "session was gone".to_owned()),
        Ok(EndOutcome::Kept(why)) => (Level::Warning, format!("session kept: {why}")),
        Err(error) => (Level::Error, format!("session not ended: {}", with_causes(error))),
    };
    let entry = Entry::info(&request.verb, &text).level(level);
    context.log.write(&entry.project(&request.project));
}

/// The tsm that the process waits for, from its pid and start time.
///
/// # Errors
///
/// [`Error::Process`] if the boot can't be told.
pub fn after(pid: u32, start_time: u64) -> Result<ProcessIdentity, Error> {
    Ok(ProcessIdentity {
        pid,
        start_time,
        boot_id: session_lock::boot_id()?,
    })
}

/// Reads the session's id as [`EndRequest`] has it on the command line.
pub fn parse_session(text: &str) -> Result<SessionId, tmux_core::InvalidId> {
    SessionId::parse(text.as_bytes())
}
