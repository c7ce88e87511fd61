//! The projects, with what lives of them.

use std::collections::BTreeMap;
use std::path::Path;

use tmux_core::PaneId;

use super::ServerCondition;
use super::history::Save;
use crate::agent::status::Observation;
use crate::context::Context;
use crate::describe::{self, Health, SessionInfo};
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
    let mut projects: Vec<ProjectInfo> = Vec::new();
    for ours in live.all_ours() {
        let session = describe::living(context, ours, observed);
        projects.push(ProjectInfo {
            used: looked_at(live, ours.session).max(Some(ours.session.activity)),
            inside: inside == Some(ours.session.id),
            ..info(context, live, session)
        });
    }
    let living: std::collections::BTreeSet<String> = projects
        .iter()
        .filter_map(|project| project.session.project.clone())
        .collect();
    let known = live.known_projects(context);
    for (name, path) in known.iter().filter(|(name, _)| !living.contains(*name)) {
        let record = live.records().find(|record| record.project == name);
        let mut session = describe::offline(context, name, path.to_owned(), record);
        if matches!(server, ServerCondition::Unavailable(_)) {
            // Nobody can tell.
            session.health = Health::Unknown;
        }
        projects.push(info(context, live, session));
    }
    if foreign {
        let sessions = live.sessions().iter().filter(|session| live.ours(session).is_none());
        projects.extend(sessions.map(|session| ProjectInfo {
            used: looked_at(live, session).max(Some(session.activity)),
            inside: inside == Some(session.id),
            ..info(context, live, describe::foreign(session))
        }));
    }
    projects.sort_by(|a, b| {
        let rank = |project: &ProjectInfo| {
            (
                project.session.health == Health::Foreign,
                std::cmp::Reverse(project.used),
            )
        };
        rank(a).cmp(&rank(b)).then_with(|| a.session.name.cmp(&b.session.name))
    });
    projects
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
fn looked_at(live: &Live, session: &tmux_core::Session) -> Option<i64> {
    let clients = live.snapshot.iter().flat_map(|snapshot| &snapshot.clients);
    clients
        .filter(|client| client.session == session.id && !client.control_mode)
        .map(|client| client.activity)
        .max()
}
