//! The whole server in one call.

use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use bstr::BString;

use crate::format::{DecodeError, Row, RowFormat};
use crate::{Arg, Command, PaneId, SessionId, Version, WindowId};

/// User options (`@name`) that a snapshot reads along.
#[derive(Debug, Clone, Copy, Default)]
pub struct UserOptions<'a> {
    /// Options of sessions.
    pub session: &'a [&'static str],
    /// Options of panes.
    pub pane: &'a [&'static str],
}

/// Everything on a server at one moment.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The server itself.
    pub server: ServerInfo,
    /// Its sessions, in the order of their ids.
    pub sessions: Vec<Session>,
    /// Its attached clients.
    pub clients: Vec<Client>,
    /// Whether the answer came to its end, and from the server that began it: its last row names the same as its first.
    pub whole: bool,
}

/// A server's generation and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerInfo {
    /// `#{pid}`.
    pub pid: u32,
    /// `#{start_time}`, seconds since 1970.
    pub start_time: i64,
    /// `#{version}`.
    pub version: Version,
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
    /// Its windows in index order; one that is linked into several sessions is in each.
    pub windows: Vec<Window>,
}

/// A window in a session.
#[derive(Debug, Clone)]
pub struct Window {
    /// `#{window_id}`.
    pub id: WindowId,
    /// `#{window_index}`.
    pub index: u32,
    /// `#{window_name}`, as tmux stores it.
    pub name: BString,
    /// `#{automatic-rename}`: whether tmux names it after its program.
    pub automatic_rename: bool,
    /// `#{window_active}`: whether it is the session's current window.
    pub active: bool,
    /// `#{window_last_flag}`: whether it was the current window before.
    pub last: bool,
    /// `#{window_zoomed_flag}`: whether its active pane fills it.
    pub zoomed: bool,
    /// `#{window_layout}`: the layout, unzoomed, in the notation of this server.
    pub layout: BString,
    /// `#{window_width}`, columns.
    pub width: u32,
    /// `#{window_height}`, rows.
    pub height: u32,
    /// `#{window_panes}`: how many panes it has; as many as are listed, unless the answer was cut off.
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
        let others = self.sessions.iter().filter(|other| other.id != session.id);
        others
            .flat_map(|other| &other.windows)
            .any(|window| session.windows.iter().any(|own| own.id == window.id))
    }
}

impl Session {
    /// All panes in window and pane order.
    pub fn panes(&self) -> impl Iterator<Item = &Pane> {
        self.windows.iter().flat_map(|window| &window.panes)
    }

    /// The current window, else the first.
    pub fn active_window(&self) -> Option<&Window> {
        self.windows
            .iter()
            .find(|window| window.active)
            .or_else(|| self.windows.first())
    }
}

const SERVER: &[&str] = &["pid", "start_time", "version"];

const CLIENT: &[&str] = &[
    "client_name",
    "session_id",
    "client_width",
    "client_height",
    "client_activity",
    "client_control_mode",
];

const PANE: &[&str] = &[
    "session_id",
    "session_name",
    "session_group",
    "session_attached",
    "session_created",
    "session_activity",
    "session_path",
    "session_windows",
    "window_id",
    "window_index",
    "window_name",
    "automatic-rename",
    "window_active",
    "window_last_flag",
    "window_zoomed_flag",
    "window_layout",
    "window_width",
    "window_height",
    "window_panes",
    "pane_id",
    "pane_index",
    "pane_left",
    "pane_top",
    "pane_width",
    "pane_height",
    "pane_active",
    "pane_dead",
    "pane_pid",
    "pane_tty",
    "pane_current_path",
    "pane_current_command",
    "pane_start_command",
    "pane_title",
    "history_size",
    "pane_in_mode",
];

/// The one call, and how its answer is read.
pub(crate) struct Query {
    server: RowFormat,
    panes: RowFormat,
    clients: RowFormat,
    end: RowFormat,
    session_options: Vec<&'static str>,
    pane_options: Vec<&'static str>,
}

impl Query {
    pub(crate) fn new(user_options: UserOptions<'_>) -> Self {
        let panes = [PANE, user_options.session, user_options.pane].concat();
        Self {
            server: RowFormat::new(SERVER),
            panes: RowFormat::new(panes),
            clients: RowFormat::new(CLIENT),
            end: RowFormat::new(SERVER),
            session_options: user_options.session.to_vec(),
            pane_options: user_options.pane.to_vec(),
        }
    }

