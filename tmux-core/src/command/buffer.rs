//! Paste buffers.

use bstr::BString;

use super::{Arg, Command};

impl Command {
    /// `load-buffer -b NAME -`: puts data into a buffer; any byte, NUL too if it is the only such command of its call.
    pub fn load_buffer(name: BString, data: Vec<u8>) -> Self {
        Self::new("load-buffer").option("-b", Arg::Plain(name)).reads(data)
    }
}
