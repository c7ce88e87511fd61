//! Bringing sessions back from their states.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use bstr::BString;
use session_lock::Liveness;
use session_lock::replace::leftovers;
use session_recovery::compare::deviations;
use session_recovery::rebuild::{ApplyError, Difference, Plan, PlanError, Policy, plan};
use session_state::{Agent, At, ServerIdentity, SessionState};

use crate::agent::bindings::latest;
use crate::agent::{allowed, run_in_shell};
use crate::autosave;
use crate::build::{Job, build, check_program, correct, id_for, save, tmux_for};
use crate::config::server::check_place;
use crate::context::{Context, OperationLock};
use crate::detect::ServerCondition;
use crate::detect::server::condition;
use crate::elsewhere::{belongs_here, refuse_second};
use crate::emergency::{clear_locks, revive};
use crate::ensure::{describe, launchable};
use crate::error::Error;
use crate::event::Events;
use crate::hooks::{self, HookEvent, Occasion};
use crate::live::{Live, Ours};
use crate::project::{Project, usable_directory};
use crate::record::records_of;
use crate::selection::{Among, is_glob, select};

/// What to bring back.
#[derive(Debug, Clone)]
pub struct RestoreRequest {
    /// The projects; none means those recorded live in a server that is gone.
    pub projects: Vec<OsString>,
    /// The state of then, instead of the last one.
    pub at: Option<At>,
    /// Programs that ran are started again.
    pub run: bool,
    /// Nothing is done, only told.
    pub dry_run: bool,
}

/// What came of one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The project.
    pub project: String,
    /// What came of its session.
    pub outcome: RestoreOutcome,
    /// What came of its panes.
    pub panes: Vec<RestoredPane>,
}

/// What came of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RestoreOutcome {
    /// It is back; with `dry_run`, it would be.
    Restored,
    /// It lives and was left alone.
    AlreadyLive,
    /// There is nothing to bring back, for this reason.
    Skipped(String),
    /// It couldn't be brought back, for this reason.
    Failed(String),
}

/// What came of a pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoredPane {
    /// The window's index.
    pub window: u32,
    /// The pane's place in its window, from 0.
    pub pane: usize,
    /// What it lacks; nothing if it is as it was.
    pub differences: Vec<String>,
    /// Whether a program that ran in it wasn't started.
    pub offered: bool,
    /// Whether a program that ran in it was started again.
    pub started: bool,
}

/// Brings sessions back. Living sessions are left alone, so it can be repeated.
///
/// # Errors
///
/// [`Error::NoState`] if a named project has none, before anything was done. What fails for a single project is in its
/// [`Restored`].
pub fn restore(context: &Context, request: &RestoreRequest, events: Events<'_>) -> Result<Vec<Restored>, Error> {
    context.config.check_for("restore")?;
    let lock = context.lock_operation("restore", events)?;
    let restored = restore_locked(context, &lock, request, events)?;
    lock.release();
    if !request.dry_run {
        let is_built = |session: &Restored| session.outcome == RestoreOutcome::Restored;
        autosave::begin(context, restored.iter().any(is_built), events);
        tell_hooks(context, &restored, events)?;
        for session in &restored {
            if let RestoreOutcome::Failed(why) = &session.outcome {
                context.account.failed(&session.project, why);
            }
        }
    }
    Ok(restored)
}

fn tell_hooks(context: &Context, restored: &[Restored], events: Events<'_>) -> Result<(), Error> {
    if !context.config.hooks.any(HookEvent::PostCreate) {
        return Ok(());
    }
    let live = Live::read(context)?;
    for session in restored
        .iter()
        .filter(|session| session.outcome == RestoreOutcome::Restored)
    {
        if let Some(ours) = live.of_project(&session.project) {
            let name = ours.session.name.to_string();
            let about = Occasion::of("restore", &session.project, &name, &ours.record.working_dir);
            hooks::after(context, HookEvent::PostCreate, &about, events);
        }
    }
    Ok(())
}

