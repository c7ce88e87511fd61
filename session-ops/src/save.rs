//! Saving sessions as they are.

use std::ffi::OsString;

use session_state::{Lifecycle, SessionState};

use crate::build::check_program;
use crate::context::Context;
use crate::error::{Error, with_causes};
use crate::event::Events;
use crate::hooks::{self, HookEvent, Occasion};
use crate::live::{Live, Ours};
use crate::record::{read_whole, records_of};
use crate::scrollback;
use crate::selection::{Among, is_glob, select};

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

/// Saves sessions, with the hooks of that.
///
/// # Errors
///
/// [`Error::NoSessionThere`] if a named project has none, [`Error::Hook`] if a hook refuses the only one, before anything is
/// saved; [`Error::Tmux`] if the server can't be read. What fails for a single session is in its [`Saved`].
pub fn save(context: &Context, request: &SaveRequest, events: Events<'_>) -> Result<Vec<Saved>, Error> {
    context.config.check_for("save")?;
    let (refused, occasions) = run_hooks(context, request, events)?;
    let without: Vec<&str> = refused.iter().map(|refused| refused.project.as_str()).collect();
    let mut saved = save_without(context, request, &without, events)?;
    if saved.is_empty() && refused.is_empty() {
        // That there is nothing to save is no answer on a machine without tmux.
        check_program(context)?;
    }
    for occasion in &occasions {
        let of_it = |saved: &&Saved| Some(&saved.project) == occasion.project.as_ref();
        if let Some(Saved { outcome, .. }) = saved.iter().find(of_it)
            && !matches!(outcome, SaveOutcome::Failed(_))
        {
            hooks::after(context, HookEvent::PostSave, occasion, events);
        }
    }
    saved.extend(refused);
    for occasion in failures("save", &saved) {
        hooks::notify(context, &occasion);
    }
    for saved in &saved {
        if let SaveOutcome::Failed(why) = &saved.outcome {
            context.account.failed(&saved.project, why);
        }
    }
    Ok(saved)
}

/// Runs what comes before. The second of what is returned is empty where there are no hooks.
fn run_hooks(
    context: &Context,
    request: &SaveRequest,
    events: Events<'_>,
) -> Result<(Vec<Saved>, Vec<Occasion>), Error> {
    let (mut refused, mut occasions) = (Vec::new(), Vec::new());
    let hooks = &context.config.hooks;
    if !hooks.any(HookEvent::PreSave) && !hooks.any(HookEvent::PostSave) {
        return Ok((refused, occasions));
    }
    let live = Live::read(context)?;
    let chosen = choose(context, &live, &request.projects)?;
    let single = request.projects.len() == 1 && !request.projects.iter().any(|project| is_glob(project));
    for ours in chosen {
        let (project, session) = (&ours.record.project, ours.session.name.to_string());
        if single {
            context.about(project);
        }
        let occasion = Occasion::of("save", project, &session, &ours.record.working_dir);
        match hooks::before(context, HookEvent::PreSave, &occasion, events) {
            Ok(()) => occasions.push(occasion),
            Err(error) if single => return Err(error),
            Err(error) => refused.push(Saved {
                project: project.clone(),
                outcome: SaveOutcome::Failed(with_causes(&error)),
            }),
        }
    }
    Ok((refused, occasions))
}

/// What to notify of.
pub(crate) fn failures<'a>(verb: &'a str, saved: &'a [Saved]) -> impl Iterator<Item = Occasion> + 'a {
    saved.iter().filter_map(move |saved| match &saved.outcome {
        SaveOutcome::Failed(why) => Some(Occasion {
            project: Some(saved.project.clone()),
            ..failure(verb, why)
        }),
        _ => None,
    })
}

/// That nothing could be saved.
pub(crate) fn failure(verb: &str, why: &str) -> Occasion {
    Occasion {
        verb: verb.to_owned(),
        notice: Some("save_failed"),
        error: Some(why.to_owned()),
        ..Occasion::default()
    }
}

fn choose<'a>(context: &Context, live: &'a Live, projects: &[OsString]) -> Result<Vec<Ours<'a>>, Error> {
    let mut chosen: Vec<Ours<'a>> = Vec::new();
    for project in select(context, live, projects, Among::Sessions)? {
        let Some(ours) = live.of_project(&project.name) else {
            return Err(match live.why_none(context, project.name) {
                Error::NoSession { project } => Error::NoSessionThere { project },
                foreign => foreign,
            });
        };
        chosen.push(ours);
    }
    if projects.is_empty() {
        chosen.extend(live.all_ours());
    }
    Ok(chosen)
}

/// Saves sessions without hooks, and without these projects.
pub(crate) fn save_without(
    context: &Context,
    request: &SaveRequest,
    without: &[&str],
    events: Events<'_>,
) -> Result<Vec<Saved>, Error> {
    // Between the listing and the records nobody may make or end a session: an old listing beside a new record would
    // look as if the user had closed it.
    let _lock = context.lock_operation("save", events)?;
    let live = read_whole(context)?;
    let mut chosen = choose(context, &live, &request.projects)?;
    chosen.retain(|ours| !without.contains(&ours.record.project.as_str()));
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
