//! From a record to a plan. Nothing is looked at but what the policy answers.

use std::path::Path;

use bstr::BString;
use session_state::{Pane, SessionState, Window};
use tmux_core::Layout;

use super::{Difference, PanePlan, Plan, WindowPlan};

/// tmux 3.8 has the same limit for what a layout can hold; more comes from no session that a person made.
const MAX_PANES: usize = 500;

/// The command of a pane, from the argument vector of a program that ran in it.
pub type RunAgain<'a> = dyn Fn(&[BString]) -> Vec<BString> + 'a;

/// What a plan depends on beside the record.
pub struct Policy<'a> {
    /// The name that the session will have.
    pub session_name: &'a str,
    /// The id that the session will carry.
    pub id: &'a str,
    /// Whether this directory exists and can be entered.
    pub is_directory: &'a dyn Fn(&Path) -> bool,
    /// The program for an agent's pane; `None` starts a shell there.
    pub launch: &'a dyn Fn(&session_state::Agent) -> Option<Vec<BString>>,
    /// The command of a pane in whose shell a program ran, so that it runs again and a shell comes after it; `None`
    /// offers programs instead of starting them.
    pub run: Option<&'a RunAgain<'a>>,
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
        size: record.size,
        resize: None,
        windows: record
            .windows
            .iter()
            .map(|window| plan_window(window, record, policy))
            .collect(),
        environment: record.environment.clone().into_iter().collect(),
    })
}

fn plan_window(window: &Window, record: &SessionState, policy: &Policy<'_>) -> WindowPlan {
    let layout = Layout::parse(&window.layout)
        .ok()
        .filter(|layout| layout.check(window.panes.len()).is_ok());
    let refused = layout.is_none() && window.panes.len() > 1;
    let plan_pane = |pane| {
        let mut pane = plan_pane(pane, record, policy);
        pane.differences.extend(refused.then_some(Difference::LayoutRefused));
        pane
    };
    WindowPlan {
        index: Some(window.index),
        name: (!window.automatic_rename).then(|| window.name.clone()),
        layout,
        zoomed: window.zoomed,
        active: window.active,
        last: window.last,
        panes: window.panes.iter().map(plan_pane).collect(),
    }
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
    let program = match (launch, policy.run) {
        (Some(program), _) => program,
        (None, _) if pane.command.is_empty() => Vec::new(),
        (None, Some(run)) => {
            differences.push(Difference::ProgramStarted(pane.command.clone()));
            run(&pane.command)
        }
        (None, None) => {
            differences.push(Difference::ProgramOffered(pane.command.clone()));
            Vec::new()
        }
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
