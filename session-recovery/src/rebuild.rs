//! Building a session from its record: a pure [`plan`], and [`Building`], which takes only plans.

mod apply;
mod commands;
mod floating;
mod nearest;
mod options;
mod plan;

use std::path::PathBuf;

use bstr::BString;
use session_state::Size;
use tmux_core::{Layout, Version};

pub use apply::{ApplyError, Building, Built};
pub use nearest::nearest;
pub use options::{PlannedOption, RefusedOption, recorded_options, set_options};
pub use plan::{PlanError, Policy, RunAgain, plan};

/// What will be built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The session's name; it must be free.
    pub session_name: String,
    /// The project.
    pub project: String,
    /// The id that the session will carry.
    pub id: String,
    /// The size in cells in which the layouts are; `None` leaves it to tmux.
    pub size: Option<Size>,
    /// The size in cells that the windows have in the end, if it is another.
    pub resize: Option<Size>,
    /// The windows in index order, at least one.
    pub windows: Vec<WindowPlan>,
    /// Environment of the session, for every program in it.
    pub environment: Vec<(BString, BString)>,
    /// Options that are set when it has been built: by [`set_options`], which [`Building`] leaves to its caller.
    pub options: Vec<PlannedOption>,
    /// The tmux that it is for, as far as it matters: without one no layout has floating panes.
    pub tmux: Option<Version>,
}

/// A window of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowPlan {
    /// Its index; `None` leaves it to tmux. In a plan all windows have one, or none has.
    pub index: Option<u32>,
    /// Its name; `None` lets tmux name it after its program.
    pub name: Option<BString>,
    /// How its panes lie; `None` tiles them.
    pub layout: Option<Layout>,
    /// Whether its active pane fills it.
    pub zoomed: bool,
    /// Whether it is the session's current window.
    pub active: bool,
    /// Whether it was the current window before.
    pub last: bool,
    /// The panes in index order, at least one.
    pub panes: Vec<PanePlan>,
}

/// A pane of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanePlan {
    /// The directory it starts in; it exists.
    pub directory: PathBuf,
    /// Its title; `None` leaves it to the program.
    pub title: Option<BString>,
    /// The program and its arguments; empty is the user's shell.
    pub program: Vec<BString>,
    /// The kind of agent that the program is.
    pub agent: Option<String>,
    /// Whether it is the window's active pane.
    pub active: bool,
    /// What will differ from the record.
    pub differences: Vec<Difference>,
}

/// What a rebuilt pane lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Its directory is gone; it starts in the project's.
    DirectoryMissing(PathBuf),
    /// This program ran in it, and runs from its beginning again.
    ProgramStarted(Vec<BString>),
    /// This program ran in it, and isn't started by itself.
    ProgramOffered(Vec<BString>),
    /// Its window's layout can't be given to tmux as it is; its panes lie as much like it as can be.
    LayoutNearest,
    /// It lay above the others, which this tmux can't be told: it lies beside them.
    FloatingTiled,
    /// Its window's layout can't be given to tmux; its panes are tiled.
    LayoutRefused,
    /// Its session had a size that none can have.
    SizeRefused,
    /// What came of it isn't what was planned.
    Deviates(String),
}

impl Plan {
    /// Windows and panes with their places in the plan.
    pub fn panes(&self) -> impl Iterator<Item = (&WindowPlan, usize, &PanePlan)> {
        self.windows
            .iter()
            .flat_map(|window| window.panes.iter().enumerate().map(move |(n, pane)| (window, n, pane)))
    }
}

#[cfg(test)]
mod tests;
