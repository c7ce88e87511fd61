//! Making things, and learning their ids.
//!
//! The ids are printed by the command that makes the thing. Printed means made: the user's hooks can spoil the exit status,
//! and that is no failure then.

use bstr::BString;

use crate::format::Row;
use crate::{
    BreakPane, Command, DecodeError, Error, NewSession, NewWindow, PaneId, RowFormat, Server, SessionId, SplitWindow,
    WindowId,
};

/// Something that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The session that it is in.
    pub session: SessionId,
    /// The window that it is, or is in.
    pub window: WindowId,
    /// Its (first) pane.
    pub pane: PaneId,
    /// The session's name as tmux stores it, which isn't always what was asked for.
    pub session_name: BString,
    /// The window's name as tmux stores it.
    pub window_name: BString,
}

impl Server {
    /// `new-session`, starting the server if there is none and the transport can.
    ///
    /// # Errors
    ///
    /// [`Error::NoDirectory`] and [`Error::EmptyName`] before anything was sent, [`Error::Exists`].
    pub fn new_session(&self, session: NewSession) -> Result<Created, Error> {
        self.create(true, |print| NewSession { print, ..session }.command())
    }

    /// `new-window`.
    ///
    /// # Errors
    ///
    /// [`Error::NoDirectory`] before anything was sent, [`Error::Exists`] for an index that is taken.
    pub fn new_window(&self, window: NewWindow) -> Result<Created, Error> {
        self.create(false, |print| NewWindow { print, ..window }.command())
    }

    /// `split-window`.
    ///
    /// # Errors
    ///
    /// [`Error::NoDirectory`] before anything was sent, [`Error::NoSpace`].
    pub fn split_window(&self, split: SplitWindow) -> Result<Created, Error> {
        self.create(false, |print| SplitWindow { print, ..split }.command())
    }

    /// `break-pane`.
    ///
    /// # Errors
    ///
    /// [`Error::Exists`] for an index that is taken.
    pub fn break_pane(&self, pane: BreakPane) -> Result<Created, Error> {
        self.create(false, |print| BreakPane { print, ..pane }.command())
    }

    fn create(&self, may_start: bool, command: impl FnOnce(Option<String>) -> Command) -> Result<Created, Error> {
        let row = RowFormat::new(["session_id", "window_id", "pane_id", "session_name", "window_name"].as_slice());
        let request = self.request(vec![vec![command(Some(row.format()))]], may_start);
        let reply = self.transport.run(&request)?;
        match row.decode(&reply.stdout)?.first() {
            Some(row) => Ok(created(row)?),
            None => Err(match reply.into_result(&request) {
                Err(error) => error,
                Ok(_) => Error::Decode(DecodeError::Truncated),
            }),
        }
    }
}

fn created(row: &Row) -> Result<Created, DecodeError> {
    Ok(Created {
        session: row.read("session_id", SessionId::parse)?,
        window: row.read("window_id", WindowId::parse)?,
        pane: row.read("pane_id", PaneId::parse)?,
        session_name: row.bytes("session_name"),
        window_name: row.bytes("window_name"),
    })
}
