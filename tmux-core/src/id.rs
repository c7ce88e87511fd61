//! tmux's ids: `$1` for sessions, `@1` for windows, `%1` for panes.
//!
//! They count up for the life of a server, beyond 65 535, and begin at 0 again in the next server: they are never
//! written to disk, and an id of one server generation means nothing to another.

use std::fmt;

/// A text that isn't an id of the kind that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {kind} id")]
pub struct InvalidId {
    /// The text.
    pub text: String,
    /// `session`, `window` or `pane`.
    pub kind: &'static str,
}

fn parse(bytes: &[u8], sigil: u8, kind: &'static str) -> Result<u32, InvalidId> {
    let invalid = || InvalidId {
        text: String::from_utf8_lossy(bytes).into_owned(),
        kind,
    };
    let digits = match bytes.split_first() {
        Some((first, digits)) if *first == sigil => digits,
        _ => return Err(invalid()),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(invalid());
    }
    std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| digits.parse().ok())
        .ok_or_else(invalid)
}

/// A session's id, printed as `$3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u32);

/// A window's id, printed as `@3`. A window linked into several sessions has one id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WindowId(pub u32);

/// A pane's id, printed as `%3`; also the value of `$TMUX_PANE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaneId(pub u32);

impl SessionId {
    /// Reads `$3`.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidId> {
        parse(bytes, b'$', "session").map(Self)
    }
}

impl WindowId {
    /// Reads `@3`.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidId> {
        parse(bytes, b'@', "window").map(Self)
    }
}

impl PaneId {
    /// Reads `%3`.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidId> {
        parse(bytes, b'%', "pane").map(Self)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.0)
    }
}

impl fmt::Display for WindowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

impl fmt::Display for PaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_prints_beyond_sixteen_bits() {
        assert_eq!(SessionId::parse(b"$70000"), Ok(SessionId(70_000)));
        assert_eq!(SessionId(70_000).to_string(), "$70000");
        assert_eq!(WindowId::parse(b"@0"), Ok(WindowId(0)));
        assert_eq!(PaneId::parse(b"%12"), Ok(PaneId(12)));
    }

    #[test]
    fn refuses_everything_else() {
        for text in ["", "$", "1", "@1", "$-1", "$+1", "$ 1", "$1x", "$4294967296"] {
            assert!(SessionId::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