    pub(crate) fn commands(&self) -> Vec<Command> {
        let server = |format: &RowFormat| {
            Command::new("display-message")
                .flag("-p")
                .operands([Arg::Format(format.format().into())])
        };
        // The server's row is first: `list-panes` fails on a server without sessions.
        vec![
            server(&self.server),
            Command::new("list-panes")
                .flag("-a")
                .option("-F", Arg::Format(self.panes.format().into())),
            Command::new("list-clients").option("-F", Arg::Format(self.clients.format().into())),
            server(&self.end),
        ]
    }

    /// `None` if the server's row is missing.
    pub(crate) fn decode(&self, output: &[u8]) -> Result<Option<Snapshot>, DecodeError> {
        let Some(server) = self.server.decode(output)?.pop().as_ref().map(server).transpose()? else {
            return Ok(None);
        };
        let end = self.end.decode(output)?.pop().as_ref().map(self::server).transpose()?;
        let mut sessions: Vec<Session> = Vec::new();
        for row in self.panes.decode(output)? {
            self.add_pane(&mut sessions, &row)?;
        }
        sessions.sort_by_key(|session| session.id);
        let clients = self
            .clients
            .decode(output)?
            .iter()
            .map(client)
            .collect::<Result<_, _>>()?;
        Ok(Some(Snapshot {
            whole: end.as_ref() == Some(&server),
            server,
            sessions,
            clients,
        }))
    }

    /// Rows of a session, and of a window in it, follow one another.
    fn add_pane(&self, sessions: &mut Vec<Session>, row: &Row) -> Result<(), DecodeError> {
        let id = row.read("session_id", SessionId::parse)?;
        if sessions.last().is_none_or(|last| last.id != id) {
            sessions.push(self.session(id, row)?);
        }
        let Some(session) = sessions.last_mut() else {
            return Ok(());
        };
        let index = row.number("window_index")?;
        if session.windows.last().is_none_or(|last| last.index != index) {
            session.windows.push(window(index, row)?);
        }
        if let Some(window) = session.windows.last_mut() {
            window.panes.push(self.pane(row)?);
        }
        Ok(())
    }

    fn session(&self, id: SessionId, row: &Row) -> Result<Session, DecodeError> {
        let group = row.bytes("session_group");
        Ok(Session {
            id,
            name: row.bytes("session_name"),
            group: (!group.is_empty()).then_some(group),
            attached: row.number("session_attached")?,
            created: row.number("session_created")?,
            activity: row.number("session_activity")?,
            path: path(row.bytes("session_path")),
            window_count: row.number("session_windows")?,
            user_options: self.session_options.iter().map(|name| row.bytes(name)).collect(),
            windows: Vec::new(),
        })
    }

    fn pane(&self, row: &Row) -> Result<Pane, DecodeError> {
        Ok(Pane {
            id: row.read("pane_id", PaneId::parse)?,
            index: row.number("pane_index")?,
            left: row.number("pane_left")?,
            top: row.number("pane_top")?,
            width: row.number("pane_width")?,
            height: row.number("pane_height")?,
            active: row.flag("pane_active"),
            dead: row.flag("pane_dead"),
            pid: row.number("pane_pid")?,
            tty: row.bytes("pane_tty"),
            current_path: path(row.bytes("pane_current_path")),
            current_command: row.bytes("pane_current_command"),
            start_command: row.bytes("pane_start_command"),
            title: row.bytes("pane_title"),
            history_size: row.number("history_size")?,
            in_mode: row.flag("pane_in_mode"),
            user_options: self.pane_options.iter().map(|name| row.bytes(name)).collect(),
        })
    }
}

fn server(row: &Row) -> Result<ServerInfo, DecodeError> {
    Ok(ServerInfo {
        pid: row.number("pid")?,
        start_time: row.number("start_time")?,
        version: Version::parse(&row.bytes("version").to_string()),
    })
}

fn window(index: u32, row: &Row) -> Result<Window, DecodeError> {
    Ok(Window {
        id: row.read("window_id", WindowId::parse)?,
        index,
        name: row.bytes("window_name"),
        automatic_rename: row.flag("automatic-rename"),
        active: row.flag("window_active"),
        last: row.flag("window_last_flag"),
        zoomed: row.flag("window_zoomed_flag"),
        layout: row.bytes("window_layout"),
        width: row.number("window_width")?,
        height: row.number("window_height")?,
        pane_count: row.number("window_panes")?,
        panes: Vec::new(),
    })
}

fn client(row: &Row) -> Result<Client, DecodeError> {
    Ok(Client {
        name: row.bytes("client_name"),
        session: row.read("session_id", SessionId::parse)?,
        width: row.number("client_width")?,
        height: row.number("client_height")?,
        activity: row.number("client_activity")?,
        control_mode: row.flag("client_control_mode"),
    })
}

fn path(bytes: BString) -> PathBuf {
    std::ffi::OsString::from_vec(bytes.into()).into()
}
