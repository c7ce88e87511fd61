#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod command;
mod error;
mod escape;
mod format;
mod id;
pub mod layout;
mod server;
mod snapshot;
mod socket;
mod target;
mod transport;
mod version;

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bstr::BString;

pub use command::{Arg, Command, NewSession, NewWindow, SplitWindow, SwitchClient};
pub use error::Error;
pub use format::{DecodeError, Row, RowFormat};
pub use id::{InvalidId, PaneId, SessionId, WindowId};
pub use layout::{Layout, LayoutFault, ParseLayoutError};
pub use server::Server;
pub use snapshot::{Client, Pane, ServerInfo, Session, Snapshot, UserOptions, Window};
pub use socket::{Inside, Socket};
pub use target::{ExactName, Target};
pub use transport::spawn::Spawn;
pub use transport::{Reply, Request, Transport};
pub use version::Version;

/// Paths are bytes to tmux.
pub(crate) fn path_bytes(path: &Path) -> BString {
    path.as_os_str().as_bytes().into()
}
