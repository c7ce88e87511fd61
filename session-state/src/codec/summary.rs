//! The specification's eight keys: what the original scripts kept, and still the first thing that a reader finds.
//!
//! `PROJECT`, `SESSION_NAME`, `WORKING_DIR` and `LAST_SAVE` are found nowhere else in the file. The other four sum up
//! the current window; reading takes the window's own keys instead.

use super::write::Lines;
use crate::SessionState;

/// The keys that only sum up others.
pub(super) const DERIVED: [&str; 4] = ["CURRENT_PATH", "WINDOW_LAYOUT", "PANE_INFO", "CLAUDE_PID"];

/// Writes the specification's keys, in its order.
pub(super) fn write(lines: &mut Lines, state: &SessionState) {
    let window = state.active_window();
    let current_path = window
        .and_then(|window| window.active_pane())
        .map_or(&state.working_dir, |pane| &pane.cwd);
    let panes = window.map_or(&[][..], |window| &window.panes);
    let pane_info: Vec<String> = panes
        .iter()
        .map(|pane| format!("{}:{}x{}", pane.index, pane.geometry.width, pane.geometry.height))
        .collect();
    lines.text("PROJECT", &state.project);
    lines.text("SESSION_NAME", &state.session_name);
    lines.text("WORKING_DIR", state.working_dir.as_os_str().as_encoded_bytes());
    lines.text("CURRENT_PATH", current_path.as_os_str().as_encoded_bytes());
    lines.bare("LAST_SAVE", state.saved.at);
    lines.text("WINDOW_LAYOUT", window.map_or(&b""[..], |window| &window.layout));
    lines.text("PANE_INFO", pane_info.join(" "));
    match state.agent().and_then(|agent| agent.process.as_ref()) {
        Some(process) => lines.bare("CLAUDE_PID", process.pid),
        None => lines.text("CLAUDE_PID", ""),
    }
}
