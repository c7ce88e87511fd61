//! Whether a session was seen whole: a record of less than the session would take the place of one that had it all.
//!
//! A session that has become smaller is whole. One is not if tmux's answer was cut off, if its parts don't add up, or if
//! it went away while it was looked at.

use session_lock::{Liveness, ProcessIdentity};
use session_state::ServerIdentity;
use tmux_core::{Layout, PaneId, Session, Snapshot, Winlink};

/// Why what was seen of a session is no basis for its record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Incomplete {
    /// The answer has no end, or another server's.
    #[error("tmux's answer was cut off")]
    CutOff,
    /// Windows are missing.
    #[error("tmux listed {listed} of its {counted} windows")]
    Windows {
        /// So many are there.
        listed: usize,
        /// So many there are, says tmux.
        counted: usize,
    },
    /// Panes are missing.
    #[error("tmux listed {listed} of the {counted} panes of window {window}")]
    Panes {
        /// The window's index.
        window: u32,
        /// So many are there.
        listed: usize,
        /// So many there are, says tmux or the layout.
        counted: usize,
    },
    /// Exactly one window is the current one, and one pane of each window.
    #[error("tmux listed no active window, or several, or a window without its active pane")]
    Active,
    /// The server that held it has ended since.
    #[error("the tmux server ended meanwhile")]
    ServerGone,
    /// It has ended since.
    #[error("the session ended meanwhile")]
    SessionGone,
    /// Programs in it ended whenever it was looked at.
    #[error("its panes keep ending")]
    Unsteady,
}

/// Whether a session in a snapshot is all of it.
///
/// # Errors
///
/// What is missing.
pub fn check(snapshot: &Snapshot, session: &Session) -> Result<(), Incomplete> {
    if !snapshot.whole {
        return Err(Incomplete::CutOff);
    }
    let (listed, counted) = (session.windows.len(), session.window_count);
    if listed != counted || listed == 0 {
        return Err(Incomplete::Windows { listed, counted });
    }
    session.windows.iter().try_for_each(check_window)?;
    let active = session.windows.iter().filter(|link| link.active).count();
    if active != 1 {
        return Err(Incomplete::Active);
    }
    Ok(())
}

fn check_window(link: &Winlink) -> Result<(), Incomplete> {
    let window = &link.window;
    let listed = window.panes.len();
    let missing = |counted| Incomplete::Panes {
        window: link.index,
        listed,
        counted,
    };
    if listed != window.pane_count || listed == 0 {
        return Err(missing(window.pane_count));
    }
    // A layout in a notation that isn't known says nothing.
    let places = Layout::parse(&window.layout).map(|layout| layout.panes().len() + layout.floating.len());
    if let Ok(places) = places
        && places != listed
    {
        return Err(missing(places));
    }
    match window.panes.iter().filter(|pane| pane.active).count() {
        1 => Ok(()),
        _ => Err(Incomplete::Active),
    }
}

/// Whether the server still runs; to be asked after everything was read.
///
/// # Errors
///
/// [`Incomplete::ServerGone`].
pub fn check_server(server: &ServerIdentity) -> Result<(), Incomplete> {
    match server.process.liveness() {
        Liveness::Alive | Liveness::Unknown => Ok(()),
        _ => Err(Incomplete::ServerGone),
    }
}

/// The panes whose first process has ended although tmux calls them alive: their session may have ended with them, and
/// what ran in them couldn't be read. A background job that has the terminal keeps such a pane open, too.
pub fn ended_panes(session: &Session) -> Vec<PaneId> {
    let has_ended = |pid| match ProcessIdentity::of(pid) {
        Ok(Some(process)) => !matches!(process.liveness(), Liveness::Alive | Liveness::Unknown),
        Ok(None) => true,
        Err(_) => false,
    };
    let panes = session.panes().filter(|pane| !pane.dead && pane.pid > 1);
    panes.filter(|pane| has_ended(pane.pid)).map(|pane| pane.id).collect()
}

#[cfg(test)]
mod tests;
