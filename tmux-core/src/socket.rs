//! Where a server listens.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use bstr::{BStr, ByteSlice};

use crate::{PaneId, SessionId};

/// A server's socket, as tmux's `-L` or `-S` names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Socket {
    path: PathBuf,
    label: Option<OsString>,
}

impl Socket {
    /// The socket at this path (`-S`).
    pub fn at_path(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            label: None,
        }
    }

    /// The socket of this name (`-L`) below `tmux_tmpdir` (the variable `TMUX_TMPDIR`, else `/tmp`), whose directory
    /// tmux makes itself. The default server's name is `default`.
    pub fn named(label: impl Into<OsString>, tmux_tmpdir: Option<&Path>, uid: u32) -> Self {
        let label = label.into();
        let directory = tmux_tmpdir
            .filter(|dir| !dir.as_os_str().is_empty())
            .unwrap_or(Path::new("/tmp"));
        let path = directory.join(format!("tmux-{uid}")).join(&label);
        Self {
            path,
            label: Some(label),
        }
    }

    /// The path of the socket.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name, if it was found by one.
    pub(crate) fn label(&self) -> Option<&OsStr> {
        self.label.as_deref()
    }

    /// The options that name this socket to the `tmux` program.
    pub fn to_args(&self) -> [OsString; 2] {
        match &self.label {
            Some(label) => ["-L".into(), label.clone()],
            None => ["-S".into(), self.path.clone().into_os_string()],
        }
    }
}

/// Where in tmux a program runs, from the variables `TMUX` and `TMUX_PANE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    /// The server's socket.
    pub socket: PathBuf,
    /// The server's process.
    pub server_pid: u32,
    /// The session that the program was started in; it may have been left since.
    pub session: Option<SessionId>,
    /// The pane; in a popup and in `run-shell` there is none.
    pub pane: Option<PaneId>,
}

impl Inside {
    /// Reads `TMUX` (`socket,pid,session`) and `TMUX_PANE`; `None` if the first doesn't name a server.
    pub fn from_variables(tmux: &BStr, tmux_pane: &BStr) -> Option<Self> {
        // The socket's path may contain commas, the two numbers after it don't.
        let mut parts = tmux.rsplitn_str(3, ",");
        let session = parts
            .next()?
            .to_str()
            .ok()
            .and_then(|number| number.parse().ok())
            .map(SessionId);
        let server_pid = parts.next()?.to_str().ok()?.parse().ok()?;
        let socket = parts.next()?.to_path().ok()?.to_owned();
        let pane = PaneId::parse(tmux_pane).ok();
        socket.is_absolute().then_some(Self {
            socket,
            server_pid,
            session,
            pane,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_live_in_the_directory_of_the_user() {
        let socket = Socket::named("default", Some(Path::new("/run/x")), 1000);
        assert_eq!(socket.path(), Path::new("/run/x/tmux-1000/default"));
        assert_eq!(socket.to_args(), ["-L", "default"]);
        assert_eq!(Socket::named("a", None, 0).path(), Path::new("/tmp/tmux-0/a"));
        assert_eq!(Socket::at_path("/s").to_args(), ["-S", "/s"]);
    }

    #[test]
    fn reads_the_variables_of_a_pane_and_of_a_popup() {
        let read = |tmux, pane| Inside::from_variables(BStr::new(tmux), BStr::new(pane));
        let popup = Inside {
            socket: "/tmp/a,b/s".into(),
            server_pid: 4177,
            session: Some(SessionId(2)),
            pane: None,
        };
        assert_eq!(read("/tmp/a,b/s,4177,2", ""), Some(popup.clone()));
        assert_eq!(
            read("/tmp/a,b/s,4177,2", "%5"),
            Some(Inside {
                pane: Some(PaneId(5)),
                ..popup
            })
        );
        for tmux in ["", "/s,x,0", "s,1,0", "/s"] {
            assert_eq!(read(tmux, "%1"), None, "{tmux}");
        }
    }
}
