//! The projects, with what lives of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use tmux_core::{PaneId, Session};

use super::ServerCondition;
use super::history::Save;
use crate::agent::status::Observation;
use crate::context::Context;
use crate::describe::{self, Health, SessionInfo};
use crate::elsewhere::Others;
use crate::guard::last_visit;
use crate::live::Live;

/// The file in a project's directory that instructs its agent.
const INSTRUCTIONS: &str = "CLAUDE.md";

/// What there is to say of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectInfo {
    /// Its session, living or not.
    pub session: SessionInfo,
    /// What the config says it is.
    pub description: Option<String>,
    /// Whether its directory is there.
    pub directory: bool,
    /// The file that instructs its agent.
    pub instructions: Instructions,
    /// When somebody last looked at it, or something last happened in it, or it was saved; seconds since 1970.
    pub used: Option<i64>,
    /// Its last save.
    pub saved: Option<Save>,
    /// Whether its session was live in a server that is gone.
    pub lost: bool,
    /// Whether this program runs in it.
    pub inside: bool,
}

/// The file that instructs an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instructions {
    /// There is none.
    Missing,
    /// Its size in bytes.
    Bytes(u64),
}

impl ProjectInfo {
    /// What tells it from all others: the project's name, or of a foreign session `=` and its name.
    pub fn key(&self) -> String {
        match &self.session.project {
            Some(project) => project.clone(),
            None => format!("={}", self.session.name),
        }
    }
}

/// All of them, those first that were used last.
pub(super) fn all(
    context: &Context,
    live: &Live,
    observed: &BTreeMap<PaneId, Observation>,
    server: &ServerCondition,
    foreign: bool,
) -> Vec<ProjectInfo> {
    let inside = live.inside(context).map(|session| session.id);
    let mut projects: Vec<(Recency, ProjectInfo)> = Vec::new();
    let mut living: BTreeSet<&str> = BTreeSet::new();
    for ours in live.all_ours() {
        let recency = Recency::of(live, ours.session);
        living.insert(&ours.record.project);
        let session = describe::living(context, ours, observed);
        projects.push((
            recency,
            ProjectInfo {
                used: Some(recency.used),
                inside: inside == Some(ours.session.id),
                ..info(context, live, session)
            },
        ));
    }
    let known = live.known_projects(context);
    let mut others = Others::default();
    for (name, path) in known.iter().filter(|(name, _)| !living.contains(*name)) {
        let mut session = describe::not_here(context, live, &mut others, name, path.to_owned());
        if matches!(server, ServerCondition::Unavailable(_)) && session.server.is_none() {
            // Nobody can tell.
            session.health = Health::Unknown;
        }
        let info = info(context, live, session);
        projects.push((Recency::of_record(info.used), info));
    }
    if foreign {
        let sessions = live.sessions().iter().filter(|session| live.ours(session).is_none());
        projects.extend(sessions.map(|session| {
            let recency = Recency::of(live, session);
            (
                recency,
                ProjectInfo {
                    used: Some(recency.used),
                    inside: inside == Some(session.id),
                    ..info(context, live, describe::foreign(session))
                },
            )
        }));
    }
    projects.sort_by(|(recency, a), (other, b)| {
        let foreign = |project: &ProjectInfo| project.session.health == Health::Foreign;
        let rank = foreign(a).cmp(&foreign(b)).then_with(|| other.cmp(recency));
        rank.then_with(|| a.session.name.cmp(&b.session.name))
    });
    projects.into_iter().map(|(_, project)| project).collect()
}

/// How recently something was used. tmux counts seconds: within one, who looks decides, and then who went there last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Recency {
    /// Seconds since 1970.
    used: i64,
    /// How many clients look at it.
    clients: u32,
    /// When somebody last went there by us, in nanoseconds since 1970.
    visited: i128,
}

impl Recency {
    fn of(live: &Live, session: &Session) -> Self {
        Self {
            used: session.activity.max(looked_at(live, session).unwrap_or(i64::MIN)),
            clients: session.attached,
            visited: last_visit(session),
        }
    }

    fn of_record(used: Option<i64>) -> Self {
        Self {
            used: used.unwrap_or(i64::MIN),
            clients: 0,
            visited: 0,
        }
    }
}

fn info(context: &Context, live: &Live, session: SessionInfo) -> ProjectInfo {
    let project = session.project.as_deref();
    let record = project.and_then(|name| live.records().find(|record| record.project == name));
    let configured = project.and_then(|name| context.config.projects.get(name));
    ProjectInfo {
        description: configured.and_then(|configured| configured.description.clone()),
        directory: session.path.is_dir(),
        instructions: instructions(&session.path),
        // A record without windows is that of a project nobody has been in.
        used: record
            .filter(|record| !record.windows.is_empty())
            .map(|record| record.saved.at),
        saved: record.filter(|record| !record.windows.is_empty()).map(Save::of),
        lost: record.is_some_and(|record| live.is_lost(record)),
        inside: false,
        session,
    }
}

fn instructions(directory: &Path) -> Instructions {
    match directory.join(INSTRUCTIONS).metadata() {
        Ok(file) if file.is_file() => Instructions::Bytes(file.len()),
        _ => Instructions::Missing,
    }
}

/// When a client last did something in a session that it looks at.
fn looked_at(live: &Live, session: &Session) -> Option<i64> {
    let clients = live.snapshot.iter().flat_map(|snapshot| &snapshot.clients);
    clients
        .filter(|client| client.session == session.id && !client.control_mode)
        .map(|client| client.activity)
        .max()
}
