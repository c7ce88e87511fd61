//! Paste buffers, and typing long texts through them.

use std::time::Duration;

use bstr::BString;

use crate::{Arg, Capability, Command, DecodeError, Error, Key, PaneId, PasteBuffer, RowFormat, Server, Version};

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
    /// are, `version` being that of the server. In a mode it reaches the program too, unless Enter is to follow.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] without that pane, and with Enter [`Error::InMode`] for one in a mode: nothing was typed then, and
    /// the buffer is removed.
    pub fn paste(&self, pane: PaneId, text: &[u8], how: Paste, version: &Version) -> Result<(), Error> {
        if text.is_empty() {
            let enter = how.enter.then(|| Command::send_keys(pane, [Key::ENTER]));
            return enter.map_or(Ok(()), |enter| self.run(vec![enter]).map(drop));
        }
        let buffer = BString::from(format!("paste-{}", crate::tag::tag()));
        let paste = PasteBuffer {
            buffer: buffer.clone(),
            pane,
            delete: true,
            bracketed: how.bracketed,
            keep_line_feeds: true,
            raw: version.has(Capability::RawPaste),
        };
        let mut commands = Vec::new();
        if how.enter {
            // Before the text, so that it isn't typed without its Enter.
            commands.push(Command::outside_modes(pane, Vec::new()));
        }
        commands.extend([Command::load_buffer(buffer.clone(), text.to_vec()), paste.command()]);
        if how.enter {
            commands.push(Command::press(pane, [Key::ENTER]));
        }
        let pasted = self.run(commands).map(drop);
        if pasted.is_err() {
            // Whatever failed, a text that may be secret doesn't stay behind.
            let hasty = self.clone().with_limit(self.limit.min(Duration::from_millis(200)));
            let _removed = hasty.delete_buffer(buffer);
        }
        pasted
    }

    /// `delete-buffer`. One that isn't there is an error: 3.2a would remove the newest buffer instead, which is the user's.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] without that buffer.
    pub fn delete_buffer(&self, name: BString) -> Result<(), Error> {
        let _size = self.buffer_size(&name)?;
        self.run(vec![Command::delete_buffer(name)]).map(drop)
    }

    /// The bytes of a buffer.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] without that buffer.
    pub fn buffer(&self, name: BString) -> Result<Vec<u8>, Error> {
        // Its size tells where it ends and what a hook prints begins. That needs a call of its own: what `save-buffer -`
        // prints isn't ordered with what other commands do.
        let size = self.buffer_size(&name)?;
        let request = self.request(vec![vec![Command::save_buffer(name)]], false);
        let reply = self.transport.run(&request)?;
        match reply.stdout.get(..size) {
            Some(bytes) => Ok(bytes.to_vec()),
            None => {
                reply.into_result(&request)?;
                Err(Error::Decode(DecodeError::Truncated))
            }
        }
    }

    fn buffer_size(&self, name: &BString) -> Result<usize, Error> {
        let row = RowFormat::new(["buffer_name", "buffer_size"].as_slice());
        let list = Command::new("list-buffers").option("-F", Arg::Format(row.format().into()));
        let sizes = row.decode(&self.run(vec![list])?.stdout)?;
        match sizes.iter().find(|row| row.bytes("buffer_name") == *name) {
            Some(size) => Ok(size.number("buffer_size")?),
            None => Err(Error::NotFound {
                text: format!("no buffer {name}"),
            }),
        }
    }
}
