//! What a control client can be told of when it changes.

use std::fmt;

use crate::{PaneId, WindowId};

/// A subscription's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SubscriptionName(String);

/// What a subscription is about. All but the session's first are of the attached session only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubscriptionScope {
    /// The attached session.
    Session,
    /// A pane.
    Pane(PaneId),
    /// Each pane.
    AllPanes,
    /// A window.
    Window(WindowId),
    /// Each window.
    AllWindows,
}

/// A value that can't hold a line feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the format variable of the same name")]
pub enum Watched {
    SessionId,
    SessionAttached,
    SessionWindows,
    WindowId,
    WindowIndex,
    WindowActive,
    WindowZoomedFlag,
    WindowLayout,
    WindowPanes,
    WindowActivityFlag,
    WindowBellFlag,
    WindowSilenceFlag,
    PaneId,
    PaneActive,
    PaneDead,
    PaneDeadStatus,
    PaneInMode,
    PanePid,
    PaneWidth,
    PaneHeight,
    HistorySize,
    CursorX,
    CursorY,
    AlternateOn,
}

impl SubscriptionName {
    /// `None` unless it is made of letters, digits, `-` and `_`.
    pub fn new(name: impl Into<String>) -> Option<Self> {
        let name = name.into();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        (!name.is_empty() && name.bytes().all(plain)).then_some(Self(name))
    }
}

impl fmt::Display for SubscriptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for SubscriptionScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Session => Ok(()),
            Self::Pane(pane) => pane.fmt(f),
            Self::AllPanes => f.write_str("%*"),
            Self::Window(window) => window.fmt(f),
            Self::AllWindows => f.write_str("@*"),
        }
    }
}

impl Watched {
    /// tmux's name of the variable.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionId => "session_id",
            Self::SessionAttached => "session_attached",
            Self::SessionWindows => "session_windows",
            Self::WindowId => "window_id",
            Self::WindowIndex => "window_index",
            Self::WindowActive => "window_active",
            Self::WindowZoomedFlag => "window_zoomed_flag",
            Self::WindowLayout => "window_layout",
            Self::WindowPanes => "window_panes",
            Self::WindowActivityFlag => "window_activity_flag",
            Self::WindowBellFlag => "window_bell_flag",
            Self::WindowSilenceFlag => "window_silence_flag",
            Self::PaneId => "pane_id",
            Self::PaneActive => "pane_active",
            Self::PaneDead => "pane_dead",
            Self::PaneDeadStatus => "pane_dead_status",
            Self::PaneInMode => "pane_in_mode",
            Self::PanePid => "pane_pid",
            Self::PaneWidth => "pane_width",
            Self::PaneHeight => "pane_height",
            Self::HistorySize => "history_size",
            Self::CursorX => "cursor_x",
            Self::CursorY => "cursor_y",
            Self::AlternateOn => "alternate_on",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_no_syntax() {
        assert!(SubscriptionName::new("a-b_1").is_some());
        for name in ["", "a:b", "a b", "#(id)", "é"] {
            assert!(SubscriptionName::new(name).is_none(), "{name}");
        }
    }
}