/// As [`restore`], by whoever holds the operation lock.
pub(crate) fn restore_locked(
    context: &Context,
    _lock: &OperationLock,
    request: &RestoreRequest,
    events: Events<'_>,
) -> Result<Vec<Restored>, Error> {
    // The program is asked while the states are read.
    let (mut live, program) = thread::scope(|scope| {
        let program = scope.spawn(|| check_program(context));
        let live = Live::read(context);
        // A panic in there is one here.
        let program = program.join().unwrap_or_else(|panic| resume_unwind(panic));
        live.map(|live| (live, program))
    })?;
    if live.snapshot.is_none()
        && !request.dry_run
        && live.records().any(names_a_process)
        && let ServerCondition::SocketDeleted(server) = condition(context)?
    {
        // Everything lives on, only nobody can get there.
        revive(context, &server)?;
        live = Live::read(context)?;
    }
    let records = choose(context, &live, request)?;
    if live.snapshot.is_none() {
        program?;
        if !records.is_empty() {
            check_place(context.server.socket_path())?;
        }
    }
    if !request.dry_run {
        record_living(context, &live)?;
    }
    let mut restored = Vec::new();
    let mut jobs: Vec<Job<'_>> = Vec::new();
    let directories = Directories::default();
    for record in &records {
        match planned(context, &live, record, request, &directories, events) {
            Ok(job) => {
                restored.push(restored_by(&job.plan));
                jobs.push(job);
            }
            Err(outcome) => restored.push(Restored {
                project: record.project.clone(),
                outcome,
                panes: Vec::new(),
            }),
        }
    }
    if !request.dry_run && !jobs.is_empty() {
        let built = match build(context, &jobs, "restore") {
            // It was just ending, with everything in it: a run that was killed had started it. Another is started now.
            Err(Error::Tmux(tmux_core::Error::ServerLost { .. } | tmux_core::Error::NoServer { .. })) => {
                build(context, &jobs, "restore")?
            }
            built => built?,
        };
        built.tell(events);
        for (job, record) in jobs.iter().filter_map(|job| Some((job, wanted_of(job, &records)?))) {
            if let Some(found) = built.records.iter().find(|found| found.project == record.project) {
                report_deviations(&mut restored, &job.plan, record, found);
            }
        }
        let is_there = |outcome: &Result<_, ApplyError>| matches!(outcome, Err(ApplyError::Exists { .. }));
        // tmux goes on with what a run that was killed had asked it for, and may have been about to.
        let now = match built.outcomes.iter().any(is_there) {
            true => Some(Live::read(context)?),
            false => None,
        };
        if let Some(now) = &now {
            record_living(context, now)?;
        }
        for (job, outcome) in jobs.iter().zip(built.outcomes) {
            let project = &job.plan.project;
            let by_another = is_there(&outcome) && now.as_ref().is_some_and(|now| now.of_project(project).is_some());
            match outcome {
                Err(_) if by_another => conclude(&mut restored, project, RestoreOutcome::AlreadyLive),
                Err(error) => conclude(&mut restored, project, RestoreOutcome::Failed(error.to_string())),
                Ok(_) => {}
            }
        }
    } else if !request.dry_run {
        put_in_order(context)?;
    }
    Ok(restored)
}

/// Sessions that live, and whose records know nothing of this server: whoever built them was cut off before the records.
fn record_living(context: &Context, live: &Live) -> Result<(), Error> {
    let process = |server: &Option<ServerIdentity>| server.as_ref().map(|server| server.process.clone());
    let here = process(&live.server);
    let unknown: Vec<Ours<'_>> = live
        .all_ours()
        .filter(|ours| process(&ours.record.server) != here)
        .collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let seen = records_of(context, live, &unknown, "restore")?;
    let records: Vec<SessionState> = seen.into_iter().flatten().collect();
    save(context, &records, "restore")
}

/// What a run left that was cut off, where nothing else was to be done: a save would take it away.
fn put_in_order(context: &Context) -> Result<(), Error> {
    let directory = context.store.dir();
    if directory.is_dir() && leftovers(directory).is_ok_and(|left| !left.is_empty()) {
        let _swept = context.store.lock(&context.lock_options("restore"))?;
    }
    clear_locks(context, &mut Vec::new());
    Ok(())
}

/// Which directories can be used. Those of a session are mostly the same.
#[derive(Default)]
struct Directories {
    known: RefCell<BTreeMap<PathBuf, bool>>,
}

impl Directories {
    fn is_usable(&self, path: &Path) -> bool {
        let mut known = self.known.borrow_mut();
        if let Some(usable) = known.get(path) {
            return *usable;
        }
        let usable = usable_directory(path).is_ok();
        known.insert(path.to_owned(), usable);
        usable
    }
}

/// Whether the server of this record may still run.
fn names_a_process(record: &SessionState) -> bool {
    let liveness = record.server.as_ref().map(|server| server.process.liveness());
    matches!(liveness, Some(Liveness::Alive | Liveness::Unknown))
}

