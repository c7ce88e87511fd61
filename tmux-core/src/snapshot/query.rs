//! The one call behind a snapshot, and how its answer is read.
//!
//! Sessions, windows and panes are listed each for themselves, so that nothing is expanded more often than there are of it;
//! the server runs a call to its end before it serves anybody else, so the lists fit one another.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::sync::Arc;

use bstr::BString;

use super::{BriefPanes, Client, Pane, Session, Snapshot, UserOptions, Window, Winlink};
use crate::format::{DecodeError, Row, RowFormat};
use crate::{Arg, Command, ExactName, PaneId, SessionId, WindowId, server_info};

const SESSION: &[&str] = &[
    "session_id",
    "session_name",
    "session_group",
    "session_attached",
    "session_created",
    "session_activity",
    "session_path",
    "session_windows",
];

const WINDOW: &[&str] = &[
    "session_id",
    "window_id",
    "window_index",
    "window_name",
    "automatic-rename",
    "window_active",
    "window_last_flag",
    "window_raw_flags",
    "window_zoomed_flag",
    "window_layout",
    "window_width",
    "window_height",
    "window_panes",
];

const PANE: &[&str] = &[
    "window_id",
    "pane_id",
    "pane_index",
    "pane_left",
    "pane_top",
    "pane_width",
    "pane_height",
    "pane_active",
    "pane_dead",
    "pane_dead_status",
    "pane_dead_signal",
    "pane_floating_flag",
    "pane_pid",
    "pane_tty",
    "pane_current_path",
    "pane_current_command",
    "pane_start_command",
    "pane_title",
    "history_size",
    "pane_in_mode",
];

const BRIEF_SESSION: &[&str] = &[
    "session_id",
    "session_name",
    "session_attached",
    "session_created",
    "session_activity",
    "session_path",
    "session_windows",
];

const BRIEF_WINDOW: &[&str] = &["session_id", "window_id", "window_panes"];

const BRIEF_PANE: &[&str] = &["window_id", "pane_id", "pane_index", "pane_dead", "pane_pid"];

/// What tmux reads from `/proc`, which costs more than the other fields of a pane together.
const PROGRAM: [&str; 2] = ["pane_current_path", "pane_current_command"];

const CLIENT: &[&str] = &[
    "client_name",
    "session_id",
    "client_pid",
    "client_width",
    "client_height",
    "client_activity",
    "client_control_mode",
];

#[derive(Debug)]
pub(crate) struct Query {
    server: server_info::Query,
    sessions: RowFormat,
    windows: RowFormat,
    panes: RowFormat,
    clients: RowFormat,
    filter: Filter,
    end: server_info::Query,
    session_options: Vec<&'static str>,
    pane_options: Vec<&'static str>,
}

/// What is listed of what there is: a format that must be true.
#[derive(Debug)]
enum Filter {
    None,
    /// Of panes.
    Panes(String),
}

impl Query {
    pub(crate) fn new(user_options: UserOptions<'_>) -> Self {
        Self {
            server: server_info::Query::default(),
            sessions: RowFormat::new([SESSION, user_options.session].concat()),
            windows: RowFormat::new(WINDOW),
            panes: RowFormat::new([PANE, user_options.pane].concat()),
            clients: RowFormat::new(CLIENT),
            filter: Filter::None,
            end: server_info::Query::default(),
            session_options: user_options.session.to_vec(),
            pane_options: user_options.pane.to_vec(),
        }
    }

    /// The same without what tmux has to ask the kernel for.
    pub(super) fn of_fresh(user_options: UserOptions<'_>) -> Self {
        let panes: Vec<&'static str> = PANE.iter().copied().filter(|field| !PROGRAM.contains(field)).collect();
        Self {
            panes: RowFormat::new([panes.as_slice(), user_options.pane].concat()),
            ..Self::new(user_options)
        }
    }

    /// The same with what tells sessions, windows and panes apart, and whether they live.
    pub(crate) fn brief(user_options: UserOptions<'_>, panes: BriefPanes) -> Self {
        let filter = match panes {
            BriefPanes::All => Filter::None,
            BriefPanes::Noted => {
                // Whether any of these isn't empty: "0" of a living pane is no more than empty.
                let noted = ["pane_dead"].iter().chain(user_options.pane);
                Filter::Panes(noted.map(|field| format!("#{{{field}}}")).collect())
            }
        };
        Self {
            sessions: RowFormat::new([BRIEF_SESSION, user_options.session].concat()),
            windows: RowFormat::new(BRIEF_WINDOW),
            panes: RowFormat::new([BRIEF_PANE, user_options.pane].concat()),
            filter,
            ..Self::new(user_options)
        }
    }

    pub(super) fn begin(&self) -> Command {
        self.server.command()
    }

    pub(crate) fn commands(&self) -> Vec<Command> {
        // The server's row is first: on a server without sessions the lists of windows and panes fail.
        [vec![self.begin()], self.lists()].concat()
    }

    /// All but the first of the commands.
    pub(super) fn lists(&self) -> Vec<Command> {
        let panes = Command::new("list-panes").flag("-a");
        let panes = match &self.filter {
            Filter::None => panes,
            Filter::Panes(filter) => panes.option("-f", Arg::Format(filter.as_str().into())),
        };
        vec![
            list(Command::new("list-sessions"), &self.sessions),
            list(Command::new("list-clients"), &self.clients),
            list(Command::new("list-windows").flag("-a"), &self.windows),
            list(panes, &self.panes),
            self.end(),
        ]
    }

