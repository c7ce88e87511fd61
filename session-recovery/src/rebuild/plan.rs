//! From a record to a plan. Nothing is looked at but what the policy answers.

use std::path::Path;

use bstr::BString;
use session_state::{Pane, SessionState, Window};
use tmux_core::layout::MAX_CELLS;
use tmux_core::{Layout, Version};

use super::nearest::nearest;
use super::options::planned_options;
use super::{Difference, PanePlan, Plan, WindowPlan, floating};

/// tmux 3.8 has the same limit for what a layout can hold; more comes from no session that a person made.
const MAX_PANES: usize = 500;

/// The command of a pane, from the argument vector of a program that ran in it; `None` offers the program only.
pub type RunAgain<'a> = dyn Fn(&[BString]) -> Option<Vec<BString>> + 'a;

/// What a plan depends on beside the record.
pub struct Policy<'a> {
    /// The name that the session will have.
    pub session_name: &'a str,
    /// The id that the session will carry.
    pub id: &'a str,
    /// The tmux in which it will be, if that is known: what floats needs one that can be told.
    pub tmux: Option<&'a Version>,
    /// Whether this directory exists and can be entered.
    pub is_directory: &'a dyn Fn(&Path) -> bool,
    /// The program for an agent's pane; `None` starts a shell there.
    pub launch: &'a dyn Fn(&session_state::Agent) -> Option<Vec<BString>>,
    /// The command of a pane in whose shell a program ran, so that it runs again and a shell comes after it; for a program
    /// that isn't allowed to be started by itself `None`: it is offered.
    pub run: &'a RunAgain<'a>,
}

/// Why a record can't be rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It has no windows.
    #[error("the record of {project} has no windows")]
    Empty {
        /// The project.
        project: String,
    },
    /// It has more panes than a session can have.
    #[error("the record of {project} has {panes} panes, more than {MAX_PANES}")]
    TooManyPanes {
        /// The project.
        project: String,
        /// How many.
        panes: usize,
    },
    /// The project's directory is gone, so that no pane has a place to start in.
    #[error("the directory {} of {project} doesn't exist", directory.display())]
    NoDirectory {
        /// The project.
        project: String,
        /// The directory.
        directory: std::path::PathBuf,
    },
}

/// Plans to build what the record says.
///
/// # Errors
///
/// [`PlanError`] if there is nothing to build, or no place for it.
pub fn plan(record: &SessionState, policy: &Policy<'_>) -> Result<Plan, PlanError> {
    let project = record.project.clone();
    let panes = record.panes().count();
    if panes == 0 || record.windows.iter().any(|window| window.panes.is_empty()) {
        return Err(PlanError::Empty { project });
    }
    if panes > MAX_PANES {
        return Err(PlanError::TooManyPanes { project, panes });
    }
    if !(policy.is_directory)(&record.working_dir) {
        return Err(PlanError::NoDirectory {
            project,
            directory: record.working_dir.clone(),
        });
    }
    Ok(Plan {
        session_name: policy.session_name.to_owned(),
        project,
        id: policy.id.to_owned(),
        size: record.size.filter(|_| !size_refused(record)),
        resize: None,
        windows: record
            .windows
            .iter()
            .map(|window| plan_window(window, record, policy))
            .collect(),
        environment: record.environment.clone().into_iter().collect(),
        options: planned_options(record),
        tmux: policy.tmux.cloned(),
    })
}

fn plan_window(window: &Window, record: &SessionState, policy: &Policy<'_>) -> WindowPlan {
    let floating = floating::recorded(window);
    let (layout, difference) = match &floating {
        Some(layout) if floating::can(policy.tmux) => (Some(layout.clone()), None),
        _ => plan_layout(window),
    };
    let is_tiled = |place| {
        let floated = floating.as_ref().is_some_and(|layout| floating::floats(layout, place));
        floated && !floating::can(policy.tmux)
    };
    let plan_pane = |(place, pane)| {
        let mut pane = plan_pane(pane, record, policy);
        pane.differences.extend(difference.clone());
        pane.differences
            .extend(is_tiled(place).then_some(Difference::FloatingTiled));
        pane.differences
            .extend(size_refused(record).then_some(Difference::SizeRefused));
        pane
    };
    WindowPlan {
        index: Some(window.index),
        name: (!window.automatic_rename).then(|| window.name.clone()),
        layout,
        zoomed: window.zoomed,
        active: window.active,
        last: window.last,
        panes: window.panes.iter().enumerate().map(plan_pane).collect(),
    }
}

/// The exact layout where it is one for these panes, else the nearest that is, else none.
fn plan_layout(window: &Window) -> (Option<Layout>, Option<Difference>) {
    let count = window.panes.len();
    let texts = [Some(&window.layout), window.layout_json.as_ref()];
    let exact = texts.iter().flatten().find_map(|text| {
        let layout = Layout::parse(text).ok()?;
        layout.check(count).is_ok().then_some(layout)
    });
    if exact.is_some() || count < 2 {
        return (exact, None);
    }
    match texts.iter().flatten().find_map(|text| nearest(text, count)) {
        Some(layout) => (Some(layout), Some(Difference::LayoutNearest)),
        None => (None, Some(Difference::LayoutRefused)),
    }
}

/// Whether the record names a size that kills servers, or that no window can have.
fn size_refused(record: &SessionState) -> bool {
    let bad = |cells| !(1..=MAX_CELLS).contains(&cells);
    record.size.is_some_and(|size| bad(size.width) || bad(size.height))
}

fn plan_pane(pane: &Pane, record: &SessionState, policy: &Policy<'_>) -> PanePlan {
    let mut differences = Vec::new();
    let mut directory = pane.cwd.clone();
    if !(policy.is_directory)(&directory) {
        differences.push(Difference::DirectoryMissing(directory));
        directory = record.working_dir.clone();
    }
    let launch = pane.agent.as_ref().and_then(|agent| (policy.launch)(agent));
    // The mark stays also where the agent can't be started now: with it, the conversation stays in the records.
    let agent = pane.agent.as_ref().map(|agent| agent.kind.clone());
    let program = match launch {
        Some(program) => program,
        None if pane.command.is_empty() => Vec::new(),
        None => match (policy.run)(&pane.command) {
            Some(program) => {
                differences.push(Difference::ProgramStarted(pane.command.clone()));
                program
            }
            None => {
                differences.push(Difference::ProgramOffered(pane.command.clone()));
                Vec::new()
            }
        },
    };
    let title = (!pane.title.is_empty() && agent.is_none()).then(|| pane.title.clone());
    PanePlan {
        directory,
        title,
        program,
        agent,
        active: pane.active,
        differences,
    }
}