fn choose(context: &Context, live: &Live, request: &RestoreRequest) -> Result<Vec<SessionState>, Error> {
    let mut records = Vec::new();
    // All that there is means all of this server; who is named comes back here.
    let named = !request.projects.iter().all(|project| is_glob(project));
    let is_here = |project: &str| named || belongs_here(context, project);
    for project in select(context, live, &request.projects, Among::States)? {
        if !is_here(&project.name) {
            continue;
        }
        let record = live.record(context, &project.name)?.ok_or(Error::NoState {
            project: project.name.clone(),
        })?;
        records.push(match request.at {
            Some(at) => context.store.load_at(&project.name, at)?.state,
            None => record.clone(),
        });
    }
    if request.projects.is_empty() {
        let lost = live.records().filter(|record| live.is_lost(record));
        for record in lost.filter(|record| is_here(&record.project)) {
            records.push(match request.at {
                Some(at) => context.store.load_at(&record.project, at)?.state,
                None => record.clone(),
            });
        }
    }
    Ok(records)
}

fn planned<'a>(
    context: &Context,
    live: &'a Live,
    record: &'a SessionState,
    request: &RestoreRequest,
    directories: &Directories,
    events: Events<'_>,
) -> Result<Job<'a>, RestoreOutcome> {
    if live.of_project(&record.project).is_some() {
        return Err(RestoreOutcome::AlreadyLive);
    }
    let session_name = record.session_name.to_string();
    if live
        .sessions()
        .iter()
        .any(|session| session.name == record.session_name)
    {
        return Err(RestoreOutcome::Failed(format!(
            "the session {session_name} isn't tsm's"
        )));
    }
    live.tell_notice(&record.project, events);
    let failed = |error: Error| RestoreOutcome::Failed(error.to_string());
    refuse_second(context, live, &record.project).map_err(failed)?;
    let project = Project {
        name: record.project.clone(),
        path: record.working_dir.clone(),
    };
    let has_agent = record.agent().is_some();
    let launchable = launchable(context, &project, !has_agent, events).map_err(failed)?;
    let current = live.record(context, &record.project).map_err(failed)?;
    let id = id_for(live, &record.project, current);
    // The state of then has the conversation of then.
    let now = |agent: &Agent| match request.at {
        Some(_) => agent.clone(),
        None => latest(context, agent, &id),
    };
    let program = |agent: &Agent| {
        launchable
            .as_ref()
            .and_then(|found| found.pane_program(context, &now(agent), &id))
    };
    let again = |argv: &[BString]| {
        if request.run {
            Some(run_in_shell(context, argv))
        } else {
            allowed(context, argv)
        }
    };
    let tmux = tmux_for(context, live, record);
    let policy = Policy {
        session_name: &session_name,
        id: &id,
        tmux: tmux.as_ref(),
        is_directory: &|path: &Path| directories.is_usable(path),
        launch: &program,
        run: &again,
    };
    let plan = plan(record, &policy).map_err(|error| match error {
        PlanError::Empty { .. } => RestoreOutcome::Skipped(error.to_string()),
        _ => RestoreOutcome::Failed(error.to_string()),
    })?;
    let agent = record.agent().map(now);
    Ok(Job {
        plan,
        working_dir: &record.working_dir,
        previous: current,
        agent,
        template: None,
        no_agent: false,
        final_name: None,
    })
}

fn restored_by(plan: &Plan) -> Restored {
    let panes = plan.panes().map(|(window, n, pane)| RestoredPane {
        window: window.index.unwrap_or_default(),
        pane: n,
        differences: pane.differences.iter().map(describe).collect(),
        offered: pane
            .differences
            .iter()
            .any(|difference| matches!(difference, Difference::ProgramOffered(_))),
        started: pane
            .differences
            .iter()
            .any(|difference| matches!(difference, Difference::ProgramStarted(_))),
    });
    Restored {
        project: plan.project.clone(),
        outcome: RestoreOutcome::Restored,
        panes: panes.collect(),
    }
}

/// The record that a job was planned from.
fn wanted_of<'a>(job: &Job<'_>, records: &'a [SessionState]) -> Option<&'a SessionState> {
    records.iter().find(|record| record.project == job.plan.project)
}

/// What came of the plan is compared with the record, as far as that can be told directly after: where a shell is it says
/// only when it has started.
fn report_deviations(restored: &mut [Restored], plan: &Plan, record: &SessionState, found: &SessionState) {
    let mut record = record.clone();
    correct(&mut record, plan);
    for deviation in deviations(&record, found) {
        let (window, pane) = deviation.place;
        let panes = restored.iter_mut().filter(|entry| entry.project == record.project);
        for entry in panes.flat_map(|entry| &mut entry.panes) {
            if entry.window == window && pane.is_none_or(|pane| pane == entry.pane) {
                entry
                    .differences
                    .push(describe(&Difference::Deviates(deviation.what.clone())));
            }
        }
    }
}

/// What became of a project of which no pane was built.
fn conclude(restored: &mut [Restored], project: &str, outcome: RestoreOutcome) {
    for entry in restored.iter_mut().filter(|entry| entry.project == project) {
        entry.outcome = outcome.clone();
        entry.panes.clear();
    }
}
