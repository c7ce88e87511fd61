//! The whole server in one call.

mod partial;
mod query;

use std::path::PathBuf;
use std::sync::Arc;

use bstr::BString;

use crate::{PaneId, ServerInfo, SessionId, WindowId};

pub use partial::PartialSnapshot;
pub(crate) use query::Query;

/// User options (`@name`) that a snapshot reads along.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserOptions<'a> {
    /// Options of sessions.
    pub session: &'a [&'static str],
    /// Options of panes.
    pub pane: &'a [&'static str],
}

/// Which panes a [brief snapshot](crate::Server::brief_snapshot) lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BriefPanes {
    /// All.
    All,
    /// Those that are dead or carry one of the user options that are asked for; the others are only counted, in
    /// [`Window::pane_count`].
    Noted,
}

/// Everything on a server at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The server itself.
    pub server: ServerInfo,
    /// Its sessions, in the order of their ids.
    pub sessions: Vec<Session>,
    /// Its windows, each once, in the order of their ids.
    pub windows: Vec<Arc<Window>>,
    /// Its attached clients.
    pub clients: Vec<Client>,
    /// Whether the answer came to its end, and from the server that began it: its last row names the same as its first.
    pub whole: bool,
}

/// A session.
#[derive(Debug, Clone)]
pub struct Session {
    /// `#{session_id}`.
    pub id: SessionId,
    /// `#{session_name}`, as tmux stores it.
    pub name: BString,
    /// `#{session_group}`, if it is in one.
    pub group: Option<BString>,
    /// `#{session_attached}`: how many clients show it.
    pub attached: u32,
    /// `#{session_created}`, seconds since 1970.
    pub created: i64,
    /// `#{session_activity}`, seconds since 1970.
    pub activity: i64,
    /// `#{session_path}`: where new windows start.
    pub path: PathBuf,
    /// `#{session_windows}`: how many windows it has; as many as are listed, unless the answer was cut off.
    pub window_count: usize,
    /// The values of the user options that were asked for, in that order; empty where not set.
    pub user_options: Vec<BString>,
    /// Its windows in index order.
    pub windows: Vec<Winlink>,
}

/// A window's place in a session; tmux calls it a winlink.
#[derive(Debug, Clone)]
pub struct Winlink {
    /// `#{window_index}`.
    pub index: u32,
    /// `#{window_active}`: whether it is the session's current window.
    pub active: bool,
    /// `#{window_last_flag}`: whether it was the current window before.
    pub last: bool,
    /// `#{window_raw_flags}`, for example `*Z`.
    pub flags: BString,
    /// The window itself, the same one in every session that it is linked into.
    pub window: Arc<Window>,
}

/// A window.
#[derive(Debug, Clone)]
pub struct Window {
    /// `#{window_id}`.
    pub id: WindowId,
    /// `#{window_name}`, as tmux stores it.
    pub name: BString,
    /// `#{automatic-rename}`: whether tmux names it after its program.
    pub automatic_rename: bool,
    /// `#{window_zoomed_flag}`: whether its active pane fills it.
    pub zoomed: bool,
    /// `#{window_layout}`: the layout, unzoomed, in the notation of this server. Empty beyond some 350 panes.
    pub layout: BString,
    /// `#{window_width}`, columns.
    pub width: u32,
    /// `#{window_height}`, rows.
    pub height: u32,
    /// The sessions that it is linked into, with its index there.
    pub links: Vec<(SessionId, u32)>,
    /// `#{window_panes}`: how many panes it has; as many as are listed, unless the answer was cut off or only
    /// [noted](BriefPanes::Noted) panes were asked for.
    pub pane_count: usize,
    /// Its panes in index order.
    pub panes: Vec<Pane>,
}

