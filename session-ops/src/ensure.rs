//! Making a project's session exist: the one that lives, else the one that was saved, else a new one.

use std::path::Path;

use session_recovery::rebuild::{Difference, Plan, PlanError, Policy, plan};
use session_state::{Agent, SessionState, Size};
use tmux_core::SessionId;

use crate::agent::bindings::latest;
use crate::agent::{AgentChoice, Launch, Launchable, allowed};
use crate::agent::{run_in_shell, run_line};
use crate::build::{Job, build, check_server, id_for, tmux_for};
use crate::context::Context;
use crate::elsewhere::refuse_second;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::live::Live;
use crate::project::{Project, usable_directory};
use crate::template::{self, Chosen, Site, TemplateWish};

/// How the session is made if it must be.
#[derive(Debug, Clone)]
pub(crate) struct Making<'a> {
    /// Its size, if the user said.
    pub(crate) size: Option<Size>,
    /// The size of whoever will look at it.
    pub(crate) viewer: Option<Size>,
    /// No agent, whatever the config says.
    pub(crate) no_agent: bool,
    /// From the template, whatever was saved.
    pub(crate) fresh: bool,
    /// It is built under this name beside the living one, which it will replace.
    pub(crate) beside: Option<String>,
    /// The template that is asked for.
    pub(crate) wish: &'a TemplateWish,
    /// The verb.
    pub(crate) reason: &'a str,
}

/// A session that exists.
#[derive(Debug, Clone)]
pub(crate) struct Ensured {
    pub(crate) session: SessionId,
    pub(crate) name: String,
    /// Whether it was made just now.
    pub(crate) created: bool,
    /// Its `@tsm_id`.
    pub(crate) id: String,
    /// The server that has it.
    pub(crate) server_pid: u32,
}

/// Used when nobody looks and nothing is known: the width of a large terminal, so that nothing is squeezed.
const UNSEEN: Size = Size { width: 200, height: 50 };

/// What is checked before anything is changed.
pub(crate) struct Checked<'a> {
    /// No agent, whatever the config says.
    pub(crate) no_agent: bool,
    /// From the template, whatever was saved.
    pub(crate) fresh: bool,
    /// Whether a session will be made although there is one.
    pub(crate) beside: bool,
    /// The template that is asked for.
    pub(crate) wish: &'a TemplateWish,
}

/// The template of a project, or the one that is asked for.
pub(crate) fn chosen(context: &Context, project: &Project, wish: &TemplateWish) -> Result<Chosen, Error> {
    Chosen::of(&context.config, project, wish).map_err(|error| context.config.template_error(error))
}

/// Checks what can be checked before anything is changed: the directory, the name, the template, the agent.
pub(crate) fn check(context: &Context, live: &Live, project: &Project, checked: &Checked<'_>) -> Result<(), Error> {
    let beside = checked.beside;
    match live.of_project(&project.name) {
        Some(_) if !beside => return Ok(()),
        Some(_) => {}
        None => {
            refuse_foreign(context, live, project)?;
            refuse_second(context, live, &project.name)?;
        }
    }
    context.config.check_project(&project.name)?;
    let _resolved = usable_directory(&project.path)?;
    let chosen = chosen(context, project, checked.wish)?;
    let recorded = live
        .record(context, &project.name)
        .ok()
        .flatten()
        .filter(|_| !checked.fresh);
    let agent = chosen.has_agent() || recorded.is_some_and(|record| record.agent().is_some());
    if !checked.no_agent && agent {
        let _launch = AgentChoice::of_project(context, &project.name).launch(context, &project.name)?;
    }
    Ok(())
}

