//! Everything that a dashboard shows, as plain data: all projects with what lives of them, the panes of one, the machine,
//! the log, the history.
//!
//! Whoever watches keeps an [`Overviews`]: what doesn't change (earlier states) and what only time tells (what an agent was
//! last) is kept in it from refresh to refresh. A refresh is one call to tmux, and one more for the panes of one session.

mod history;
mod preview;
mod projects;
mod recent;
mod resources;

use std::time::{Duration, Instant};

use tmux_core::Server;

use crate::agent::memory::Processes;
use crate::agent::status::{Statuses, agent_panes};
use crate::context::Context;
use crate::error::with_causes;
use crate::live::Live;

pub use history::{Histories, Save};
pub use preview::{PanePreview, Preview};
pub use projects::{Instructions, ProjectInfo};
pub use resources::{Disk, Memory, Resources};

/// A server that takes longer than this is shown as one that doesn't answer.
const LIMIT: Duration = Duration::from_secs(2);

/// How tmux is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerCondition {
    /// It answers; its version.
    Running(String),
    /// There is none.
    Gone,
    /// It can't be asked, for this reason.
    Unavailable(String),
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The session whose panes and the project whose history are shown, by the key of [`ProjectInfo::key`]. Without one, or
    /// if there is no such, the first.
    pub selected: Option<String>,
    /// Sessions that aren't ours, too.
    pub foreign: bool,
    /// How many lines of the log.
    pub log_lines: usize,
    /// How many earlier saves.
    pub saves: usize,
}

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// When it was, in seconds since 1970.
    pub at: i64,
    /// tmux.
    pub server: ServerCondition,
    /// The projects, those first in which something happened last.
    pub projects: Vec<ProjectInfo>,
    /// What can't be read: states that are damaged.
    pub problems: Vec<String>,
    /// The panes of the selected one.
    pub preview: Preview,
    /// The last saves of the selected one, the latest first.
    pub saves: Vec<Save>,
    /// The machine.
    pub resources: Resources,
    /// The last lines of the log, the latest last.
    pub log: Vec<String>,
}

/// Makes overviews, one after the other.
#[derive(Debug)]
pub struct Overviews {
    server: Server,
    statuses: Statuses,
    histories: Histories,
    took: Duration,
}

impl Overviews {
    /// Nothing is known yet.
    pub fn new(context: &Context) -> Self {
        Self {
            server: context.server.clone().with_limit(LIMIT),
            statuses: Statuses::new(),
            histories: Histories::default(),
            took: Duration::ZERO,
        }
    }

    /// How everything is now. Whatever can't be told is shown as that; it is never an error.
    pub fn refresh(&mut self, context: &Context, wanted: &Wanted) -> Overview {
        let started = Instant::now();
        let overview = self.look(context, wanted);
        self.took = started.elapsed();
        overview
    }

    /// How long to wait until the next refresh if nothing happens: a second, and longer where a refresh costs more than one
    /// hundredth of that.
    pub fn pause(&self) -> Duration {
        (self.took * 100).clamp(Duration::from_secs(1), Duration::from_secs(5))
    }

    fn look(&mut self, context: &Context, wanted: &Wanted) -> Overview {
        let (snapshot, server) = self.ask(context);
        let mut problems = Vec::new();
        // The records tell of the projects even while tmux doesn't.
        let live = Live::with_snapshot(context, snapshot).unwrap_or_else(|error| {
            problems.push(with_causes(&error));
            Live::nothing()
        });
        let panes = agent_panes(&live);
        let observed = match panes.is_empty() {
            true => Default::default(),
            false => self.statuses.refresh(context, &panes, &Processes::read()),
        };
        problems.extend(live.loaded().filter_map(|(project, loaded)| {
            let error = loaded.as_ref().err()?;
            Some(format!("{project}: {}", with_causes(error)))
        }));
        let projects = projects::all(context, &live, &observed, &server, wanted.foreign);
        let selected = wanted.selected.as_deref();
        let chosen = projects
            .iter()
            .find(|project| Some(project.key().as_str()) == selected)
            .or_else(|| projects.first());
        let preview = match chosen {
            // Its panes are looked at where it lives.
            Some(chosen) if chosen.session.server.is_some() => Preview::None,
            Some(chosen) => preview::of(&self.server, &live, &chosen.session.name),
            None => Preview::None,
        };
        let chosen = chosen.and_then(|chosen| chosen.session.project.as_deref());
        let record = chosen.and_then(|name| live.records().find(|record| record.project == name));
        Overview {
            at: context.clock.now(),
            saves: self.histories.of(context, chosen, record, wanted.saves),
            resources: Resources::read(&context.config.state_dir.value),
            log: recent::lines(&context.state_home.log(), wanted.log_lines),
            server,
            projects,
            problems,
            preview,
        }
    }

    fn ask(&self, context: &Context) -> (Option<tmux_core::Snapshot>, ServerCondition) {
        match context.snapshot_of(&self.server) {
            Ok(Some(snapshot)) => {
                let version = snapshot.server.version.to_string();
                (Some(snapshot), ServerCondition::Running(version))
            }
            Ok(None) => (None, ServerCondition::Gone),
            Err(error) => (None, ServerCondition::Unavailable(with_causes(&error))),
        }
    }
}
