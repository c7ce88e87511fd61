//! Ending a session of ours: its agent gracefully, then the session, then its record says so.

use std::time::Duration;

use session_lock::{Process, ProcessError, ProcessIdentity, Signal};
use session_state::{Lifecycle, SessionState};
use tmux_core::{Command, Session, SessionId};

use crate::agent::record::AgentRecord;
use crate::context::{Context, OperationLock};
use crate::error::Error;
use crate::leave::{describe, running_programs};
use crate::live::Live;
use crate::save::record_of;
use crate::scrollback;

/// Which session to end, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndRequest {
    /// The project.
    pub project: String,
    /// The session's id on the server.
    pub session: SessionId,
    /// Its `@tsm_id`.
    pub id: String,
    /// The verb that ends it.
    pub verb: String,
    /// Nobody agreed to lose running programs.
    pub unless_running: bool,
    /// How long the agent has to leave.
    pub timeout: Duration,
    /// Then this session gets the name of the ended one.
    pub then_rename: Option<SessionId>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndOutcome {
    /// It has ended.
    Ended,
    /// It was gone already.
    Gone,
    /// It lives on, because of this.
    Kept(String),
}

/// How long after KILL a process may take to go; it is only waiting for the kernel.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// Ends the session; the operation lock is held.
///
/// # Errors
///
/// [`Error::Tmux`], [`Error::Store`], [`Error::Process`]; what has not been done stays undone.
pub fn end(context: &Context, _lock: &OperationLock, request: &EndRequest) -> Result<EndOutcome, Error> {
    let live = Live::read(context)?;
    let session = live.sessions().iter().find(|session| session.id == request.session);
    let Some(session) = session.filter(|session| carries(session, &request.id)) else {
        return Ok(EndOutcome::Gone);
    };
    if request.unless_running {
        let others = session.attached;
        let programs = running_programs(session);
        if others > 0 {
            return Ok(EndOutcome::Kept("another client looks at it".to_owned()));
        }
        if !programs.is_empty() {
            return Ok(EndOutcome::Kept(describe(&programs)));
        }
    }
    // The last look at it: what was recorded before the switch may be some time ago.
    let record = live
        .ours(session)
        .and_then(|ours| record_of(context, &live, ours, &request.verb));
    scrollback::keep(context, &request.project, session)?;
    stop_agent(context, &request.id, session, request.timeout)?;
    match context.server.run(commands(request, session)) {
        Ok(_) | Err(tmux_core::Error::NotFound { .. }) => {}
        // With its last session the server ends, which may come before its answer.
        Err(tmux_core::Error::NoServer { .. } | tmux_core::Error::ServerLost { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(record) = record {
        let lifecycle = Lifecycle::Ended {
            by: request.verb.clone(),
        };
        let store = context.store.lock(&context.lock_options(&request.verb))?;
        let _saving = store.save(&SessionState { lifecycle, ..record })?;
    }
    Ok(EndOutcome::Ended)
}

fn carries(session: &Session, id: &str) -> bool {
    session_recovery::ours::claim(session).is_some_and(|(claimed, _project)| claimed == id)
}

fn commands(request: &EndRequest, session: &Session) -> Vec<Command> {
    let rename = request
        .then_rename
        .map(|renamed| Command::rename_session(renamed, session.name.clone()));
    std::iter::once(Command::kill_session(session.id))
        .chain(rename)
        .collect()
}

/// TERM, time to leave, KILL: only to the process that the pane recorded, verified, and only if it runs in this session.
fn stop_agent(context: &Context, id: &str, session: &Session, timeout: Duration) -> Result<(), Error> {
    let Some(record) = AgentRecord::read(&context.state_home.agent_record(id)) else {
        return Ok(());
    };
    if !session.panes().any(|pane| pane.pid == record.pane_pid) || is_us_or_above(&record.process()) {
        return Ok(());
    }
    let Some(agent) = record.process().open()? else {
        return Ok(());
    };
    send(&agent, Signal::Term)?;
    // A stopped process sees the signal only when it goes on.
    send(&agent, Signal::Cont)?;
    if !agent.wait_exit(timeout)? {
        send(&agent, Signal::Kill)?;
        let _gone = agent.wait_exit(AFTER_KILL)?;
    }
    Ok(())
}

/// That it has ended meanwhile is what the signal was for.
fn send(process: &Process, signal: Signal) -> Result<(), Error> {
    match process.signal(signal) {
        Ok(()) | Err(ProcessError::Gone { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// tsm and its ancestors are never a target of signals.
fn is_us_or_above(process: &ProcessIdentity) -> bool {
    let mut ancestor = Some(std::process::id());
    while let Some(current) = ancestor.filter(|current| *current > 1) {
        if current == process.pid {
            return true;
        }
        ancestor = session_recovery::foreground::parent(current);
    }
    false
}
