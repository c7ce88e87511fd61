//! What a session is: plain data, without tmux ids (a new server reissues them) and without a wire format.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bstr::BString;
use session_lock::ProcessIdentity;

/// Everything that is kept of one session, enough to rebuild it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionState {
    /// The project's name, `[A-Za-z0-9_@-]+`; also the stem of the state file.
    pub project: String,
    /// The value of the session's `@tsm_id`; `None` in files of the original scripts.
    pub id: Option<String>,
    /// tmux's name of the session, for example `claude-todo`.
    pub session_name: BString,
    /// The project's directory.
    pub working_dir: PathBuf,
    /// Whether the session was alive when this was recorded, and if not, who ended it.
    pub lifecycle: Lifecycle,
    /// When, by which version and why this was recorded.
    pub saved: Saved,
    /// The server that held the session; `None` in files of the original scripts.
    pub server: Option<ServerIdentity>,
    /// The size of the session's windows in cells.
    pub size: Option<Size>,
    /// tmux's session group, if the session was in one.
    pub group: Option<BString>,
    /// Environment that tsm set on the session, `TSM_SESSION` excepted, whose value is the id.
    pub environment: BTreeMap<BString, BString>,
    /// Session options that tsm set. Its own marks (`@tsm_id`, …) are not among them: whoever rebuilds the session makes
    /// them anew.
    pub options: BTreeMap<BString, BString>,
    /// The windows in index order; empty when only the project is known.
    pub windows: Vec<Window>,
    /// Keys of the file that this version doesn't know, kept as they were.
    pub unknown: Vec<UnknownKey>,
}

/// Whether a session is to be expected on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lifecycle {
    /// It was alive when saved: if its server is gone, it was lost.
    Live,
    /// tsm ended it, by this verb (`switch`, `kill`, …).
    Ended {
        /// The verb that ended it.
        by: String,
    },
    /// The user closed it.
    Closed,
}

/// When, by what and why a state was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Seconds since 1970, UTC.
    pub at: i64,
    /// The version of tsm that wrote it, for example `0.1.0`; empty in files of the original scripts.
    pub by: String,
    /// Why it was saved: `save`, `switch`, `create`, …
    pub reason: String,
}

/// A tmux server's generation: which process it was, and where it listened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerIdentity {
    /// The server process.
    pub process: ProcessIdentity,
    /// Its socket.
    pub socket: PathBuf,
    /// Its `#{version}`, for example `3.3a`.
    pub version: String,
}

/// A size in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// One window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// tmux's window index.
    pub index: u32,
    /// tmux's window name.
    pub name: BString,
    /// Whether tmux renames it by itself (`automatic-rename`).
    pub automatic_rename: bool,
    /// The layout of the panes that don't float in tmux's classic notation, checksum included; of a zoomed window the
    /// unzoomed one.
    pub layout: BString,
    /// The layout in the JSON of tmux 3.8, if that server printed it so or there are floating panes, which the classic
    /// notation can't hold.
    pub layout_json: Option<BString>,
    /// Whether the active pane was zoomed.
    pub zoomed: bool,
    /// Whether it was the session's current window.
    pub active: bool,
    /// Whether it was the session's last (previously current) window.
    pub last: bool,
    /// The panes in index order.
    pub panes: Vec<Pane>,
}

/// One pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pane {
    /// tmux's pane index (which may begin at 1).
    pub index: u32,
    /// Position of its left column and top row, and its size, in cells, unzoomed.
    pub geometry: Geometry,
    /// The current directory of its foreground program.
    pub cwd: PathBuf,
    /// Its title.
    pub title: BString,
    /// The foreground program's argument vector, read from the process; empty when it is the pane's shell.
    pub command: Vec<BString>,
    /// tmux's `pane_start_command`: what the pane was started with; empty for the default shell.
    pub start_command: BString,
    /// Whether it was the window's active pane.
    pub active: bool,
    /// Lines of scrollback that it had.
    pub history_size: u32,
    /// The agent that runs in it, if it is an agent's pane.
    pub agent: Option<Agent>,
}

/// Where a pane lies in its window, in cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Geometry {
    /// Left column.
    pub left: u32,
    /// Top row.
    pub top: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// The agent of a pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Which agent, for example `claude`.
    pub kind: String,
    /// The conversation to resume.
    pub conversation: Option<String>,
    /// The agent's process when saved.
    pub process: Option<ProcessIdentity>,
}

/// A key of a state file that this version doesn't know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownKey {
    /// The key as written.
    pub key: String,
    /// Its value, as TOML source text.
    pub value: String,
}

impl UnknownKey {
    /// A key with a text as its value. It survives as an assignment if it is called `X_[A-Z0-9_]+`.
    pub fn text(key: &str, text: &str) -> Self {
        Self {
            key: key.to_owned(),
            value: crate::codec::unknown::plain(&toml::Value::String(text.to_owned())),
        }
    }

    /// Its value, if that is a text.
    pub fn as_text(&self) -> Option<String> {
        let table: toml::Table = format!("v = {}", self.value).parse().ok()?;
        table.get("v")?.as_str().map(str::to_owned)
    }
}

impl SessionState {
    /// The current window, else the first.
    pub fn active_window(&self) -> Option<&Window> {
        self.windows
            .iter()
            .find(|window| window.active)
            .or_else(|| self.windows.first())
    }

    /// All panes in window and pane order.
    pub fn panes(&self) -> impl Iterator<Item = &Pane> {
        self.windows.iter().flat_map(|window| &window.panes)
    }

    /// The first pane that holds an agent.
    pub fn agent(&self) -> Option<&Agent> {
        self.panes().find_map(|pane| pane.agent.as_ref())
    }
}

impl Window {
    /// The active pane, else the first.
    pub fn active_pane(&self) -> Option<&Pane> {
        self.panes
            .iter()
            .find(|pane| pane.active)
            .or_else(|| self.panes.first())
    }
}
