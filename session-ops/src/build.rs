//! Building sessions and recording them.
//!
//! The record names the new session's id before the session exists: whenever this is cut off, a session that carries an
//! id of ours has a record that says so.

mod expected;
mod many;

use std::collections::BTreeMap;
use std::path::Path;
use std::thread;

use bstr::{BString, ByteSlice};
use session_recovery::capture::{Occasion, capture};
use session_recovery::compare::is_same_elsewhere;
use session_recovery::rebuild::{ApplyError, Building, Plan, recorded_options, set_options};
use session_state::{Agent, ExclusiveStore, Lifecycle, Saved, Saving, ServerIdentity, SessionState, StoreError};
use tmux_core::{Server, Session, SessionId, Version};
use uuid::Uuid;

use crate::agent::absence;
use crate::autosave;
use crate::beside::beside;
use crate::config::server::check_place;
use crate::context::Context;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::live::Live;
use crate::template::Chosen;
use many::{MANY, build_many};

/// A session to build.
pub(crate) struct Job<'a> {
    /// What to build.
    pub(crate) plan: Plan,
    /// The project's directory.
    pub(crate) working_dir: &'a Path,
    /// The record that there is.
    pub(crate) previous: Option<&'a SessionState>,
    /// The agent that the plan starts.
    pub(crate) agent: Option<Agent>,
    /// The template that it is planned from, if it isn't from a record.
    pub(crate) template: Option<Chosen>,
    /// Whether it was asked for without an agent.
    pub(crate) no_agent: bool,
    /// The name that it will have in the end, if that isn't the plan's.
    pub(crate) final_name: Option<BString>,
}

/// The id of a project's next session: the one its record names, unless a living session carries that.
pub(crate) fn id_for(live: &Live, project: &str, previous: Option<&SessionState>) -> String {
    let free = live.of_project(project).is_none();
    let recorded = previous.and_then(|record| record.id.clone()).filter(|_| free);
    recorded.unwrap_or_else(|| Uuid::new_v4().simple().to_string())
}

/// What came of building.
pub(crate) struct Built {
    /// One outcome for each job.
    pub(crate) outcomes: Vec<Result<SessionId, ApplyError>>,
    /// The server's process id.
    pub(crate) server_pid: u32,
    /// The records of the sessions that came to be.
    pub(crate) records: Vec<SessionState>,
    /// What they lack, by project.
    pub(crate) lacks: Vec<(String, String)>,
    server: Option<ServerIdentity>,
    /// The number of the newest pane.
    newest_pane: Option<u32>,
}

impl Built {
    /// Takes in what was built in a later call. That another server was started for it is an error: what was built before
    /// went with the one that it was built in.
    fn extend(&mut self, more: Self, socket: &Path) -> Result<(), Error> {
        if self.server != more.server {
            return Err(tmux_core::Error::ServerLost {
                socket: socket.to_owned(),
                server_pid: Some(self.server_pid),
            }
            .into());
        }
        self.outcomes.extend(more.outcomes);
        self.records.extend(more.records);
        self.lacks.extend(more.lacks);
        Ok(())
    }

    /// Tells what the sessions lack.
    pub(crate) fn tell(&self, events: Events<'_>) {
        for (project, what) in &self.lacks {
            events(Event::Lacks {
                project: project.clone(),
                what: what.clone(),
            });
        }
    }
}

/// Whether a server runs or can be started. One that can't be is an error before anything is written.
pub(crate) fn check_server(context: &Context) -> Result<(), Error> {
    if !context.server.is_running() {
        check_place(context.server.socket_path())?;
    }
    check_program(context)
}

/// Whether a server runs or there is a tmux that could start one.
pub(crate) fn check_program(context: &Context) -> Result<(), Error> {
    if !context.server.is_running() {
        context.tmux.check(Server::DEFAULT_LIMIT)?;
    }
    Ok(())
}

/// The tmux in which a record's session will be. Only what floats needs to know: for a record without, nothing is asked.
pub(crate) fn tmux_for(context: &Context, live: &Live, record: &SessionState) -> Option<Version> {
    let mut layouts = record.windows.iter().filter_map(|window| window.layout_json.as_ref());
    if !layouts.any(|layout| layout.contains_str("\"z\":")) {
        return None;
    }
    match &live.snapshot {
        Some(snapshot) => Some(snapshot.server.version.clone()),
        None => context.tmux.binary_version(Server::DEFAULT_LIMIT).ok(),
    }
}

