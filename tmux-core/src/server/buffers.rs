//! Paste buffers, and typing long texts through them.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use bstr::BString;

use crate::{Capability, Command, Error, Key, PaneId, PasteBuffer, Server, Version};

/// How a text is pasted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Paste {
    /// Marked as a paste, if the program asked for that: it doesn't take line feeds for Enter then.
    pub bracketed: bool,
    /// Enter is pressed afterwards, in the same call, and only if the text was pasted.
    pub enter: bool,
}

impl Server {
    /// Types a text of any size into a pane through a buffer of its own name, which is gone afterwards. Bytes arrive as they
    /// are, `version` being that of the server.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] without that pane; the buffer is removed then, too.
    pub fn paste(&self, pane: PaneId, text: &[u8], how: Paste, version: &Version) -> Result<(), Error> {
        let enter = how.enter.then(|| Command::send_keys(pane, [Key::ENTER]));
        if text.is_empty() {
            return enter.map_or(Ok(()), |enter| self.run(vec![enter]).map(drop));
        }
        let buffer = BString::from(format!("paste-{:016x}", RandomState::new().build_hasher().finish()));
        let paste = PasteBuffer {
            buffer: buffer.clone(),
            pane,
            delete: true,
            bracketed: how.bracketed,
            keep_line_feeds: true,
            raw: version.has(Capability::RawPaste),
        };
        let mut commands = vec![Command::load_buffer(buffer.clone(), text.to_vec()), paste.command()];
        commands.extend(enter);
        let pasted = self.run(commands).map(drop);
        if pasted.is_err() {
            // Whatever failed, a text that may be secret doesn't stay behind.
            let _removed = self.delete_buffer(buffer);
        }
        pasted
    }

    /// `delete-buffer`. One that isn't there is [`Error::Refused`]: 3.2a would remove the newest buffer instead, which is
    /// the user's.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] without that buffer.
    pub fn delete_buffer(&self, name: BString) -> Result<(), Error> {
        // The first fails rightly, and ends the call.
        self.run(vec![Command::show_buffer(name.clone()), Command::delete_buffer(name)])
            .map(drop)
    }

    /// The bytes of a buffer.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] without that buffer.
    pub fn buffer(&self, name: BString) -> Result<Vec<u8>, Error> {
        // Alone: its output may have any form.
        self.run(vec![Command::save_buffer(name)]).map(|reply| reply.stdout)
    }
}
