//! Paste buffers.

use bstr::BString;

use super::{Arg, Command};
use crate::PaneId;

/// `paste-buffer`: types a buffer's text into a pane. In a mode it reaches the program too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasteBuffer {
    /// `-b`: the buffer.
    pub buffer: BString,
    /// `-t`: the pane.
    pub pane: PaneId,
    /// `-d`: the buffer is forgotten afterwards.
    pub delete: bool,
    /// `-p`: marked as a paste, if the program asked for that.
    pub bracketed: bool,
    /// `-r`: line feeds stay; without it each becomes a carriage return.
    pub keep_line_feeds: bool,
    /// `-S`: bytes as they are. 3.7 and newer filter control bytes without it, older ones don't know it.
    pub raw: bool,
}

impl PasteBuffer {
    /// The command.
    pub fn command(self) -> Command {
        Command::new("paste-buffer")
            .flag_if(self.delete, "-d")
            .flag_if(self.bracketed, "-p")
            .flag_if(self.keep_line_feeds, "-r")
            .flag_if(self.raw, "-S")
            .option("-b", Arg::Plain(self.buffer))
            .target(self.pane)
    }
}

impl Command {
    /// `load-buffer -b NAME -`: puts data into a buffer; any byte, NUL too if it is the only such command of its call. Empty
    /// data makes no buffer.
    pub fn load_buffer(name: BString, data: Vec<u8>) -> Self {
        Self::new("load-buffer").option("-b", Arg::Plain(name)).reads(data)
    }

    /// `save-buffer -b NAME -`: prints a buffer byte for byte, without a line feed at the end.
    pub fn save_buffer(name: BString) -> Self {
        Self::new("save-buffer")
            .option("-b", Arg::Plain(name))
            .operands([Arg::Plain("-".into())])
    }

    /// `delete-buffer`, for a buffer that is there: see [`Server::delete_buffer`](crate::Server::delete_buffer).
    pub(crate) fn delete_buffer(name: BString) -> Self {
        Self::new("delete-buffer").option("-b", Arg::Plain(name))
    }
}
