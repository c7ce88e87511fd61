//! Saving sessions as they are.

use std::ffi::OsString;

use session_state::{Lifecycle, SessionState};

use crate::context::Context;
use crate::error::{Error, with_causes};
use crate::event::Events;
use crate::live::{Live, Ours};
use crate::record::{read_whole, records_of};
use crate::scrollback;

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
    let live = read_whole(context)?;
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
    let seen = records_of(context, &live, &chosen, "save")?;
    let mut records: Vec<SessionState> = seen.iter().flatten().cloned().collect();
    // While the server lives, it alone tells which sessions the user has closed.
    records.extend(closed(context, &live));
    for record in &records {
        live.tell_notice(&record.project, events);
    }
    let mut outcomes = Vec::new();
    if !records.is_empty() {
        let store = context.store.lock(&context.lock_options("save"))?;
        outcomes = store.save_all(&records);
    }
    let shown: Vec<Result<(), Error>> = chosen
        .iter()
        .map(|ours| scrollback::keep_on_save(context, &ours.record.project, ours.session))
        .collect();
    let mut outcomes = outcomes.into_iter();
    let named = chosen.iter().zip(seen).zip(shown).map(|((ours, seen), shown)| Saved {
        project: ours.record.project.clone(),
        outcome: match (seen.map(|_record| outcomes.next()), shown) {
            (Ok(outcome), Ok(())) => outcome.map_or(SaveOutcome::Unchanged, outcome_of),
            (Ok(_saved), Err(error)) => {
                SaveOutcome::Failed(format!("what its panes show wasn't kept: {}", with_causes(&error)))
            }
            (Err(why), _) => SaveOutcome::Failed(why.to_string()),
        },
    });
    let mut saved: Vec<Saved> = named.collect();
    if request.projects.is_empty() {
        saved.extend(live.unreadable().map(|(project, error)| Saved {
            project,
            outcome: SaveOutcome::Failed(with_causes(error)),
        }));
    }
    context.account.saved(&saved);
    Ok(saved)
}

fn outcome_of(outcome: Result<session_state::Saving, session_state::StoreError>) -> SaveOutcome {
    match outcome {
        Ok(saving) if saving.changed => SaveOutcome::Saved,
        Ok(_) => SaveOutcome::Unchanged,
        Err(error) => SaveOutcome::Failed(with_causes(&error)),
    }
}

/// The records of sessions that were closed in this very server. An answer of tmux that was cut off doesn't tell.
pub(crate) fn closed(context: &Context, live: &Live) -> Vec<SessionState> {
    if live.snapshot.as_ref().is_none_or(|snapshot| !snapshot.whole) {
        return Vec::new();
    }
    let closed = live.records().filter(|record| live.is_closed(record));
    let mark = |record: &SessionState| SessionState {
        lifecycle: Lifecycle::Closed,
        saved: context.saved("closed"),
        ..record.clone()
    };
    closed.map(mark).collect()
}
