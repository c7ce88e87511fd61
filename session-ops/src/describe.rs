//! What there is to say of a session, for lists and status.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use session_recovery::ours;
use session_recovery::process_table::ProcessTable;
use session_state::SessionState;
use tmux_core::{BriefPanes, Pane, PaneId, Session};

use crate::agent::memory::Processes;
pub use crate::agent::status::AgentStatus;
use crate::agent::status::{AgentPane, Observation, Statuses, agent_panes_of};
use crate::context::Context;
use crate::detect::processes::living_panes;
use crate::elsewhere::{Elsewhere, Others};
use crate::error::Error;
use crate::live::{Live, LoadedRecords, Ours};
use crate::project::Project;
use crate::record::known_agents;
use crate::selection::{Among, select};
use crate::template::Made;

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
    /// Nobody can tell: tmux doesn't answer. Only what watches shows this; elsewhere it is an error.
    Unknown,
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
            Self::Unknown => "unknown",
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
    /// The template that it was made from, where one session is looked at and that is known.
    pub template: Option<MadeFrom>,
    /// The socket of its server, where that isn't the one that was asked.
    pub server: Option<PathBuf>,
}

/// The template that a session was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeFrom {
    /// Its name.
    pub name: String,
    /// Whether the config would make another session now.
    pub differs: bool,
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
    /// What it waits for.
    pub waiting_for: Option<String>,
    /// The resident memory of it and all that descend from it, in bytes.
    pub memory_bytes: Option<u64>,
    /// Its conversation.
    pub conversation: Option<String>,
    /// The index of its pane.
    pub pane: u32,
    /// The processes that it left behind, where one session is looked at: their parent has ended, and they go on.
    pub orphans: Option<Vec<u32>>,
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
    let (live, processes) = Live::brief_and(context, BriefPanes::Noted, &of_agents)?;
    live.require_tmux(context)?;
    let agents = observe_among(context, live.all_ours(), processes);
    let mut sessions: Vec<SessionInfo> = live.all_ours().map(|ours| living(context, ours, &agents)).collect();
    if all {
        let known = live.known_projects(context);
        let without = known.iter().filter(|(name, _)| live.of_project(name).is_none());
        let mut others = Others::default();
        let offline: Vec<SessionInfo> = without
            .map(|(name, path)| SessionInfo {
                template: None,
                ..not_here(context, &live, &mut others, name, path.to_owned())
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
    // Only what an agent left behind is looked for below all panes, and most of what a list costs is its panes.
    let all_panes = project.is_none_or(|project| may_have_agent(context, project));
    let panes = if all_panes { BriefPanes::All } else { BriefPanes::Noted };
    let mut live = Live::brief(context, panes)?;
    let Some(argument) = project else {
        let inside = live
            .inside(context)
            .and_then(|session| live.ours(session))
            .ok_or(Error::NotInside)?;
        let session = living(context, inside, &observe(context, std::iter::once(inside)));
        return Ok(with_template(
            context,
            inside,
            with_orphans(&live, inside, session, None),
        ));
    };
    let project = live.resolve(context, argument)?;
    live.require_tmux(context)?;
    if live
        .of_project(&project.name)
        .is_some_and(|ours| agent_pane(ours.session).is_some())
        && !all_panes
    {
        live = Live::brief(context, BriefPanes::All)?;
    }
    match live.of_project(&project.name) {
        Some(ours) => {
            let session = living(context, ours, &observe(context, std::iter::once(ours)));
            Ok(with_template(context, ours, with_orphans(&live, ours, session, None)))
        }
        None => {
            let _readable = live.record(context, &project.name)?;
            let mut others = Others::default();
            Ok(not_here(context, &live, &mut others, &project.name, project.path))
        }
    }
}

/// Whether this isn't a project whose record names no agent.
fn may_have_agent(context: &Context, project: &OsStr) -> bool {
    let record = project
        .to_str()
        .and_then(|name| context.store.load(name).ok().flatten());
    record.is_none_or(|loaded| has_agent(&loaded.state))
}

fn has_agent(record: &SessionState) -> bool {
    let mut panes = record.windows.iter().flat_map(|window| &window.panes);
    panes.any(|pane| pane.agent.is_some())
}

/// The sessions of several projects, living or not; globs are matched against all that are known. What is wrong with a
/// single one is in its place.
///
/// # Errors
///
/// [`Error::UnknownProject`], [`Error::NoMatch`], [`Error::Tmux`].
pub fn statuses(context: &Context, projects: &[OsString]) -> Result<Vec<Result<SessionInfo, Error>>, Error> {
    let live = Live::read(context)?;
    let chosen = select(context, &live, projects, Among::Known)?;
    live.require_tmux(context)?;
    let observed = observe(
        context,
        chosen.iter().filter_map(|project| live.of_project(&project.name)),
    );
    let table = (!observed.is_empty()).then(ProcessTable::read);
    let mut others = Others::default();
    let of = |project: Project| match live.of_project(&project.name) {
        Some(ours) => {
            let session = with_orphans(&live, ours, living(context, ours, &observed), table.as_ref());
            Ok(with_template(context, ours, session))
        }
        None => {
            let _readable = live.record(context, &project.name)?;
            Ok(not_here(context, &live, &mut others, &project.name, project.path))
        }
    };
    Ok(chosen.into_iter().map(of).collect())
}

/// A project without a session on this server: how it is on another one, if it is there.
pub(crate) fn not_here(context: &Context, live: &Live, others: &mut Others, name: &str, path: PathBuf) -> SessionInfo {
    let record = live.records().find(|record| record.project == name);
    let offline = offline(context, name, path, record);
    match others.find(context, live, name) {
        None => offline,
        Some(Elsewhere::Lives(other, ours)) => {
            let session = living(other, ours, &observe(other, std::iter::once(ours)));
            SessionInfo {
                server: Some(other.server.socket_path().to_owned()),
                ..with_template(other, ours, session)
            }
        }
        Some(Elsewhere::Offline(server)) => SessionInfo {
            server: Some(server),
            ..offline
        },
        Some(Elsewhere::Unknown(server)) => SessionInfo {
            health: Health::Unknown,
            server: Some(server),
            ..offline
        },
    }
}

pub(crate) fn living(context: &Context, ours: Ours<'_>, observed: &BTreeMap<PaneId, Observation>) -> SessionInfo {
    let session = ours.session;
    let agent = agent_info(context, ours, observed);
    let dead = session.panes().filter(|pane| pane.dead).count();
    let panes = session.pane_count();
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
        template: None,
        server: None,
    }
}

fn numbers(session: &Session) -> Living {
    Living {
        clients: session.attached,
        windows: session.windows.len(),
        panes: session.pane_count(),
        created: session.created,
        activity: session.activity,
    }
}

pub(crate) fn offline(context: &Context, project: &str, path: PathBuf, record: Option<&SessionState>) -> SessionInfo {
    let name = record.map(|record| record.session_name.to_string());
    SessionInfo {
        name: name.unwrap_or_else(|| context.config.session_name(project)),
        project: Some(project.to_owned()),
        path,
        living: None,
        health: Health::Offline,
        agent: None,
        template: None,
        server: None,
    }
}

pub(crate) fn foreign(session: &Session) -> SessionInfo {
    SessionInfo {
        name: session.name.to_string(),
        project: None,
        path: session.path.clone(),
        living: Some(numbers(session)),
        health: Health::Foreign,
        agent: None,
        template: None,
        server: None,
    }
}

/// Whether a session was made with an agent, and that has ended.
pub(crate) fn agent_has_exited(context: &Context, ours: Ours<'_>) -> bool {
    let observed = observe(context, std::iter::once(ours));
    agent_info(context, ours, &observed).is_some_and(|agent| agent.status == AgentStatus::Exited)
}

/// The pane of a session's agent: the first that was made for one.
pub(crate) fn agent_pane(session: &Session) -> Option<&Pane> {
    session.panes().find(|pane| ours::agent_kind(pane).is_some())
}

/// How the agents of these sessions are, by their panes. Where there are none, nothing is looked at.
fn observe<'a>(context: &Context, sessions: impl Iterator<Item = Ours<'a>>) -> BTreeMap<PaneId, Observation> {
    observe_among(context, sessions, None)
}

