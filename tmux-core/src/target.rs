//! What a command acts on.
//!
//! A bare name is no target: tmux matches it by prefix and by pattern, and `kill-session -t foob` once killed
//! `foobar`. Targets are ids, or a name that matches exactly (`=name:`), which is only good for finding the id.

use std::fmt;

use bstr::{BString, ByteSlice, ByteVec};

use crate::{PaneId, SessionId, WindowId};

/// The object a command acts on, as the argument of `-t`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A session by id.
    Session(SessionId),
    /// A window by id; linked into several sessions, the link that tmux thinks best.
    Window(WindowId),
    /// A window by id, its place in this session; of a window that is linked into several.
    WindowIn(SessionId, WindowId),
    /// The window with this index in a session, or the free place of that index.
    WindowIndex(SessionId, u32),
    /// A pane by id.
    Pane(PaneId),
    /// The session of exactly this name, its current window and active pane.
    Named(ExactName),
    /// The window with this index in the session of exactly this name, or the free place of that index.
    NamedWindow(ExactName, u32),
    /// In the window with this index (else the current one) of the session of exactly this name, the pane that comes so
    /// many places after the active one, counted round.
    NamedPaneAfterActive(ExactName, Option<u32>, usize),
    /// The window that comes so many places after the current one, in the session of exactly this name.
    NamedWindowAfter(ExactName, usize),
    /// In the window that comes so many places after the current one, the pane that comes so many places after the active
    /// one, counted round.
    NamedPaneAfter(ExactName, usize, usize),
}

/// A session's name that can be addressed exactly.
///
/// tmux can't address every name: those with `:` or a leading `$` have only their id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExactName(BString);

impl ExactName {
    /// `None` if no target syntax addresses this name.
    pub fn new(name: impl Into<BString>) -> Option<Self> {
        let name = name.into();
        let addressable = !name.is_empty() && !name.starts_with(b"$") && !name.contains(&b':') && !name.contains(&0);
        addressable.then_some(Self(name))
    }

    fn followed_by(&self, rest: &str) -> BString {
        let mut bytes = BString::from("=");
        bytes.push_str(self.0.as_bytes());
        bytes.push_byte(b':');
        bytes.push_str(rest);
        bytes
    }
}

impl Target {
    /// The bytes after `-t`.
    pub fn to_bytes(&self) -> BString {
        match self {
            Self::Session(id) => id.to_string().into(),
            Self::Window(id) => id.to_string().into(),
            Self::WindowIn(session, window) => format!("{session}:{window}").into(),
            Self::WindowIndex(id, index) => format!("{id}:{index}").into(),
            Self::Pane(id) => id.to_string().into(),
            Self::Named(name) => name.followed_by(""),
            Self::NamedWindow(name, index) => name.followed_by(&index.to_string()),
            Self::NamedPaneAfterActive(name, index, places) => {
                let index = index.map(|index| index.to_string()).unwrap_or_default();
                name.followed_by(&format!("{index}.+{places}"))
            }
            Self::NamedWindowAfter(name, 0) => name.followed_by(""),
            Self::NamedWindowAfter(name, windows) => name.followed_by(&format!("+{windows}")),
            Self::NamedPaneAfter(name, 0, panes) => name.followed_by(&format!(".+{panes}")),
            Self::NamedPaneAfter(name, windows, panes) => name.followed_by(&format!("+{windows}.+{panes}")),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_bytes().fmt(f)
    }
}

impl From<SessionId> for Target {
    fn from(id: SessionId) -> Self {
        Self::Session(id)
    }
}

impl From<WindowId> for Target {
    fn from(id: WindowId) -> Self {
        Self::Window(id)
    }
}

impl From<PaneId> for Target {
    fn from(id: PaneId) -> Self {
        Self::Pane(id)
    }
}

impl From<ExactName> for Target {
    fn from(name: ExactName) -> Self {
        Self::Named(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_ever_matched_exactly() {
        let name = ExactName::new("claude-todo")
            .map(Target::from)
            .map(|target| target.to_string());
        assert_eq!(name.as_deref(), Some("=claude-todo:"));
        for name in ["", "$1", "$x", "a:b"] {
            assert_eq!(ExactName::new(name), None, "{name}");
        }
    }
}
