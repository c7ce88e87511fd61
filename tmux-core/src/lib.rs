#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod batch;
mod capability;
mod command;
pub mod control;
mod deadline;
mod error;
mod escape;
mod format;
mod generation;
mod id;
pub mod layout;
mod quirk;
mod server;
mod server_info;
mod snapshot;
mod socket;
mod structure;
mod tag;
mod target;
pub mod transport;
mod version;

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bstr::BString;

pub use batch::{Batch, BatchError, CommandResult};
pub use capability::Capability;
pub use command::{
    Arg, BreakPane, CapturePane, Command, Direction, EnvironmentScope, HookEntry, JoinPane, Key, KeyCode, LayoutName,
    Line, NewSession, NewWindow, OptionName, OptionScope, OptionValue, PasteBuffer, RespawnPane, RespawnWindow, Size,
    SplitWindow, SwitchClient, Variable, WaitFor, WindowPlace,
};
pub use error::Error;
pub use format::{DecodeError, Row, RowFormat};
pub use generation::Generation;
pub use id::{InvalidId, PaneId, SessionId, WindowId};
pub use layout::{Layout, LayoutFault, ParseLayoutError};
pub use quirk::Quirk;
pub use server::{Created, HookMark, Paste, Server};
pub use server_info::ServerInfo;
pub use snapshot::{BriefPanes, Client, Pane, PartialSnapshot, Session, Snapshot, UserOptions, Window, Winlink};
pub use socket::{Inside, Socket};
pub use target::{ExactName, Target};
pub use transport::direct::message::WireError;
pub use transport::direct::{Direct, Identity};
pub use transport::spawn::Spawn;
pub use transport::{Auto, Control, Reply, Request, Scripted, ScriptedCall, Transport};
pub use version::Version;

/// Paths are bytes to tmux.
pub(crate) fn path_bytes(path: &Path) -> BString {
    path.as_os_str().as_bytes().into()
}