/// Builds the sessions, after [`check_server`], records those that came to be, and has changes saved from now on. A record
/// never has its place before its session was seen.
pub(crate) fn build(context: &Context, jobs: &[Job<'_>], reason: &str) -> Result<Built, Error> {
    claim(context, jobs, reason)?;
    let saved = context.saved(reason);
    if let [first, others @ ..] = jobs
        && jobs.len() >= MANY
    {
        return build_many(context, first, others, &saved);
    }
    let built = build_part(context, jobs, building(jobs), &saved)?;
    while_hooks_are_set(context, || match built.records.as_slice() {
        [] => Ok(()),
        records => all_saved(amending(context, reason)?.save_all(records)),
    })?;
    Ok(built)
}

fn building(jobs: &[Job<'_>]) -> Building {
    Building::of(jobs.iter().map(|job| job.plan.clone()).collect())
}

/// One call; nothing is recorded yet.
fn build_part(context: &Context, jobs: &[Job<'_>], building: Building, saved: &Saved) -> Result<Built, Error> {
    let (built, snapshot) = building.apply(&context.server)?;
    let server = context.server_identity(&snapshot.server)?;
    let mut records = Vec::new();
    let mut outcomes = Vec::new();
    let mut lacks = Vec::new();
    for (job, built) in jobs.iter().zip(built) {
        if let (Ok(id), Some(server)) = (&built.outcome, &server)
            && let Some(session) = snapshot.session(*id)
        {
            let agents: Vec<Agent> = job.agent.iter().cloned().collect();
            let mut record = capture(
                session,
                &Occasion {
                    project: &job.plan.project,
                    working_dir: job.working_dir,
                    server,
                    saved: saved.clone(),
                    previous: job.previous,
                    agents: &agents,
                    programs: false,
                },
            );
            correct(&mut record, &job.plan);
            record.options = options(context, &job.plan, session, &mut lacks);
            if let Some(template) = &job.template {
                template.note(&mut record);
            }
            // What comes from a record is as that was, unless it is asked for otherwise.
            if job.no_agent || job.template.is_some() {
                absence::note(&mut record, job.no_agent);
            }
            if let Some(name) = &job.final_name {
                record.session_name.clone_from(name);
            }
            records.push(record);
        }
        outcomes.push(built.outcome);
    }
    Ok(Built {
        outcomes,
        server_pid: snapshot.server.pid,
        records,
        lacks,
        server,
        newest_pane: snapshot
            .windows
            .iter()
            .flat_map(|window| &window.panes)
            .map(|pane| pane.id.0)
            .max(),
    })
}

/// Sets the options of a session that was built, and returns those that it has. One that it can't have is no reason not to
/// have the session.
fn options(
    context: &Context,
    plan: &Plan,
    session: &Session,
    lacks: &mut Vec<(String, String)>,
) -> BTreeMap<BString, BString> {
    let refused = match set_options(&context.server, plan, session) {
        Ok(refused) => refused,
        Err(error) => {
            lacks.push((plan.project.clone(), format!("its options aren't set: {error}")));
            return BTreeMap::new();
        }
    };
    for refused in &refused {
        let what = format!("the option {} isn't set: {}", refused.option.name, refused.why);
        lacks.push((plan.project.clone(), what));
    }
    let set = plan
        .options
        .iter()
        .filter(|option| refused.iter().all(|refused| refused.option != **option));
    recorded_options(&set.cloned().collect::<Vec<_>>(), session)
}

/// A session that came back just as it was is no change of it: its record tells where it is now, and keeps its time.
fn amending<'a>(context: &'a Context, reason: &str) -> Result<ExclusiveStore<'a>, Error> {
    let store = context.store.lock(&context.lock_options(reason))?;
    Ok(store.amending(is_same_elsewhere))
}

/// Saves while the server gets the hooks that save changes: the one waits for the disk, the other for tmux.
fn while_hooks_are_set(context: &Context, save: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
    thread::scope(|scope| {
        let hooks = beside(scope, || autosave::set_hooks(context));
        let saved = save();
        let _whether_it_runs = hooks.result();
        saved
    })
}

/// Records them in one pass.
pub(crate) fn save(context: &Context, records: &[SessionState], reason: &str) -> Result<(), Error> {
    if records.is_empty() {
        return Ok(());
    }
    let store = context.store.lock(&context.lock_options(reason))?;
    all_saved(store.save_all(records))
}

fn all_saved(results: Vec<Result<Saving, StoreError>>) -> Result<(), Error> {
    for saved in results {
        let _saving = saved?;
    }
    Ok(())
}

fn claim(context: &Context, jobs: &[Job<'_>], reason: &str) -> Result<(), Error> {
    let mut claims = Vec::new();
    for job in jobs {
        let recorded = job.previous.and_then(|record| record.id.as_deref());
        if recorded != Some(job.plan.id.as_str()) {
            claims.push(claimed(context, job, reason));
        }
    }
    save(context, &claims, reason)
}

fn claimed(context: &Context, job: &Job<'_>, reason: &str) -> SessionState {
    let saved = context.saved(reason);
    let id = Some(job.plan.id.clone());
    match job.previous {
        Some(record) => SessionState {
            id,
            saved,
            ..record.clone()
        },
        None => SessionState {
            project: job.plan.project.clone(),
            id,
            session_name: job.plan.session_name.as_str().into(),
            working_dir: job.working_dir.to_owned(),
            // Nothing is to be brought back until there has been something.
            lifecycle: Lifecycle::Ended { by: reason.to_owned() },
            saved,
            server: None,
            size: None,
            group: None,
            environment: Default::default(),
            options: Default::default(),
            windows: Vec::new(),
            unknown: Vec::new(),
        },
    }
}

/// What the session was given is known from its plan; and directly after a pane was made, its directory and program are
/// still those of tmux's own child.
pub(crate) fn correct(record: &mut SessionState, plan: &Plan) {
    record.environment = plan.environment.iter().cloned().collect();
    for (window, planned) in record.windows.iter_mut().zip(&plan.windows) {
        for (pane, planned) in window.panes.iter_mut().zip(&planned.panes) {
            pane.cwd.clone_from(&planned.directory);
            pane.command.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use session_lock::ProcessIdentity;

    use super::*;

    /// Nothing, in the server with this process id.
    fn built_in(server_pid: u32) -> Built {
        Built {
            outcomes: Vec::new(),
            server_pid,
            records: Vec::new(),
            lacks: vec![("todo".to_owned(), "nothing".to_owned())],
            server: Some(ServerIdentity {
                process: ProcessIdentity {
                    pid: server_pid,
                    start_time: 1,
                    boot_id: "boot".to_owned(),
                },
                socket: "/s".into(),
                version: "3.3a".to_owned(),
            }),
            newest_pane: None,
        }
    }

    #[test]
    fn what_is_built_in_another_server_is_no_part_of_it() {
        let mut built = built_in(7);
        assert!(built.extend(built_in(7), Path::new("/s")).is_ok());
        assert_eq!(built.lacks.len(), 2);
        let lost = built.extend(built_in(8), Path::new("/s"));
        assert!(matches!(
            lost,
            Err(Error::Tmux(tmux_core::Error::ServerLost {
                server_pid: Some(7),
                ..
            }))
        ));
    }

    #[test]
    fn a_new_record_has_the_environment_that_the_session_was_given() {
        let text = b"PROJECT=\"todo\"\nSESSION_NAME=\"claude-todo\"\nWORKING_DIR=\"/\"\nLAST_SAVE=\"0\"\n";
        let mut record = session_state::codec::decode(text).expect("a record").state;
        let plan = Plan {
            session_name: "claude-todo".to_owned(),
            project: "todo".to_owned(),
            id: "1".to_owned(),
            size: None,
            resize: None,
            windows: Vec::new(),
            environment: vec![("EDITOR".into(), "vi".into())],
            options: Vec::new(),
            tmux: None,
        };
        correct(&mut record, &plan);
        assert_eq!(record.environment.get(&BString::from("EDITOR")), Some(&"vi".into()));
    }
}
