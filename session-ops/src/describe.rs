//! What there is to say of a session, for lists and status.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;

use session_lock::Liveness;
use session_recovery::ours;
use session_state::SessionState;
use tmux_core::Session;

use crate::context::Context;
use crate::error::Error;
use crate::live::{Live, Ours};
use crate::record::{agent_record, known_agents};

/// How a session is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// All of it works.
    Healthy,
    /// A pane is dead, or the agent has ended.
    Degraded,
    /// All its panes are dead.
    Dead,
    /// It isn't there; its project is.
    Offline,
    /// It isn't ours.
    Foreign,
}

impl Health {
    /// The word in JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Dead => "dead",
            Self::Offline => "offline",
            Self::Foreign => "foreign",
        }
    }
}

/// A session, living or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionInfo {
    /// Its name.
    pub name: String,
    /// Its project; a foreign session has none.
    pub project: Option<String>,
    /// The project's directory, or where a foreign session starts its windows.
    pub path: PathBuf,
    /// What only a living session has.
    pub living: Option<Living>,
    /// How it is.
    pub health: Health,
    /// Its agent.
    pub agent: Option<AgentInfo>,
}

/// What only a living session has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Living {
    /// How many clients look at it.
    pub clients: u32,
    /// Its windows.
    pub windows: usize,
    /// Its panes.
    pub panes: usize,
    /// When it was made, seconds since 1970.
    pub created: i64,
    /// When something last happened in it, seconds since 1970.
    pub activity: i64,
}

/// The agent of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentInfo {
    /// Which agent.
    pub kind: String,
    /// Its process, while it runs.
    pub pid: Option<u32>,
    /// What it does.
    pub status: AgentStatus,
    /// Its resident memory in bytes.
    pub memory_bytes: Option<u64>,
    /// Its conversation.
    pub conversation: Option<String>,
    /// The index of its pane.
    pub pane: u32,
}

/// What an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentStatus {
    /// It runs, and what it does isn't known.
    Unknown,
    /// It has just been started.
    Starting,
    /// It has ended.
    Exited,
}

impl AgentStatus {
    /// The word in JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Starting => "starting",
            Self::Exited => "exited",
        }
    }
}

/// Our sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Sessions by name, foreign ones last.
    pub sessions: Vec<SessionInfo>,
    /// How many were live in a server that is gone.
    pub lost: usize,
}

/// Our living sessions; with `all`, also projects without one and sessions that aren't ours.
///
/// # Errors
///
/// [`Error::Tmux`], [`Error::Store`].
pub fn list(context: &Context, all: bool) -> Result<Listing, Error> {
    let live = Live::read(context)?;
    let mut sessions: Vec<SessionInfo> = live.all_ours().map(|ours| living(context, ours)).collect();
    if all {
        let known = live.known_projects(context);
        let without = known.iter().filter(|(name, _)| live.of_project(name).is_none());
        let offline: Vec<SessionInfo> = without
            .map(|(name, path)| {
                offline(
                    context,
                    name,
                    path.to_owned(),
                    live.records().find(|record| record.project == name),
                )
            })
            .collect();
        let foreign = live
            .sessions()
            .iter()
            .filter(|session| live.ours(session).is_none())
            .map(foreign);
        sessions.extend(offline.into_iter().chain(foreign));
    }
    sessions.sort_by(|a, b| (a.health == Health::Foreign, &a.name).cmp(&(b.health == Health::Foreign, &b.name)));
    let lost = live.records().filter(|record| live.is_lost(record)).count();
    Ok(Listing { sessions, lost })
}

/// The session of a project, living or not; without a project, the session one is in.
///
/// # Errors
///
/// [`Error::NotInside`] without a project and outside of our sessions; [`Error::UnknownProject`].
pub fn status(context: &Context, project: Option<&OsStr>) -> Result<SessionInfo, Error> {
    let live = Live::read(context)?;
    let Some(argument) = project else {
        let inside = live
            .inside(context)
            .and_then(|session| live.ours(session))
            .ok_or(Error::NotInside)?;
        return Ok(living(context, inside));
    };
    let project = live.resolve(context, argument)?;
    match live.of_project(&project.name) {
        Some(ours) => Ok(living(context, ours)),
        None => {
            let record = live.record(context, &project.name)?;
            Ok(offline(context, &project.name, project.path, record))
        }
    }
}

fn living(context: &Context, ours: Ours<'_>) -> SessionInfo {
    let session = ours.session;
    let agent = agent_info(context, ours);
    let dead = session.panes().filter(|pane| pane.dead).count();
    let panes = session.panes().count();
    let exited = agent.as_ref().is_some_and(|agent| agent.status == AgentStatus::Exited);
    let health = match dead {
        0 if !exited => Health::Healthy,
        _ if dead == panes => Health::Dead,
        _ => Health::Degraded,
    };
    SessionInfo {
        name: session.name.to_string(),
        project: Some(ours.record.project.clone()),
        path: ours.record.working_dir.clone(),
        living: Some(numbers(session)),
        health,
        agent,
    }
}

fn numbers(session: &Session) -> Living {
    Living {
        clients: session.attached,
        windows: session.windows.len(),
        panes: session.panes().count(),
        created: session.created,
        activity: session.activity,
    }
}

fn offline(context: &Context, project: &str, path: PathBuf, record: Option<&SessionState>) -> SessionInfo {
    let name = record.map(|record| record.session_name.to_string());
    SessionInfo {
        name: name.unwrap_or_else(|| context.config.session_name(project)),
        project: Some(project.to_owned()),
        path,
        living: None,
        health: Health::Offline,
        agent: None,
    }
}

fn foreign(session: &Session) -> SessionInfo {
    SessionInfo {
        name: session.name.to_string(),
        project: None,
        path: session.path.clone(),
        living: Some(numbers(session)),
        health: Health::Foreign,
        agent: None,
    }
}

/// Whether a session was made with an agent, and that has ended.
pub(crate) fn agent_has_exited(context: &Context, ours: Ours<'_>) -> bool {
    agent_info(context, ours).is_some_and(|agent| agent.status == AgentStatus::Exited)
}

fn agent_info(context: &Context, ours: Ours<'_>) -> Option<AgentInfo> {
    let pane = ours.session.panes().find(|pane| ours::agent_kind(pane).is_some())?;
    let kind = ours::agent_kind(pane)?;
    let known = known_agents(context, ours.record)
        .into_iter()
        .find(|agent| agent.kind == kind);
    let process = known.as_ref().and_then(|agent| agent.process.as_ref());
    let alive = process.filter(|process| process.liveness() == Liveness::Alive);
    // What ended in an earlier life of the session says nothing of this one, whose pane hasn't recorded its agent yet.
    let of_this_pane = || agent_record(context, ours.record).is_some_and(|record| record.pane_pid == pane.pid);
    let process = process.filter(|_| alive.is_some() || of_this_pane());
    let status = match (process, alive) {
        (_, Some(_)) => AgentStatus::Unknown,
        (Some(_), None) => AgentStatus::Exited,
        (None, None) if crate::leave::is_agents(pane) => AgentStatus::Starting,
        (None, None) => AgentStatus::Exited,
    };
    Some(AgentInfo {
        kind,
        pid: alive.map(|process| process.pid),
        status,
        memory_bytes: alive.and_then(|process| resident_bytes(process.pid)),
        conversation: known.and_then(|agent| agent.conversation),
        pane: pane.index,
    })
}

/// The second number of `/proc/PID/statm`, which counts pages.
pub(crate) fn resident_bytes(pid: u32) -> Option<u64> {
    let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(rustix::param::page_size() as u64)
}
