//! When two records tell of the same, though the session has been made anew meanwhile.

use bstr::BString;
use session_state::SessionState;
use tmux_core::Layout;
use tmux_core::layout::{Cell, Content};

/// Whether both records of a session say the same to whoever brings it back: they differ at most in when and why they were
/// made, in the server that holds the session, and in what that counts anew, which are the numbers of panes and processes
/// and the lines that it keeps of them.
pub fn is_same_elsewhere(one: &SessionState, other: &SessionState) -> bool {
    without_place(one) == without_place(other)
}

fn without_place(record: &SessionState) -> SessionState {
    let mut record = record.clone();
    record.server = None;
    record.saved.at = 0;
    record.saved.by.clear();
    record.saved.reason.clear();
    for window in &mut record.windows {
        without_numbers(&mut window.layout, Layout::print);
        if let Some(layout) = &mut window.layout_json {
            without_numbers(layout, Layout::print_json);
        }
        for pane in &mut window.panes {
            pane.history_size = 0;
            if let Some(agent) = &mut pane.agent {
                agent.process = None;
            }
        }
    }
    record
}

/// A layout that can't be read stays as it is.
fn without_numbers(text: &mut BString, print: fn(&Layout) -> String) {
    let Ok(mut layout) = Layout::parse(text) else { return };
    forget_numbers(&mut layout.root);
    for float in &mut layout.floating {
        float.pane.id = None;
    }
    *text = print(&layout).into();
}

fn forget_numbers(cell: &mut Cell) {
    match &mut cell.content {
        Content::Pane(leaf) => leaf.id = None,
        Content::LeftRight(cells) | Content::TopBottom(cells) => cells.iter_mut().for_each(forget_numbers),
    }
}

#[cfg(test)]
mod tests {
    use session_state::{Lifecycle, Saved, codec};
    use tmux_core::PaneId;
    use tmux_core::layout::Leaf;

    use super::*;

    const RECORD: &str = "PROJECT=\"todo\"\nSESSION_NAME=\"claude-todo\"\nWORKING_DIR=\"/\"\nCURRENT_PATH=\"/srv\"\n\
                          LAST_SAVE=1724513234\nPANE_INFO=\"0:80x1 1:80x1\"\n";

    fn record() -> SessionState {
        let mut record = codec::decode(RECORD.as_bytes()).expect("a record").state;
        record.windows[0].layout = numbered(0);
        record
    }

    /// Two panes, the first of them with this number.
    fn numbered(first: u32) -> BString {
        let cell = |top, height, content| Cell {
            width: 80,
            height,
            left: 0,
            top,
            content,
        };
        let pane = |id| {
            Content::Pane(Leaf {
                id: Some(PaneId(id)),
                ..Leaf::default()
            })
        };
        let panes = vec![cell(0, 1, pane(first)), cell(2, 1, pane(first + 1))];
        Layout::of(cell(0, 3, Content::TopBottom(panes)))
            .print_with_ids()
            .into()
    }

    fn changed(change: impl FnOnce(&mut SessionState)) -> bool {
        let mut other = record();
        change(&mut other);
        assert_ne!(other, record(), "nothing was changed");
        !is_same_elsewhere(&record(), &other)
    }

    #[test]
    fn what_a_server_counts_is_no_difference() {
        assert!(!changed(|other| {
            other.saved = Saved {
                at: 1,
                by: "2".to_owned(),
                reason: "restore".to_owned(),
            }
        }));
        assert!(!changed(|other| other.windows[0].layout = numbered(7)));
        assert!(!changed(|other| other.windows[0].panes[1].history_size = 500));
    }

    #[test]
    fn what_a_user_had_is_one() {
        assert!(changed(|other| other.windows[0].panes[1].cwd = "/tmp".into()));
        assert!(changed(|other| other.windows[0].panes[1].command = vec!["vi".into()]));
        assert!(changed(
            |other| other.windows[0].layout = Layout::single(120, 40).print().into()
        ));
        assert!(changed(|other| other.windows[0].name = "other".into()));
        assert!(changed(|other| other.lifecycle = Lifecycle::Closed));
        assert!(changed(|other| other.id = Some("1".to_owned())));
        assert!(changed(|other| drop(other.windows.pop())));
    }
}