/// Makes sure of the session; the operation lock is held.
pub(crate) fn ensure(
    context: &Context,
    live: &Live,
    project: &Project,
    making: &Making<'_>,
    events: Events<'_>,
) -> Result<Ensured, Error> {
    if let Some(ours) = live.of_project(&project.name).filter(|_| making.beside.is_none()) {
        return Ok(Ensured {
            session: ours.session.id,
            name: ours.session.name.to_string(),
            created: false,
            id: ours.record.id.clone().unwrap_or_default(),
            server_pid: live.snapshot.as_ref().map_or(0, |snapshot| snapshot.server.pid),
        });
    }
    let checked = Checked {
        no_agent: making.no_agent,
        fresh: making.fresh,
        beside: making.beside.is_some(),
        wish: making.wish,
    };
    check(context, live, project, &checked)?;
    live.tell_notice(&project.name, events);
    let previous = live.record(context, &project.name)?;
    let id = id_for(live, &project.name, previous);
    let Planned { plan, agent, template } = planned(context, live, project, previous, &id, making, events)?;
    tell_differences(&plan, events);
    let name = plan.session_name.clone();
    let final_name = making
        .beside
        .is_some()
        .then(|| live.of_project(&project.name))
        .flatten();
    let final_name = final_name.map(|ours| ours.session.name.clone());
    let job = Job {
        plan,
        working_dir: &project.path,
        previous,
        agent,
        template,
        no_agent: making.no_agent,
        final_name,
    };
    check_server(context)?;
    let built = build(context, &[job], making.reason)?;
    built.tell(events);
    let server_pid = built.server_pid;
    match built.outcomes.into_iter().next() {
        Some(Ok(session)) => Ok(Ensured {
            session,
            name,
            created: true,
            id,
            server_pid,
        }),
        Some(Err(error)) => Err(error.into()),
        None => Err(Error::NoSession {
            project: project.name.clone(),
        }),
    }
}

/// A living session stays as it is, whatever template is asked for.
pub(crate) fn tell_template_unused(wish: &TemplateWish, ensured: &Ensured, project: &Project, events: Events<'_>) {
    if !wish.is_empty() && !ensured.created {
        events(Event::Lacks {
            project: project.name.clone(),
            what: "its session lives and stays as it is; `tsm switch --fresh` with the template replaces it".to_owned(),
        });
    }
}

struct Planned {
    plan: Plan,
    agent: Option<Agent>,
    /// What it is planned from, if not from a record.
    template: Option<Chosen>,
}