    /// The lists of one session.
    pub(super) fn lists_of(&self, session: &ExactName) -> Vec<Command> {
        let of = |verb: &'static str| Command::new(verb).target(session.clone());
        let format = Arg::Format(self.sessions.format().into());
        vec![
            of("display-message").flag("-p").operands([format]),
            list(of("list-windows"), &self.windows),
            list(of("list-panes").flag("-s"), &self.panes),
        ]
    }

    /// The last command.
    pub(super) fn end(&self) -> Command {
        self.end.command()
    }

    /// `None` if the server's row is missing.
    pub(crate) fn decode(&self, output: &[u8]) -> Result<Option<Snapshot>, DecodeError> {
        let Some(server) = self.server.decode(output)? else {
            return Ok(None);
        };
        let mut windows: BTreeMap<WindowId, Window> = BTreeMap::new();
        let mut places: Vec<(SessionId, WindowId, Place)> = Vec::new();
        for row in self.windows.decode(output)? {
            let session = row.read("session_id", SessionId::parse)?;
            let id = row.read("window_id", WindowId::parse)?;
            let place = place(&row)?;
            let links = &mut windows.entry(id).or_insert(window(id, &row)?).links;
            links.push((session, place.index));
            places.push((session, id, place));
        }
        for row in self.panes.decode(output)? {
            // A window of several sessions is listed once for each.
            let pane = self.pane(&row)?;
            let window = windows.get_mut(&row.read("window_id", WindowId::parse)?);
            if let Some(window) = window.filter(|window| window.panes.iter().all(|known| known.id != pane.id)) {
                window.panes.push(pane);
            }
        }
        let windows: BTreeMap<WindowId, Arc<Window>> =
            windows.into_iter().map(|(id, window)| (id, Arc::new(window))).collect();
        let mut sessions = BTreeMap::new();
        for row in self.sessions.decode(output)? {
            let session = self.decode_session(&row)?;
            sessions.insert(session.id, session);
        }
        for (session, window, place) in places {
            if let (Some(session), Some(window)) = (sessions.get_mut(&session), windows.get(&window)) {
                session.windows.push(place.of(Arc::clone(window)));
            }
        }
        let whole = self.end.decode(output)?.as_ref() == Some(&server);
        if whole {
            check_counts(&sessions, &windows, !matches!(self.filter, Filter::Panes(_)))?;
        }
        let clients = self.clients.decode(output)?;
        Ok(Some(Snapshot {
            whole,
            server,
            sessions: sessions.into_values().collect(),
            windows: windows.into_values().collect(),
            clients: clients.iter().map(client).collect::<Result<_, _>>()?,
        }))
    }

    fn decode_session(&self, row: &Row) -> Result<Session, DecodeError> {
        let group = row.bytes("session_group");
        Ok(Session {
            id: row.read("session_id", SessionId::parse)?,
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
            dead_status: row.optional_number("pane_dead_status")?,
            dead_signal: row.optional_number("pane_dead_signal")?,
            floating: row.flag("pane_floating_flag"),
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

fn list(command: Command, row: &RowFormat) -> Command {
    command.option("-F", Arg::Format(row.format().into()))
}

/// An answer that came to its end and lacks rows is that of an alias of the user.
fn check_counts(
    sessions: &BTreeMap<SessionId, Session>,
    windows: &BTreeMap<WindowId, Arc<Window>>,
    all_panes: bool,
) -> Result<(), DecodeError> {
    let known = |window: &Arc<Window>| window.links.iter().all(|(session, _)| sessions.contains_key(session));
    if !windows.values().all(known) {
        return Err(DecodeError::Incomplete { missing: "session" });
    }
    if sessions
        .values()
        .any(|session| session.windows.len() != session.window_count)
    {
        Err(DecodeError::Incomplete { missing: "window" })
    } else if all_panes && windows.values().any(|window| window.panes.len() != window.pane_count) {
        Err(DecodeError::Incomplete { missing: "pane" })
    } else {
        Ok(())
    }
}

/// What a [`Winlink`] says of the session, before the window is whole.
struct Place {
    index: u32,
    active: bool,
    last: bool,
    flags: BString,
}

impl Place {
    fn of(self, window: Arc<Window>) -> Winlink {
        Winlink {
            index: self.index,
            active: self.active,
            last: self.last,
            flags: self.flags,
            window,
        }
    }
}

fn place(row: &Row) -> Result<Place, DecodeError> {
    Ok(Place {
        index: row.number("window_index")?,
        active: row.flag("window_active"),
        last: row.flag("window_last_flag"),
        flags: row.bytes("window_raw_flags"),
    })
}

fn window(id: WindowId, row: &Row) -> Result<Window, DecodeError> {
    Ok(Window {
        id,
        name: row.bytes("window_name"),
        automatic_rename: row.flag("automatic-rename"),
        zoomed: row.flag("window_zoomed_flag"),
        layout: row.bytes("window_layout"),
        width: row.number("window_width")?,
        height: row.number("window_height")?,
        pane_count: row.number("window_panes")?,
        links: Vec::new(),
        panes: Vec::new(),
    })
}

fn client(row: &Row) -> Result<Client, DecodeError> {
    Ok(Client {
        name: row.bytes("client_name"),
        session: row.read("session_id", SessionId::parse)?,
        pid: row.number("client_pid")?,
        width: row.number("client_width")?,
        height: row.number("client_height")?,
        activity: row.number("client_activity")?,
        control_mode: row.flag("client_control_mode"),
    })
}

fn path(bytes: BString) -> PathBuf {
    std::ffi::OsString::from_vec(bytes.into()).into()
}
