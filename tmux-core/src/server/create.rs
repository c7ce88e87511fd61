//! Making things, and learning their ids.
//!
//! The ids are printed by the command that makes the thing. Printed means made: the user's hooks can spoil the exit status,
//! and that is no failure then.

use std::path::{Path, PathBuf};

use crate::format::Row;
use crate::{
    BreakPane, Command, DecodeError, Error, NewSession, NewWindow, PaneId, RowFormat, Server, SessionId, SplitWindow,
    WindowId,
};

/// Something that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Created {
    /// The session that it is in.
    pub session: SessionId,
    /// The window that it is, or is in.
    pub window: WindowId,
    /// Its (first) pane.
    pub pane: PaneId,
}

impl Server {
    /// `new-session`, starting the server if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::NoDirectory`] and [`Error::EmptyName`] before anything was sent, [`Error::Exists`].
    pub fn new_session(&self, session: NewSession) -> Result<Created, Error> {
        if session.name.is_empty() {
            return Err(Error::EmptyName);
        }
        check_directory(&session.directory)?;
        self.create(true, |print| NewSession { print, ..session }.command())
    }

    /// `new-window`.
    ///
    /// # Errors
    ///
    /// [`Error::NoDirectory`] before anything was sent, [`Error::Exists`] for an index that is taken.
    pub fn new_window(&self, window: NewWindow) -> Result<Created, Error> {
        check_directory(&window.directory)?;
        self.create(false, |print| NewWindow { print, ..window }.command())
    }

    /// `split-window`.
    ///
    /// # Errors
    ///
    /// [`Error::NoDirectory`] before anything was sent, [`Error::NoSpace`].
    pub fn split_window(&self, split: SplitWindow) -> Result<Created, Error> {
        check_directory(&split.directory)?;
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
        let row = RowFormat::new(["session_id", "window_id", "pane_id"].as_slice());
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
    })
}

/// tmux takes another directory than a missing one, without a word; 3.3 and 3.3a that of the server.
fn check_directory(directory: &Path) -> Result<(), Error> {
    if directory.as_os_str().is_empty() || directory.is_dir() {
        Ok(())
    } else {
        Err(Error::NoDirectory {
            path: PathBuf::from(directory),
        })
    }
}
