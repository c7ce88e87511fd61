//! The way back when nothing else helps: everything of ours is backed up, ended, and brought back from its states.
//! Nothing that isn't ours is touched.

mod end_all;
mod holder;
mod server;
mod states;

use std::collections::BTreeMap;
use std::ffi::OsString;

use session_recovery::backup::Reason;
use session_recovery::process_table::ProcessTable;
use session_state::Lifecycle;

use crate::agent::record;
use crate::backup::{BackupRequest, back_up_because};
use crate::context::Context;
use crate::detect::server::condition;
use crate::detect::{Finding, ServerCondition, orphans};
use crate::elsewhere::belongs_here;
use crate::end_processes::end_processes;
use crate::error::{Class, Error, with_causes};
use crate::event::{Event, Events};
use crate::live::Live;
use crate::record::records_of;
use crate::restore::{RestoreOutcome, RestoreRequest, restore_locked};
use crate::validate::validate;

/// How far an emergency recovery may go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EmergencyRequest {
    /// The server is restarted although it holds what isn't ours.
    pub restart_server: bool,
}

/// What an emergency recovery did.
#[derive(Debug)]
pub struct Recovered {
    /// What came of each project, sorted.
    pub projects: Vec<RecoveredProject>,
    /// What was done beside that, a line each.
    pub steps: Vec<String>,
    /// The sessions of others because of which the tmux server wasn't restarted.
    pub others: Vec<String>,
    /// What differs from the states now.
    pub findings: Vec<Finding>,
}

/// What came of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveredProject {
    /// The project.
    pub project: String,
    /// `restored`, `kept`, `skipped`, `failed` or `lost`.
    pub outcome: &'static str,
    /// Why, or what it lacks.
    pub detail: Option<String>,
}

impl Recovered {
    /// Whether every session is back.
    pub fn is_complete(&self) -> bool {
        self.projects
            .iter()
            .all(|project| !matches!(project.outcome, "failed" | "lost"))
    }
}

/// Recovers everything.
///
/// # Errors
///
/// [`Error::OthersOnServer`] if a server that doesn't answer holds what isn't ours, [`Error::Lock`] if somebody lives who
/// holds the lock: nothing was changed by then. Whatever keeps the backup from being made: nothing was ended by then.
pub fn emergency(context: &Context, request: &EmergencyRequest, events: Events<'_>) -> Result<Recovered, Error> {
    let mut steps = Vec::new();
    let lock = holder::lock(context, &mut steps, events)?;
    let mut state = condition(context)?;
    server::refuse_others(context, &state, request)?;
    states::tidy(context, &mut steps)?;
    let corrupt = states::corrupt(context)?;
    back_up_all(context, &state, &mut steps, events)?;
    let mut outcomes = states::bring_back(context, &corrupt, &mut steps)?;
    if let ServerCondition::SocketDeleted(process) = &state {
        revive(context, process)?;
        steps.push(format!(
            "the tmux server, process {}, has its socket again",
            process.pid
        ));
        state = condition(context)?;
    }
    let live = Live::with_snapshot(context, state.snapshot().cloned())?;
    let ended = end_all::end_all(context, &live, &mut steps)?;
    for project in &ended.kept {
        let why = "tsm-recovery runs in it";
        outcomes.insert(project.clone(), ("kept", Some(why.to_owned())));
    }
    if let ServerCondition::Hung(Some(process)) | ServerCondition::Skew(_, Some(process)) = &state {
        end_all::end_agents_in(context, process, &mut steps)?;
    }
    end_orphans(context, &live, &mut steps);
    let others = server::restart(context, &state, request, &live, &mut steps)?;
    clear_locks(context, &mut steps);
    let wanted = wanted(context, &live, &ended.ended);
    // What comes reads everything anew.
    drop((live, state));
    let projects: Vec<OsString> = wanted.iter().map(OsString::from).collect();
    if !projects.is_empty() {
        let request = RestoreRequest {
            projects,
            at: None,
            run: false,
            dry_run: false,
        };
        for restored in restore_locked(context, &lock, &request, events)? {
            let (outcome, detail) = match restored.outcome {
                RestoreOutcome::Restored => ("restored", lacks(&restored.panes)),
                RestoreOutcome::AlreadyLive => ("kept", Some("it lives".to_owned())),
                RestoreOutcome::Skipped(why) => ("skipped", Some(why)),
                RestoreOutcome::Failed(why) => ("failed", Some(why)),
            };
            let known = outcomes.remove(&restored.project).and_then(|(_, detail)| detail);
            let detail = [known, detail].into_iter().flatten().collect::<Vec<_>>();
            let detail = (!detail.is_empty()).then(|| detail.join("; "));
            outcomes.insert(restored.project, (outcome, detail));
        }
    }
    // The panes that were just ended may have been writing; what can't be taken away is among the findings.
    let _found_then = record::sweep(context);
    lock.release();
    crate::autosave::begin(context, false, events);
    for (project, (outcome, detail)) in &outcomes {
        if *outcome == "failed" {
            context.account.failed(project, detail.as_deref().unwrap_or(outcome));
        }
    }
    Ok(Recovered {
        projects: outcomes
            .into_iter()
            .map(|(project, (outcome, detail))| RecoveredProject {
                project,
                outcome,
                detail,
            })
            .collect(),
        steps,
        others,
        findings: validate(context)?,
    })
}

