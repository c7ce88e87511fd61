//! From a state to the lines of a file.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::bound::{self, repeated};
use super::quote::push_quoted;
use super::table::BYTES;
use super::{CodecError, VERSION, header, summary, unknown};
use crate::{Agent, Lifecycle, Pane, ServerIdentity, SessionState, Window};

/// Everything after the first line.
pub(super) fn body(state: &SessionState) -> Result<String, CodecError> {
    bound::check(state)?;
    check_indices(state)?;
    let mut lines = Lines { out: String::new() };
    summary::write(&mut lines, state);
    write_session(&mut lines, state);
    for window in &state.windows {
        write_window(&mut lines, window);
    }
    let mut out = lines.out;
    unknown::push_lines(&mut out, &state.unknown)?;
    out.extend([header::END, "\n"]);
    Ok(out)
}

/// The lines written so far.
pub(super) struct Lines {
    out: String,
}

impl Lines {
    /// Text; that which is no UTF-8 is followed by its exact bytes under a key of its own.
    pub(super) fn text(&mut self, key: &str, bytes: impl AsRef<[u8]>) {
        let bytes = bytes.as_ref();
        self.out.extend([key, "="]);
        push_quoted(&mut self.out, &String::from_utf8_lossy(bytes));
        self.out.push('\n');
        if std::str::from_utf8(bytes).is_err() {
            self.out.extend([key, BYTES, "=\"", &STANDARD.encode(bytes), "\"\n"]);
        }
    }

    /// A number or a truth value.
    pub(super) fn bare(&mut self, key: &str, value: impl Display) {
        self.out.extend([key, "=", &value.to_string(), "\n"]);
    }

    /// A number that may be greater than TOML's integers, which end at 2^63 - 1; such a one becomes text.
    fn u64(&mut self, key: &str, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.bare(key, value),
            Err(_) => self.text(key, value.to_string()),
        }
    }

    fn opt_text(&mut self, key: &str, bytes: Option<impl AsRef<[u8]>>) {
        if let Some(bytes) = bytes {
            self.text(key, bytes);
        }
    }
}

fn write_session(lines: &mut Lines, state: &SessionState) {
    lines.bare("SESSION_FORMAT", VERSION);
    lines.opt_text("SESSION_ID", state.id.as_ref());
    match &state.lifecycle {
        Lifecycle::Live => lines.text("SESSION_LIFECYCLE", "live"),
        Lifecycle::Closed => lines.text("SESSION_LIFECYCLE", "closed"),
        Lifecycle::Ended { by } => {
            lines.text("SESSION_LIFECYCLE", "ended");
            lines.text("SESSION_ENDED_BY", by);
        }
    }
    lines.text("SESSION_SAVED_BY", &state.saved.by);
    lines.text("SESSION_SAVED_REASON", &state.saved.reason);
    if let Some(server) = &state.server {
        write_server(lines, server);
    }
    if let Some(size) = &state.size {
        lines.bare("SESSION_WIDTH", size.width);
        lines.bare("SESSION_HEIGHT", size.height);
    }
    lines.opt_text("SESSION_GROUP", state.group.as_ref());
    for (map, entries) in [("SESSION_ENV", &state.environment), ("SESSION_OPTION", &state.options)] {
        lines.bare(&format!("{map}_COUNT"), entries.len());
        for (n, (name, value)) in entries.iter().enumerate() {
            lines.text(&format!("{map}_{n}_NAME"), name);
            lines.text(&format!("{map}_{n}_VALUE"), value);
        }
    }
    lines.text(
        "SESSION_WINDOWS",
        index_list(state.windows.iter().map(|window| window.index)),
    );
}

fn write_server(lines: &mut Lines, server: &ServerIdentity) {
    lines.bare("SESSION_SERVER_PID", server.process.pid);
    lines.u64("SESSION_SERVER_START", server.process.start_time);
    lines.text("SESSION_SERVER_BOOT", &server.process.boot_id);
    lines.text("SESSION_SERVER_SOCKET", server.socket.as_os_str().as_encoded_bytes());
    lines.text("SESSION_SERVER_VERSION", &server.version);
}

fn write_window(lines: &mut Lines, window: &Window) {
    let key = |name: &str| format!("WINDOW_{}_{name}", window.index);
    lines.text(&key("NAME"), &window.name);
    lines.bare(&key("AUTOMATIC_RENAME"), window.automatic_rename);
    lines.text(&key("LAYOUT"), &window.layout);
    lines.opt_text(&key("LAYOUT_JSON"), window.layout_json.as_ref());
    lines.bare(&key("ZOOMED"), window.zoomed);
    lines.bare(&key("ACTIVE"), window.active);
    lines.bare(&key("LAST"), window.last);
    lines.text(&key("PANES"), index_list(window.panes.iter().map(|pane| pane.index)));
    for pane in &window.panes {
        write_pane(lines, window.index, pane);
    }
}

fn write_pane(lines: &mut Lines, window: u32, pane: &Pane) {
    let key = |name: &str| format!("PANE_{window}_{}_{name}", pane.index);
    lines.bare(&key("LEFT"), pane.geometry.left);
    lines.bare(&key("TOP"), pane.geometry.top);
    lines.bare(&key("WIDTH"), pane.geometry.width);
    lines.bare(&key("HEIGHT"), pane.geometry.height);
    lines.text(&key("CWD"), pane.cwd.as_os_str().as_encoded_bytes());
    lines.text(&key("TITLE"), &pane.title);
    lines.bare(&key("ARG_COUNT"), pane.command.len());
    for (n, argument) in pane.command.iter().enumerate() {
        lines.text(&key(&format!("ARG_{n}")), argument);
    }
    lines.text(&key("START_COMMAND"), &pane.start_command);
    lines.bare(&key("ACTIVE"), pane.active);
    lines.bare(&key("HISTORY_SIZE"), pane.history_size);
    if let Some(agent) = &pane.agent {
        write_agent(lines, &key("AGENT"), agent);
    }
}

fn write_agent(lines: &mut Lines, key: &str, agent: &Agent) {
    lines.text(key, &agent.kind);
    lines.opt_text(&format!("{key}_CONVERSATION"), agent.conversation.as_ref());
    if let Some(process) = &agent.process {
        lines.bare(&format!("{key}_PID"), process.pid);
        lines.u64(&format!("{key}_START"), process.start_time);
        lines.text(&format!("{key}_BOOT"), &process.boot_id);
    }
}

/// Indices as a shell's `for` takes them: `0 1 5`.
fn index_list(indices: impl Iterator<Item = u32>) -> String {
    indices.map(|index| index.to_string()).collect::<Vec<_>>().join(" ")
}

/// Fails if two windows, or two panes of a window, have one index: the keys of one would be those of the other.
fn check_indices(state: &SessionState) -> Result<(), CodecError> {
    if let Some(twice) = repeated(state.windows.iter().map(|window| window.index)) {
        return Err(CodecError::Twice {
            what: format!("window {twice}"),
        });
    }
    for window in &state.windows {
        if let Some(twice) = repeated(window.panes.iter().map(|pane| pane.index)) {
            return Err(CodecError::Twice {
                what: format!("pane {twice} of window {}", window.index),
            });
        }
    }
    Ok(())
}