/// A pane.
#[derive(Debug, Clone)]
pub struct Pane {
    /// `#{pane_id}`.
    pub id: PaneId,
    /// `#{pane_index}`.
    pub index: u32,
    /// `#{pane_left}`, columns; as shown, so of a zoomed window the zoomed position.
    pub left: u32,
    /// `#{pane_top}`, rows.
    pub top: u32,
    /// `#{pane_width}`, columns.
    pub width: u32,
    /// `#{pane_height}`, rows.
    pub height: u32,
    /// `#{pane_active}`: whether it is the window's active pane.
    pub active: bool,
    /// `#{pane_dead}`: whether its program has ended and it was kept.
    pub dead: bool,
    /// `#{pane_dead_status}`: the exit status of a program that has ended by itself. 3.3a sometimes overlooks the end of a
    /// child, which stays a zombie, until another child of it ends (measured, 1 of 20).
    pub dead_status: Option<i32>,
    /// `#{pane_dead_signal}` (3.3): the signal that ended it.
    pub dead_signal: Option<i32>,
    /// `#{pane_floating_flag}` (3.7): whether it lies above the others.
    pub floating: bool,
    /// `#{pane_pid}`: the process it was started with.
    pub pid: u32,
    /// `#{pane_tty}`.
    pub tty: BString,
    /// `#{pane_current_path}`; empty when the process can't be read.
    pub current_path: PathBuf,
    /// `#{pane_current_command}`: the name of the foreground process.
    pub current_command: BString,
    /// `#{pane_start_command}`, in tmux's quoting; empty for the default shell.
    pub start_command: BString,
    /// `#{pane_title}`.
    pub title: BString,
    /// `#{history_size}`, lines of scrollback.
    pub history_size: u32,
    /// `#{pane_in_mode}`: whether keys go to copy mode or another mode instead of the program.
    pub in_mode: bool,
    /// The values of the user options that were asked for, in that order; empty where not set.
    pub user_options: Vec<BString>,
}

/// An attached client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// `#{client_name}`: what `-c` takes.
    pub name: BString,
    /// `#{client_session}`'s id.
    pub session: SessionId,
    /// `#{client_pid}`.
    pub pid: u32,
    /// `#{client_width}`, columns.
    pub width: u32,
    /// `#{client_height}`, rows, the status line included.
    pub height: u32,
    /// `#{client_activity}`, seconds since 1970.
    pub activity: i64,
    /// `#{client_control_mode}`: a program, not a terminal.
    pub control_mode: bool,
}

impl Snapshot {
    /// The session of exactly this name.
    pub fn session_named(&self, name: &[u8]) -> Option<&Session> {
        self.sessions.iter().find(|session| session.name == name)
    }

    /// The session with this id.
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.iter().find(|session| session.id == id)
    }

    /// The sessions that hold a pane: several, if its window is linked. Those that a client looks at come first, the one
    /// used last before the others.
    pub fn sessions_of_pane(&self, pane: PaneId) -> Vec<&Session> {
        let mut holding: Vec<&Session> = self
            .sessions
            .iter()
            .filter(|session| session.panes().any(|candidate| candidate.id == pane))
            .collect();
        let looked_at = |session: &Session| {
            let clients = self.clients.iter().filter(|client| client.session == session.id);
            clients.map(|client| client.activity).max()
        };
        holding.sort_by_key(|session| std::cmp::Reverse(looked_at(session)));
        holding
    }

    /// Whether a window of this session is linked into another one too.
    pub fn shares_windows(&self, session: &Session) -> bool {
        let elsewhere = |link: &(SessionId, u32)| link.0 != session.id;
        session
            .windows
            .iter()
            .any(|link| link.window.links.iter().any(elsewhere))
    }

    /// The window with this id.
    pub fn window(&self, id: WindowId) -> Option<&Window> {
        self.windows.iter().find(|window| window.id == id).map(Arc::as_ref)
    }

    /// The pane with this id.
    pub fn pane(&self, id: PaneId) -> Option<&Pane> {
        self.windows
            .iter()
            .flat_map(|window| &window.panes)
            .find(|pane| pane.id == id)
    }
}

impl Session {
    /// All panes in window and pane order.
    pub fn panes(&self) -> impl Iterator<Item = &Pane> {
        self.windows.iter().flat_map(|link| &link.window.panes)
    }

    /// How many panes it has, listed or not.
    pub fn pane_count(&self) -> usize {
        self.windows.iter().map(|link| link.window.pane_count).sum()
    }

    /// The current window, else the first.
    pub fn active_window(&self) -> Option<&Winlink> {
        self.windows
            .iter()
            .find(|link| link.active)
            .or_else(|| self.windows.first())
    }
}
