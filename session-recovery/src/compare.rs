//! What differs between the record of a session and what there is, pane by pane.

mod elsewhere;

use bstr::BString;
use session_state::{Pane, SessionState, Window};
use tmux_core::Layout;

pub use elsewhere::is_same_elsewhere;

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// The window's index, and the pane's place in it if it is about a pane.
    pub place: (u32, Option<usize>),
    /// What differs, in words.
    pub what: String,
}

/// Everything in which `found`, captured from the living session, differs from `record`. Sizes are compared only if both
/// have the same: windows follow those who look at them. Titles of agents are their own.
pub fn deviations(record: &SessionState, found: &SessionState) -> Vec<Deviation> {
    let mut deviations = Vec::new();
    let same_size = record.size == found.size;
    for window in &record.windows {
        match found.windows.iter().find(|other| other.index == window.index) {
            Some(other) => compare_windows(window, other, same_size, &mut deviations),
            None => deviations.push(of_window(window, "the window is missing".to_owned())),
        }
    }
    for window in &found.windows {
        if record.windows.iter().all(|other| other.index != window.index) {
            deviations.push(of_window(
                window,
                "the window wasn't there when it was saved".to_owned(),
            ));
        }
    }
    deviations
}

fn compare_windows(record: &Window, found: &Window, same_size: bool, deviations: &mut Vec<Deviation>) {
    let (expected, count) = (record.panes.len(), found.panes.len());
    if expected != count {
        deviations.push(of_window(record, format!("it has {count} of {expected} panes")));
        return;
    }
    if !record.automatic_rename && record.name != found.name {
        let what = format!(
            "it is called {:?} instead of {:?}",
            text(&found.name),
            text(&record.name)
        );
        deviations.push(of_window(record, what));
    }
    for (what, one, other) in [
        ("is the session's current one", record.active, found.active),
        ("is zoomed", record.zoomed && expected > 1, found.zoomed),
    ] {
        if one != other {
            let not = if other { "it" } else { "it no longer" };
            deviations.push(of_window(record, format!("{not} {what}")));
        }
    }
    let differ = |(recorded, living)| recorded != living;
    if same_size && expected > 1 && shape(record).zip(shape(found)).is_some_and(differ) {
        deviations.push(of_window(record, "its panes lie otherwise".to_owned()));
    }
    for (n, (record_pane, found_pane)) in record.panes.iter().zip(&found.panes).enumerate() {
        for what in compare_panes(record_pane, found_pane) {
            let place = (record.index, Some(n));
            deviations.push(Deviation { place, what });
        }
    }
}

fn compare_panes(record: &Pane, found: &Pane) -> Vec<String> {
    let mut what = Vec::new();
    if record.cwd != found.cwd {
        what.push(format!(
            "it is in {} instead of {}",
            found.cwd.display(),
            record.cwd.display()
        ));
    }
    if record.agent.is_none() && !record.title.is_empty() && record.title != found.title {
        what.push(format!(
            "its title is {:?} instead of {:?}",
            text(&found.title),
            text(&record.title)
        ));
    }
    if record.active != found.active {
        what.push(
            if found.active {
                "it is the active one"
            } else {
                "it is no longer the active one"
            }
            .to_owned(),
        );
    }
    if record.agent.as_ref().map(|agent| &agent.kind) != found.agent.as_ref().map(|agent| &agent.kind) {
        what.push("it is no longer an agent's".to_owned());
    }
    what
}

/// How panes lie, without their ids: the layout in whatever notation the record has it, and what floats. One that can't be
/// read says nothing.
fn shape(window: &Window) -> Option<(String, Vec<[u32; 4]>)> {
    let layouts: Vec<Layout> = [Some(&window.layout), window.layout_json.as_ref()]
        .into_iter()
        .flatten()
        .filter_map(|text| Layout::parse(text).ok())
        .collect();
    let floating = layouts.iter().flat_map(|layout| &layout.floating);
    let floating = floating.map(|float| [float.left, float.top, float.width, float.height]);
    Some((layouts.first()?.print(), floating.collect()))
}

fn of_window(window: &Window, what: String) -> Deviation {
    Deviation {
        place: (window.index, None),
        what,
    }
}

fn text(name: &BString) -> String {
    name.to_string()
}