fn planned(
    context: &Context,
    live: &Live,
    project: &Project,
    previous: Option<&SessionState>,
    id: &str,
    making: &Making<'_>,
    events: Events<'_>,
) -> Result<Planned, Error> {
    let name = making
        .beside
        .clone()
        .unwrap_or_else(|| context.config.session_name(&project.name));
    let record = previous.filter(|record| !making.fresh && !record.windows.is_empty());
    let chosen = chosen(context, project, making.wish)?;
    let without = making.no_agent || (record.is_none() && !chosen.has_agent());
    let launchable = launchable(context, project, without, events)?;
    if let Some(record) = record {
        // Its directory is the project's now, wherever that was when it was saved.
        let record = SessionState {
            working_dir: project.path.clone(),
            ..record.clone()
        };
        let program = |agent: &Agent| {
            let found = launchable.as_ref()?;
            found.pane_program(context, &latest(context, agent, id), id)
        };
        let tmux = tmux_for(context, live, &record);
        let policy = Policy {
            session_name: &name,
            id,
            tmux: tmux.as_ref(),
            is_directory: &|path: &Path| usable_directory(path).is_ok(),
            launch: &program,
            run: &|argv| allowed(context, argv),
        };
        match plan(&record, &policy) {
            Ok(plan) => {
                let wanted = making
                    .size
                    .or(making.viewer)
                    .filter(|wanted| Some(*wanted) != record.size);
                let agent = record.agent().map(|agent| latest(context, agent, id));
                return Ok(Planned {
                    plan: Plan { resize: wanted, ..plan },
                    agent,
                    template: None,
                });
            }
            // A record that can't be built from is no reason not to have a session.
            Err(PlanError::Empty { .. } | PlanError::TooManyPanes { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let size = making.size.or(making.viewer).unwrap_or(UNSEEN);
    let launchable = launchable.filter(|_| chosen.has_agent());
    let agent = launchable.as_ref().map(Launchable::new_agent);
    let left = launchable.as_ref().zip(agent.as_ref()).and_then(|(launchable, agent)| {
        let program = launchable.pane_program(context, agent, id)?;
        Some((agent.kind.clone(), program))
    });
    let window = &context.config.window_name.value;
    let site = Site {
        project,
        session_name: name,
        id: id.to_owned(),
        size,
        window_name: window,
        agent: left,
        home: context.environment.home.as_deref(),
        run: &|argv| run_in_shell(context, argv),
        shell: &|line| run_line(context, line),
    };
    let (plan, notices) =
        template::plan(&chosen.name, &chosen.table, &site).map_err(|error| context.config.template_error(error))?;
    for what in notices {
        let project = project.name.clone();
        events(Event::Lacks { project, what });
    }
    Ok(Planned {
        plan,
        agent,
        template: Some(chosen),
    })
}

pub(crate) fn launchable(
    context: &Context,
    project: &Project,
    no_agent: bool,
    events: Events<'_>,
) -> Result<Option<Launchable>, Error> {
    if no_agent {
        return Ok(None);
    }
    match AgentChoice::of_project(context, &project.name).launch(context, &project.name)? {
        Launch::Agent(launchable) => Ok(Some(*launchable)),
        Launch::Shell => Ok(None),
        Launch::Missing(program) => {
            events(Event::NoAgent {
                program: program.to_owned(),
            });
            Ok(None)
        }
    }
}

/// A session of the name that isn't the project's is somebody else's.
fn refuse_foreign(context: &Context, live: &Live, project: &Project) -> Result<(), Error> {
    let session = context.config.session_name(&project.name);
    match live.sessions().iter().find(|found| found.name == session.as_bytes()) {
        None => Ok(()),
        Some(found) => Err(match live.ours(found) {
            Some(ours) => Error::OtherProject {
                session,
                owner: ours.record.project.clone(),
            },
            None => Error::Foreign {
                session,
                project: project.name.clone(),
            },
        }),
    }
}

/// The size of whoever will look at a new session: the client that is moved, else whoever looks at anything.
pub(crate) fn viewer(live: &Live, of: Option<&tmux_core::Session>, terminal: Option<Size>) -> Option<Size> {
    let size = |session: &tmux_core::Session| {
        session.active_window().map(|link| Size {
            width: link.window.width,
            height: link.window.height,
        })
    };
    let somebody = || {
        let snapshot = live.snapshot.as_ref()?;
        let clients = snapshot.clients.iter().filter(|client| !client.control_mode);
        let client = clients.max_by_key(|client| client.activity)?;
        snapshot.session(client.session).and_then(size)
    };
    of.and_then(size).or(terminal).or_else(somebody)
}

fn tell_differences(plan: &Plan, events: Events<'_>) {
    for (place, window) in plan.windows.iter().enumerate() {
        for (n, pane) in window.panes.iter().enumerate() {
            for difference in &pane.differences {
                let window = window.index.map_or(place, |index| index as usize);
                let (project, pane) = (plan.project.clone(), format!("{window}.{n}"));
                events(Event::Difference {
                    project,
                    pane,
                    what: describe(difference),
                });
            }
        }
    }
}

/// What a rebuilt pane lacks, in words.
pub(crate) fn describe(difference: &Difference) -> String {
    match difference {
        Difference::DirectoryMissing(path) => format!("its directory {} is gone", path.display()),
        Difference::ProgramStarted(argv) => {
            let words: Vec<String> = argv.iter().map(ToString::to_string).collect();
            format!("`{}` is started again", words.join(" "))
        }
        Difference::ProgramOffered(argv) => {
            let words: Vec<String> = argv.iter().map(ToString::to_string).collect();
            format!("`{}` ran here", words.join(" "))
        }
        Difference::LayoutNearest => {
            "its window's layout can't be used as it is, the panes lie much like it".to_owned()
        }
        Difference::FloatingTiled => "it lay above the others, and lies beside them in this tmux".to_owned(),
        Difference::SizeRefused => "the size that was saved can't be used".to_owned(),
        Difference::Deviates(what) => what.clone(),
        Difference::LayoutRefused => "its window's layout can't be used, the panes are tiled".to_owned(),
    }
}
