//! A text and the key that submits it, in one call to tmux: nothing comes between them.

use bstr::BString;
use tmux_core::{Capability, Command, Key, Pane, Paste, PasteBuffer, Server, Version};
use uuid::Uuid;

use crate::error::Error;

/// What follows the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Submit {
    /// Nothing.
    No,
    /// This key.
    Key(Key),
}

impl Submit {
    pub(super) const ENTER: Self = Self::Key(Key::ENTER);
}

/// Types a text of any size, marked as a paste if the program asked for that, and submits it.
pub(super) fn paste(server: &Server, pane: &Pane, text: &[u8], submit: Submit, version: &Version) -> Result<(), Error> {
    let how = |enter| Paste { bracketed: true, enter };
    if pane.in_mode {
        // Whoever looks back through the pane sees what comes. In a mode keys mean other things, and a paste has no marks.
        let _left = server.run(vec![Command::leave_mode(pane.id)])?;
    }
    match submit {
        Submit::No => server.paste(pane.id, text, how(false), version)?,
        Submit::Key(key) if key == Key::ENTER => server.paste(pane.id, text, how(true), version)?,
        Submit::Key(key) => {
            let mut commands: Vec<Command> = buffer(pane, text, version).into();
            commands.push(Command::send_keys(pane.id, [key]));
            let _reply = server.run(commands)?;
        }
    }
    Ok(())
}

/// Through a buffer of its own name, which is gone afterwards.
fn buffer(pane: &Pane, text: &[u8], version: &Version) -> [Command; 2] {
    let name = BString::from(format!("send-{}", Uuid::new_v4().simple()));
    let paste = PasteBuffer {
        buffer: name.clone(),
        pane: pane.id,
        delete: true,
        bracketed: true,
        keep_line_feeds: true,
        raw: version.has(Capability::RawPaste),
    };
    [Command::load_buffer(name, text.to_vec()), paste.command()]
}
