//! Typing.
//!
//! In a pane that is in a mode, such as copy mode, keys mean what the mode makes of them, and some open a prompt on a client
//! that nobody sees. These commands fail there with [`Error::InMode`](crate::Error::InMode), and what follows them in their
//! call doesn't run: leave the mode first ([`Command::leave_mode`]), or paste.

use std::fmt;

use bstr::BString;

use super::{Arg, Command};
use crate::PaneId;

/// A key by tmux's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    code: KeyCode,
    control: bool,
    meta: bool,
    shift: bool,
}

/// A key without what is held with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCode {
    /// A printable character of ASCII.
    Char(char),
    /// `Enter`
    Enter,
    /// `Escape`
    Escape,
    /// `Tab`
    Tab,
    /// `Space`
    Space,
    /// `BSpace`
    Backspace,
    /// `DC`: delete.
    Delete,
    /// `IC`: insert.
    Insert,
    /// `Up`
    Up,
    /// `Down`
    Down,
    /// `Left`
    Left,
    /// `Right`
    Right,
    /// `Home`
    Home,
    /// `End`
    End,
    /// `PPage`
    PageUp,
    /// `NPage`
    PageDown,
    /// `F1` to `F12`
    Function(u8),
}

impl Key {
    /// The key by itself; `None` for a character that isn't printable ASCII and a function key beyond 12.
    pub fn new(code: KeyCode) -> Option<Self> {
        let known = match code {
            KeyCode::Char(char) => char.is_ascii_graphic(),
            KeyCode::Function(number) => (1..=12).contains(&number),
            _ => true,
        };
        known.then_some(Self {
            code,
            control: false,
            meta: false,
            shift: false,
        })
    }

    /// Return.
    pub const ENTER: Self = Self::plain(KeyCode::Enter);

    /// Escape.
    pub const ESCAPE: Self = Self::plain(KeyCode::Escape);

    const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            control: false,
            meta: false,
            shift: false,
        }
    }

    /// With Control held, `C-`.
    #[must_use]
    pub fn control(self) -> Self {
        Self { control: true, ..self }
    }

    /// With Alt held, `M-`.
    #[must_use]
    pub fn meta(self) -> Self {
        Self { meta: true, ..self }
    }

    /// With Shift held, `S-`.
    #[must_use]
    pub fn shift(self) -> Self {
        Self { shift: true, ..self }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, prefix) in [(self.control, "C-"), (self.meta, "M-"), (self.shift, "S-")] {
            f.write_str(if held { prefix } else { "" })?;
        }
        match self.code {
            KeyCode::Char(char) => write!(f, "{char}"),
            KeyCode::Function(number) => write!(f, "F{number}"),
            KeyCode::Enter => f.write_str("Enter"),
            KeyCode::Escape => f.write_str("Escape"),
            KeyCode::Tab => f.write_str("Tab"),
            KeyCode::Space => f.write_str("Space"),
            KeyCode::Backspace => f.write_str("BSpace"),
            KeyCode::Delete => f.write_str("DC"),
            KeyCode::Insert => f.write_str("IC"),
            KeyCode::Up => f.write_str("Up"),
            KeyCode::Down => f.write_str("Down"),
            KeyCode::Left => f.write_str("Left"),
            KeyCode::Right => f.write_str("Right"),
            KeyCode::Home => f.write_str("Home"),
            KeyCode::End => f.write_str("End"),
            KeyCode::PageUp => f.write_str("PPage"),
            KeyCode::PageDown => f.write_str("NPage"),
        }
    }
}

impl Command {
    /// `send-keys`: presses keys.
    pub fn send_keys(pane: PaneId, keys: impl IntoIterator<Item = Key>) -> Self {
        Self::outside_modes(pane, vec![Self::press(pane, keys)])
    }

    /// The same where it is known that the pane is in no mode.
    pub(crate) fn press(pane: PaneId, keys: impl IntoIterator<Item = Key>) -> Self {
        let words = keys.into_iter().map(|key| Arg::Plain(key.to_string().into()));
        Self::new("send-keys").target(pane).operands(words)
    }

    /// `send-keys -l`: types a text as it is, no word of it being a key's name. A line feed stays one; most programs want
    /// [`Key::ENTER`] instead.
    pub fn send_text(pane: PaneId, text: BString) -> Self {
        let typing = Self::new("send-keys").flag("-l").target(pane);
        Self::outside_modes(pane, vec![typing.operands([Arg::Plain(text)])])
    }

    /// `send-keys -H`: sends bytes as they are, NUL included.
    pub fn send_bytes(pane: PaneId, bytes: &[u8]) -> Self {
        let words = bytes.iter().map(|byte| Arg::Plain(format!("{byte:02x}").into()));
        Self::outside_modes(
            pane,
            vec![Self::new("send-keys").flag("-H").target(pane).operands(words)],
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_tmux_names() {
        let key = |code| Key::new(code).expect("a key");
        assert_eq!(Key::ENTER.to_string(), "Enter");
        assert_eq!(key(KeyCode::Char('c')).control().to_string(), "C-c");
        assert_eq!(key(KeyCode::Up).meta().shift().to_string(), "M-S-Up");
        assert_eq!(key(KeyCode::Function(12)).to_string(), "F12");
        for code in [
            KeyCode::Char('é'),
            KeyCode::Char(' '),
            KeyCode::Function(0),
            KeyCode::Function(13),
        ] {
            assert_eq!(Key::new(code), None);
        }
    }
}