/// All processes, if a record has an agent: then they will be asked for.
fn of_agents(records: &LoadedRecords) -> Option<Processes> {
    let mut records = records.iter().filter_map(|(_, loaded)| loaded.as_ref().ok());
    let any = records.any(|loaded| has_agent(&loaded.state));
    any.then(Processes::read_by_two)
}

fn observe_among<'a>(
    context: &Context,
    sessions: impl Iterator<Item = Ours<'a>>,
    processes: Option<Processes>,
) -> BTreeMap<PaneId, Observation> {
    let panes: Vec<AgentPane<'_>> = sessions.flat_map(agent_panes_of).collect();
    if panes.is_empty() {
        return BTreeMap::new();
    }
    Statuses::new().refresh(context, &panes, &processes.unwrap_or_else(Processes::read))
}

fn agent_info(context: &Context, ours: Ours<'_>, observed: &BTreeMap<PaneId, Observation>) -> Option<AgentInfo> {
    let pane = agent_pane(ours.session)?;
    let kind = ours::agent_kind(pane)?;
    let observation = observed.get(&pane.id)?;
    let known = || {
        let agents = known_agents(context, ours.record).into_iter();
        agents.into_iter().find(|agent| agent.kind == kind)?.conversation
    };
    Some(AgentInfo {
        pid: observation.pid,
        status: observation.status,
        waiting_for: observation.waiting_for.clone(),
        memory_bytes: observation.memory_bytes,
        conversation: observation.conversation.clone().or_else(known),
        pane: pane.index,
        orphans: None,
        kind,
    })
}

/// The same session with what its agent left behind, which costs a look at the environment of every process.
fn with_orphans(live: &Live, ours: Ours<'_>, mut session: SessionInfo, known: Option<&ProcessTable>) -> SessionInfo {
    if let (Some(agent), Some(id)) = (&mut session.agent, ours.record.id.as_deref()) {
        let read;
        let table = match known {
            Some(table) => table,
            None => {
                read = ProcessTable::read();
                &read
            }
        };
        let orphans = table.orphans(&|session| session == id, &living_panes(live));
        agent.orphans = Some(orphans.into_iter().map(|entry| entry.pid).collect());
    }
    session
}

/// The same session with the template that it was made from.
fn with_template(context: &Context, ours: Ours<'_>, session: SessionInfo) -> SessionInfo {
    let project = Project {
        name: ours.record.project.clone(),
        path: ours.record.working_dir.clone(),
    };
    let template = Made::of(ours.record).map(|made| MadeFrom {
        differs: made.differs(&context.config, &project),
        name: made.template,
    });
    SessionInfo { template, ..session }
}

/// The second number of `/proc/PID/statm`, which counts pages.
pub(crate) fn resident_bytes(pid: u32) -> Option<u64> {
    let statm = std::fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    pages.checked_mul(rustix::param::page_size() as u64)
}
