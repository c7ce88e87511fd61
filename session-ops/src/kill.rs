//! Ending sessions because the user says so.

use std::ffi::OsString;
use std::time::Duration;

use crate::agent::stop;
use crate::context::Context;
use crate::end::{EndOutcome, EndRequest, end};
use crate::error::{Error, with_causes};
use crate::event::Events;
use crate::guard;
use crate::hand_over::hand_over;
use crate::hooks::{self, HookEvent, Occasion};
use crate::leave::Ask;
use crate::live::{Live, Ours};
use crate::record::record_of;
use crate::selection::{Among, select};

/// Which sessions to end.
#[derive(Debug, Clone)]
pub struct KillRequest {
    /// The projects.
    pub projects: Vec<OsString>,
    /// All sessions of ours.
    pub all: bool,
    /// Also those whose work isn't done.
    pub force: bool,
    /// How long an agent has to leave; `None` is the configured time.
    pub timeout: Option<Duration>,
}

/// What came of ending one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Killed {
    /// The project.
    pub project: String,
    /// What came of it.
    pub outcome: KillOutcome,
}

/// What came of ending one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KillOutcome {
    /// It has ended.
    Ended,
    /// It ends as soon as tsm has ended, because tsm runs in it.
    Ending,
    /// It couldn't be ended, for this reason.
    Failed(String),
}

/// Ends sessions: each is saved, its agent is asked to leave, then it is killed.
///
/// # Errors
///
/// [`Error::NoSessionThere`] if a named project has none, [`Error::Unfinished`] if one's work isn't done, before anything was
/// ended. What fails for a single session is in its [`Killed`].
pub fn kill(
    context: &Context,
    request: &KillRequest,
    mut ask: Ask<'_>,
    events: Events<'_>,
) -> Result<Vec<Killed>, Error> {
    context.config.check_for("kill")?;
    // Questions come before the lock: whoever thinks about the answer keeps nobody waiting.
    let before = Live::read(context)?;
    before.require_tmux(context)?;
    let mut asked = Vec::new();
    for ours in choose(context, &before, request)? {
        guard::check(context, ours, "kill", request.force, &mut ask)?;
        asked.push(ours.record.project.clone());
    }
    let (refused, occasions) = run_hooks(context, choose(context, &before, request)?, events)?;
    let lock = context.lock_operation("kill", events)?;
    let live = Live::read(context)?;
    let chosen = choose(context, &live, request)?;
    let inside = live.inside(context).map(|session| session.id);
    let mut killed = Vec::new();
    let mut own = None;
    for ours in &chosen {
        let ending = ending(context, *ours, request.timeout);
        if refused.iter().any(|refused| refused.project == ending.project) {
            continue;
        }
        let guarded = || guard::unfinished(context, *ours).is_some() || !occasions.is_empty();
        if !asked.contains(&ending.project) && guarded() {
            let outcome = KillOutcome::Failed("it was made meanwhile, and isn't done".to_owned());
            killed.push(Killed {
                project: ending.project,
                outcome,
            });
            continue;
        }
        if let Err(error) = save(context, &live, *ours) {
            let outcome = KillOutcome::Failed(format!("it couldn't be saved: {error}"));
            killed.push(Killed {
                project: ending.project,
                outcome,
            });
            continue;
        }
        if Some(ours.session.id) == inside {
            own = Some(ending);
            continue;
        }
        let outcome = match end(context, &lock, &ending) {
            Ok(EndOutcome::Ended | EndOutcome::Gone) => KillOutcome::Ended,
            Ok(EndOutcome::Kept(why)) => KillOutcome::Failed(why),
            Err(error) => KillOutcome::Failed(error.to_string()),
        };
        killed.push(Killed {
            project: ours.record.project.clone(),
            outcome,
        });
    }
    // Ending the session that tsm runs in is the last thing, and another process does it.
    if let Some(ending) = own {
        let outcome = match hand_over(context, &ending).and_then(crate::hand_over::HandOver::go) {
            Ok(()) => KillOutcome::Ending,
            Err(error) => KillOutcome::Failed(error.to_string()),
        };
        killed.push(Killed {
            project: ending.project,
            outcome,
        });
    }
    lock.release();
    for occasion in occasions {
        let ended = |killed: &&Killed| {
            Some(&killed.project) == occasion.project.as_ref() && !matches!(killed.outcome, KillOutcome::Failed(_))
        };
        if killed.iter().any(|killed| ended(&killed)) {
            hooks::after(context, HookEvent::PostSave, &occasion, events);
        }
    }
    killed.extend(refused);
    for killed in &killed {
        if let KillOutcome::Failed(why) = &killed.outcome {
            context.account.failed(&killed.project, why);
        }
    }
    Ok(killed)
}

/// Runs what comes before the end of each session. Of several, those that a hook refuses stay, and the others don't; a
/// single one that is refused is an error. The second of what is returned is empty where there are no hooks.
fn run_hooks(
    context: &Context,
    chosen: Vec<Ours<'_>>,
    events: Events<'_>,
) -> Result<(Vec<Killed>, Vec<Occasion>), Error> {
    let (mut refused, mut occasions) = (Vec::new(), Vec::new());
    let concerned = [HookEvent::PreSave, HookEvent::PreKill, HookEvent::PostSave];
    if !concerned.iter().any(|event| context.config.hooks.any(*event)) {
        return Ok((refused, occasions));
    }
    let single = chosen.len() == 1;
    for ours in chosen {
        let (project, session) = (&ours.record.project, ours.session.name.to_string());
        if single {
            context.about(project);
        }
        let occasion = Occasion::of("kill", project, &session, &ours.record.working_dir);
        let ran = hooks::before(context, HookEvent::PreSave, &occasion, events)
            .and_then(|()| hooks::before(context, HookEvent::PreKill, &occasion, events));
        match ran {
            Ok(()) => occasions.push(occasion),
            Err(error) if single => return Err(error),
            Err(error) => refused.push(Killed {
                project: project.clone(),
                outcome: KillOutcome::Failed(with_causes(&error)),
            }),
        }
    }
    Ok((refused, occasions))
}

fn choose<'a>(context: &Context, live: &'a Live, request: &KillRequest) -> Result<Vec<Ours<'a>>, Error> {
    if request.all {
        return Ok(live.all_ours().collect());
    }
    let mut chosen: Vec<Ours<'a>> = Vec::new();
    for project in select(context, live, &request.projects, Among::Sessions)? {
        let Some(ours) = live.of_project(&project.name) else {
            return Err(match live.why_none(context, project.name) {
                Error::NoSession { project } => Error::NoSessionThere { project },
                foreign => foreign,
            });
        };
        chosen.push(ours);
    }
    Ok(chosen)
}

fn save(context: &Context, live: &Live, ours: Ours<'_>) -> Result<(), Error> {
    let record = record_of(context, live, ours, "kill")?;
    let _saving = context.store.lock(&context.lock_options("kill"))?.save(&record)?;
    Ok(())
}

fn ending(context: &Context, ours: Ours<'_>, timeout: Option<Duration>) -> EndRequest {
    EndRequest {
        project: ours.record.project.clone(),
        session: ours.session.id,
        id: ours.record.id.clone().unwrap_or_default(),
        epoch: session_recovery::ours::epoch(ours.session),
        verb: "kill".to_owned(),
        unless_running: false,
        timeout: timeout.unwrap_or_else(|| stop::timeout(context, ours.session)),
        then_rename: None,
        tell: None,
    }
}
