//! From a live session to its record.

mod places;

use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use bstr::BString;
use session_state::{
    Agent, Geometry, Lifecycle, Pane as PaneState, Saved, ServerIdentity, SessionState, Size, Window as WindowState,
};
use tmux_core::{Pane, Session, Winlink};

use crate::foreground::{self, Foreground};
use crate::ours;
use places::Places;

/// What tmux calls a window by itself while its active pane is in copy mode.
const IN_MODE: &str = "[tmux]";

/// What a record says beside the session itself.
#[derive(Debug, Clone)]
pub struct Occasion<'a> {
    /// The project.
    pub project: &'a str,
    /// The project's directory.
    pub working_dir: &'a std::path::Path,
    /// The server that holds the session.
    pub server: &'a ServerIdentity,
    /// When, by what and why.
    pub saved: Saved,
    /// The record that this one replaces: what tmux doesn't know is carried over from it.
    pub previous: Option<&'a SessionState>,
    /// The agents of the session as far as they are known, found by their kind.
    pub agents: &'a [Agent],
    /// Whether the kernel is asked what runs in the panes. Directly after they were made it's nothing of theirs yet.
    pub programs: bool,
}

/// The record of a live session of ours.
pub fn capture(session: &Session, occasion: &Occasion<'_>) -> SessionState {
    let previous = occasion.previous;
    let size = session.active_window().map(|link| Size {
        width: link.window.width,
        height: link.window.height,
    });
    SessionState {
        project: occasion.project.to_owned(),
        id: ours::claim(session).map(|(id, _project)| id),
        session_name: session.name.clone(),
        working_dir: occasion.working_dir.to_owned(),
        lifecycle: Lifecycle::Live,
        saved: occasion.saved.clone(),
        server: Some(occasion.server.clone()),
        size,
        group: session.group.clone(),
        environment: previous.map(|record| record.environment.clone()).unwrap_or_default(),
        options: previous.map(|record| record.options.clone()).unwrap_or_default(),
        windows: session
            .windows
            .iter()
            .map(|link| capture_window(link, occasion))
            .collect(),
        unknown: previous.map(|record| record.unknown.clone()).unwrap_or_default(),
    }
}

fn capture_window(link: &Winlink, occasion: &Occasion<'_>) -> WindowState {
    let window = &link.window;
    let places = Places::of(window);
    WindowState {
        index: link.index,
        name: name(link, occasion),
        automatic_rename: window.automatic_rename,
        layout: places.classic,
        layout_json: places.json,
        zoomed: window.zoomed,
        active: link.active,
        last: link.last,
        panes: window
            .panes
            .iter()
            .map(|pane| {
                let cwd = directory(link.index, pane, occasion);
                PaneState {
                    cwd,
                    ..capture_pane(pane, places.unzoomed.get(&pane.id).copied(), occasion)
                }
            })
            .collect(),
    }
}

/// The window's name. tmux names a window by itself `[tmux]` while a pane of it is in copy mode, and a moment longer:
/// that is no name to keep.
fn name(link: &Winlink, occasion: &Occasion<'_>) -> BString {
    let window = &link.window;
    if !window.automatic_rename || window.name != IN_MODE {
        return window.name.clone();
    }
    let known = occasion.previous.iter().flat_map(|record| &record.windows);
    let known = known
        .filter(|known| known.index == link.index && known.name != IN_MODE)
        .map(|known| known.name.clone())
        .next();
    let program = || {
        let active = window.panes.iter().find(|pane| pane.active);
        active.map(|pane| pane.current_command.clone()).unwrap_or_default()
    };
    known.unwrap_or_else(program)
}

fn capture_pane(pane: &Pane, unzoomed: Option<Geometry>, occasion: &Occasion<'_>) -> PaneState {
    let shown = Geometry {
        left: pane.left,
        top: pane.top,
        width: pane.width,
        height: pane.height,
    };
    let agent = ours::agent_kind(pane).map(|kind| {
        let known = occasion.agents.iter().find(|agent| agent.kind == kind).cloned();
        known.unwrap_or(Agent {
            kind,
            conversation: None,
            process: None,
        })
    });
    PaneState {
        index: pane.index,
        geometry: unzoomed.unwrap_or(shown),
        cwd: pane.current_path.clone(),
        title: pane.title.clone(),
        command: if agent.is_some() || pane.dead || !occasion.programs {
            Vec::new()
        } else {
            running(pane)
        },
        start_command: pane.start_command.clone(),
        active: pane.active,
        history_size: pane.history_size,
        agent,
    }
}

/// The pane's directory. tmux doesn't know that of a dead pane or of another user's program, and a removed one has no
/// path: then the last one that was known is better than none.
fn directory(window: u32, pane: &Pane, occasion: &Occasion<'_>) -> PathBuf {
    let path = pane.current_path.as_os_str().as_bytes();
    if !path.is_empty() && !path.ends_with(b" (deleted)") {
        return pane.current_path.clone();
    }
    let windows = occasion.previous.iter().flat_map(|record| &record.windows);
    let panes = windows
        .filter(|known| known.index == window)
        .flat_map(|window| &window.panes);
    let known = panes
        .filter(|known| known.index == pane.index)
        .map(|known| known.cwd.clone())
        .next();
    known.unwrap_or_else(|| occasion.working_dir.to_owned())
}

/// The program in the foreground, unless that is the pane's own waiting shell.
fn running(pane: &Pane) -> Vec<BString> {
    match foreground::foreground(pane.pid) {
        Some(Foreground { pid, program, .. }) if pid == pane.pid && foreground::is_shell(&program) => Vec::new(),
        // It is what it was started with, as soon as it is anything.
        Some(Foreground { pid, has_begun, .. }) if pid == pane.pid && !has_begun => Vec::new(),
        // What the user typed to get here is nothing to start again.
        Some(Foreground { program, .. }) if program == foreground::program(std::process::id()) => Vec::new(),
        Some(Foreground { argv, .. }) => argv,
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