/// By project what came of it, and why.
type Outcomes = BTreeMap<String, (&'static str, Option<String>)>;

/// What lives is recorded as it is, then everything goes into a backup. Without a state there is nothing to back up.
fn back_up_all(
    context: &Context,
    state: &ServerCondition,
    steps: &mut Vec<String>,
    events: Events<'_>,
) -> Result<(), Error> {
    record_all(context, state, steps)?;
    match back_up_because(context, &BackupRequest::default(), Reason::Emergency, events) {
        Ok(report) => {
            steps.push(format!("backed up to {}", report.file.display()));
            for skipped in report.skipped {
                steps.push(format!(
                    "{} is not backed up: {}",
                    skipped.name,
                    with_causes(&skipped.error)
                ));
            }
            Ok(())
        }
        Err(error) if matches!(error.class(), Class::NotFound | Class::Corrupt) => {
            steps.push(format!("no backup: {}", with_causes(&error)));
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Records what lives. All that is held for it is given back before the backup is made.
fn record_all(context: &Context, state: &ServerCondition, steps: &mut Vec<String>) -> Result<(), Error> {
    let live = Live::with_snapshot(context, state.snapshot().cloned())?;
    let ours: Vec<_> = live.all_ours().collect();
    let mut records = Vec::new();
    for (ours, seen) in ours.iter().zip(records_of(context, &live, &ours, "emergency")?) {
        match seen {
            Ok(record) => records.push(record),
            Err(why) => steps.push(format!("the state of {} stays as it was: {why}", ours.record.project)),
        }
    }
    if !records.is_empty() {
        let store = context.store.lock(&context.lock_options("emergency"))?;
        for (record, saved) in records.iter().zip(store.save_all(&records)) {
            if let Err(error) = saved {
                steps.push(format!(
                    "the state of {} stays as it was: {}",
                    record.project,
                    with_causes(&error)
                ));
            }
        }
    }
    Ok(())
}

/// The projects whose sessions are to be brought back: those that were just ended, and those that were lost.
fn wanted(context: &Context, live: &Live, ended: &[String]) -> Vec<String> {
    let lost = live
        .records()
        .filter(|record| record.lifecycle == Lifecycle::Live && live.is_lost(record))
        .filter(|record| belongs_here(context, &record.project));
    let mut wanted: Vec<String> = lost
        .map(|record| record.project.clone())
        .chain(ended.iter().cloned())
        .collect();
    wanted.sort();
    wanted.dedup();
    wanted
}

fn end_orphans(context: &Context, live: &Live, steps: &mut Vec<String>) {
    let orphans = orphans(context, live, &ProcessTable::read());
    let endings = orphans.iter().map(|orphan| orphan.ending(context)).collect();
    for (process, outcome) in end_processes(endings) {
        steps.push(match outcome {
            Ok(()) => format!(
                "ended process {}, which an agent of a session of tsm's left",
                process.pid
            ),
            Err(error) => format!("process {} couldn't be ended: {}", process.pid, with_causes(&error)),
        });
    }
}

fn lacks(panes: &[crate::restore::RestoredPane]) -> Option<String> {
    let lacks: Vec<String> = panes
        .iter()
        .flat_map(|pane| {
            pane.differences
                .iter()
                .map(move |what| format!("pane {}.{}: {what}", pane.window, pane.pane))
        })
        .collect();
    (!lacks.is_empty()).then(|| lacks.join("; "))
}

pub(crate) use holder::clear_locks;
pub(crate) use server::revive;

/// Tells what an emergency recovery does.
pub(crate) fn tell(events: Events<'_>, step: &str) {
    events(Event::Step(step.to_owned()));
}
