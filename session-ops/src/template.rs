//! The session of a project that has none saved: the agent on the left, a shell on the right.

mod built_in;
mod error;
mod resolve;
mod table;
mod variables;

use bstr::BString;
use session_recovery::rebuild::{PanePlan, Plan, WindowPlan};
use session_state::Size;
use tmux_core::Layout;
use tmux_core::layout::{Orientation, Part, Parts};

use crate::project::Project;

pub use built_in::{DEFAULT, built_in};
pub use error::TemplateError;
pub use resolve::{names, resolve};
pub use table::{PaneTable, Split, TemplateTable, WindowTable, Word};
pub use variables::expand;

/// Columns that the left pane has at least.
const MIN_LEFT: u32 = 40;

/// Columns that the right pane has at least.
const MIN_RIGHT: u32 = 12;

/// The plan of a new session. `agent` is the agent's kind and program; without one the left pane has a shell.
pub(crate) fn plan(
    project: &Project,
    session_name: String,
    id: String,
    size: Size,
    window_name: &str,
    agent: Option<(String, Vec<BString>)>,
) -> Plan {
    let (kind, program) = agent.unzip();
    let pane = |program: Option<Vec<BString>>, agent: Option<String>, active: bool| PanePlan {
        directory: project.path.clone(),
        title: None,
        program: program.unwrap_or_default(),
        agent,
        active,
        differences: Vec::new(),
    };
    let mut panes = vec![pane(program, kind, true)];
    let layout = split(size);
    if layout.is_some() {
        panes.push(pane(None, None, false));
    }
    let window = WindowPlan {
        index: None,
        name: Some(window_name.into()),
        layout,
        zoomed: false,
        active: true,
        last: false,
        panes,
    };
    Plan {
        session_name,
        project: project.name.clone(),
        id,
        size: Some(size),
        resize: None,
        windows: vec![window],
        environment: Vec::new(),
        tmux: None,
    }
}

/// 90 % for the left pane and 10 % for the right, as far as both minima allow; `None` if there is no room for two.
///
/// A terminal too narrow for both minima is shared in their proportion.
fn split(size: Size) -> Option<Layout> {
    let part = |share, minimum| Part {
        minimum,
        ..Part::pane(share)
    };
    let parts = Parts::Split(Orientation::LeftRight, vec![part(90, MIN_LEFT), part(10, MIN_RIGHT)]);
    Layout::of_parts(&parts, size.width, size.height).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(width: u32) -> Vec<u32> {
        let layout = split(Size { width, height: 40 });
        layout
            .map(|layout| layout.panes().iter().map(|pane| pane.width).collect())
            .unwrap_or_default()
    }

    #[test]
    fn the_right_pane_gets_a_tenth_and_never_less_than_twelve_columns() {
        assert_eq!(widths(200), [180, 19]);
        assert_eq!(widths(120), [107, 12]);
        assert_eq!(widths(80), [67, 12]);
        assert_eq!(widths(53), [40, 12]);
    }

    #[test]
    fn what_is_too_narrow_is_shared_in_proportion() {
        assert_eq!(widths(52), [40, 11]);
        assert_eq!(widths(30), [23, 6]);
        assert_eq!(widths(3), [1, 1]);
        assert_eq!(widths(2), Vec::<u32>::new());
        assert_eq!(widths(0), Vec::<u32>::new());
    }

    #[test]
    fn every_width_gives_a_layout_that_tmux_may_see() {
        for width in 3..1000 {
            let sizes = widths(width);
            assert_eq!(sizes.iter().sum::<u32>() + 1, width);
            assert!(width < 53 || (sizes[0] >= MIN_LEFT && sizes[1] >= MIN_RIGHT), "{width}");
        }
    }
}
