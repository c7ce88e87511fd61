//! Saving sessions as they are.

use std::ffi::OsString;

use session_recovery::capture::{Occasion, capture};
use session_state::{Agent, Lifecycle, SessionState};

use crate::agent::record::AgentRecord;
use crate::context::Context;
use crate::error::Error;
use crate::event::Events;
use crate::live::{Live, Ours};

/// What to save.
#[derive(Debug, Clone)]
pub struct SaveRequest {
    /// The projects; none means all sessions of ours.
    pub projects: Vec<OsString>,
}

/// What was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The project.
    pub project: String,
    /// What came of it.
    pub outcome: SaveOutcome,
}

/// What came of saving a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaveOutcome {
    /// It was saved.
    Saved,
    /// It is as it was saved before.
    Unchanged,
    /// It couldn't be saved, for this reason.
    Failed(String),
}

/// Saves sessions.
///
/// # Errors
///
/// [`Error::NoSession`] if a named project has none, before anything is saved; [`Error::Tmux`] if the server can't be
/// read. What fails for a single session is in its [`Saved`].
pub fn save(context: &Context, request: &SaveRequest, events: Events<'_>) -> Result<Vec<Saved>, Error> {
    // Between the listing and the records nobody may make or end a session: an old listing beside a new record would
    // look as if the user had closed it.
    let _lock = context.lock_operation("save", events)?;
    let live = Live::read(context)?;
    let mut chosen: Vec<Ours<'_>> = Vec::new();
    for argument in &request.projects {
        let project = live.resolve(context, argument)?;
        let ours = live
            .of_project(&project.name)
            .ok_or(Error::NoSession { project: project.name })?;
        chosen.push(ours);
    }
    if request.projects.is_empty() {
        chosen.extend(live.all_ours());
    }
    let mut records: Vec<SessionState> = chosen
        .iter()
        .filter_map(|ours| record_of(context, &live, *ours, "save"))
        .collect();
    let saved = records.len();
    // While the server lives, it alone tells which sessions the user has closed.
    records.extend(closed(context, &live));
    for record in &records {
        live.tell_notice(&record.project, events);
    }
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let store = context.store.lock(&context.lock_options("save"))?;
    let outcomes = store.save_all(&records);
    let named = records.iter().zip(outcomes).take(saved);
    Ok(named
        .map(|(record, outcome)| Saved {
            project: record.project.clone(),
            outcome: outcome_of(outcome),
        })
        .collect())
}

fn outcome_of(outcome: Result<session_state::Saving, session_state::StoreError>) -> SaveOutcome {
    match outcome {
        Ok(saving) if saving.changed => SaveOutcome::Saved,
        Ok(_) => SaveOutcome::Unchanged,
        Err(error) => SaveOutcome::Failed(error.to_string()),
    }
}

/// The record of a session of ours as it is now; `None` if the server has ended meanwhile.
pub(crate) fn record_of(context: &Context, live: &Live, ours: Ours<'_>, reason: &str) -> Option<SessionState> {
    let server = live.server.as_ref()?;
    let agents = known_agents(context, ours.record);
    Some(capture(
        ours.session,
        &Occasion {
            project: &ours.record.project,
            working_dir: &ours.record.working_dir,
            server,
            saved: context.saved(reason),
            previous: Some(ours.record),
            agents: &agents,
        },
    ))
}

/// The records of sessions that were closed in this very server.
pub(crate) fn closed(context: &Context, live: &Live) -> Vec<SessionState> {
    let closed = live.records().filter(|record| live.is_closed(record));
    let mark = |record: &SessionState| SessionState {
        lifecycle: Lifecycle::Closed,
        saved: context.saved("closed"),
        ..record.clone()
    };
    closed.map(mark).collect()
}

/// The agents of a session: what their pane recorded, else what the last record says.
pub(crate) fn known_agents(context: &Context, record: &SessionState) -> Vec<Agent> {
    let recorded = record
        .id
        .as_deref()
        .and_then(|id| AgentRecord::read(&context.state_home.agent_record(id)));
    match recorded {
        Some(recorded) => vec![recorded.agent()],
        None => record.agent().cloned().into_iter().collect(),
    }
}
