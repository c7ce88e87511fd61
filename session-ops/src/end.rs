//! Ending a session of ours: its agent gracefully, then the session, then its record says so.

use std::time::{Duration, Instant};

use bstr::BString;
use session_lock::ProcessIdentity;
use session_recovery::ours;
use session_state::{Lifecycle, SessionState};
use tmux_core::{Command, Session, SessionId};

use crate::agent::stop::stop;
use crate::context::{Context, OperationLock};
use crate::error::Error;
use crate::leave::{describe, running_programs};
use crate::live::Live;
use crate::record::record_of;
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
    /// Its epoch when that was decided: if somebody went there since, it lives on.
    pub epoch: String,
    /// The verb that ends it.
    pub verb: String,
    /// Nobody agreed to lose running programs.
    pub unless_running: bool,
    /// How long the agent has to leave.
    pub timeout: Duration,
    /// Then this session gets the name of the ended one.
    pub then_rename: Option<SessionId>,
    /// The client that is told if the session lives on after all.
    pub tell: Option<BString>,
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

/// How long a program that is just ending may take until it counts as one that runs.
const SETTLING: Duration = Duration::from_secs(2);

/// Ends the session; the operation lock is held.
///
/// # Errors
///
/// [`Error::Tmux`], [`Error::Store`], [`Error::Process`]; what has not been done stays undone.
pub fn end(context: &Context, _lock: &OperationLock, request: &EndRequest) -> Result<EndOutcome, Error> {
    let live = settled(context, request)?;
    let Some(session) = find(&live, request) else {
        rename(context, &live, request)?;
        return Ok(EndOutcome::Gone);
    };
    if let Some(why) = reason_to_keep(session, request) {
        return Ok(EndOutcome::Kept(why));
    }
    // The last look at it: what was recorded before the switch may be some time ago.
    let record = match live.ours(session) {
        Some(ours) => match record_of(context, &live, ours, &request.verb) {
            Ok(record) => Some(record),
            // It is just going by itself: what was recorded before is all there is.
            Err(Error::Incomplete { .. }) => Some(ours.record.clone()),
            Err(error) => return Err(error),
        },
        None => None,
    };
    scrollback::keep_on_end(context, &request.project, session)?;
    stop(context, &request.id, session, request.timeout)?;
    // The agent may have taken its time, and somebody may have come or begun something meanwhile.
    let live = Live::read(context)?;
    if let Some(session) = find(&live, request) {
        if let Some(why) = reason_to_keep(session, request) {
            return Ok(EndOutcome::Kept(why));
        }
        if let Some(why) = kill(context, &live, session, request)? {
            return Ok(EndOutcome::Kept(why));
        }
    }
    rename(context, &live, request)?;
    if let Some(record) = record {
        let lifecycle = Lifecycle::Ended {
            by: request.verb.clone(),
        };
        let store = context.store.lock(&context.lock_options(&request.verb))?;
        let _saving = store.save(&SessionState { lifecycle, ..record })?;
    }
    Ok(EndOutcome::Ended)
}

/// What is there, once the programs that are just ending have ended: the shell that tsm was typed into may still be at
/// its prompt's commands.
fn settled(context: &Context, request: &EndRequest) -> Result<Live, Error> {
    let live = Live::read(context)?;
    if !request.unless_running {
        return Ok(live);
    }
    let programs = find(&live, request).map(running_programs).unwrap_or_default();
    if programs.is_empty() {
        return Ok(live);
    }
    let deadline = Instant::now() + SETTLING;
    for program in programs {
        if let Some(process) = ProcessIdentity::of(program.pid)?
            && let Some(process) = process.open()?
        {
            let _ended_or_not = process.wait_exit(deadline.saturating_duration_since(Instant::now()))?;
        }
    }
    Live::read(context)
}

/// What the name of a session begins with that is built beside the one of this name.
pub(crate) fn provisional_name(name: &str) -> String {
    format!("{name}-new-")
}

fn find<'a>(live: &'a Live, request: &EndRequest) -> Option<&'a Session> {
    let carries = |session: &&Session| ours::claim(session).is_some_and(|(id, _project)| id == request.id);
    live.sessions()
        .iter()
        .find(|session| session.id == request.session)
        .filter(carries)
}

fn reason_to_keep(session: &Session, request: &EndRequest) -> Option<String> {
    if ours::epoch(session) != request.epoch {
        return Some("somebody went there since".to_owned());
    }
    if !request.unless_running {
        return None;
    }
    if session.attached > 0 {
        return Some("another client looks at it".to_owned());
    }
    let programs = running_programs(session);
    (!programs.is_empty()).then(|| describe(&programs))
}

/// Ends it in the same moment in which tmux checks once more that nobody came; why not, if it lives on.
fn kill(context: &Context, live: &Live, session: &Session, request: &EndRequest) -> Result<Option<String>, Error> {
    let Some(snapshot) = &live.snapshot else {
        return Ok(None);
    };
    // An epoch is hexadecimal or empty, so it is safe in a format.
    let mut also = format!("#{{==:#{{{}}},{}}}", ours::EPOCH_OPTION, request.epoch);
    if request.unless_running {
        also = format!("#{{&&:{also},#{{==:#{{session_attached}},0}}}}");
    }
    let kill = ours::kill_if_still(session.id, &request.id, snapshot.server.pid, Some(also));
    match context.server.run(vec![kill]) {
        Ok(_) | Err(tmux_core::Error::NotFound { .. }) => {}
        // With its last session the server ends, which may come before its answer.
        Err(tmux_core::Error::NoServer { .. } | tmux_core::Error::ServerLost { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let left = Live::read(context)?;
    Ok(find(&left, request).map(|_session| "somebody went there in the last moment".to_owned()))
}

/// Gives its name to the session that takes its place, if that hasn't got it yet.
fn rename(context: &Context, live: &Live, request: &EndRequest) -> Result<(), Error> {
    let (Some(renamed), Some(snapshot)) = (request.then_rename, &live.snapshot) else {
        return Ok(());
    };
    let provisional = provisional_name(&context.config.session_name(&request.project));
    let waits = |session: &Session| session.name.starts_with(provisional.as_bytes());
    if !snapshot.session(renamed).is_some_and(waits) {
        return Ok(());
    }
    let name = context
        .store
        .load(&request.project)?
        .map(|loaded| loaded.state.session_name);
    let Some(name) = name else { return Ok(()) };
    let same_server = format!("#{{==:#{{pid}},{}}}", snapshot.server.pid);
    let _reply = context
        .server
        .run(vec![Command::rename_session(renamed, name).when(renamed, same_server)])?;
    Ok(())
}
