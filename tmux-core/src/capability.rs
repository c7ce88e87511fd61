//! What a version of tmux can do, and what is wrong with it.

use crate::Version;

/// Something that not every supported version has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capability {
    /// `pane_dead_signal`, `pane_dead_time`, `pane_start_path`.
    DeadSignal,
    /// `server-access`.
    ServerAccess,
    /// `list-clients -f`.
    FilterClients,
    /// `display-message -l`: a text that isn't expanded.
    LiteralMessage,
    /// `%message`, `%config-error` and the notifications of buffers in control mode.
    MessageNotification,
    /// `capture-pane -M`: the screen of a mode.
    CaptureMode,
    /// `no-detach-on-destroy` for a client.
    NoDetachOnDestroy,
    /// `main-horizontal-mirrored` and `main-vertical-mirrored`.
    MirroredLayouts,
    /// `new-pane` and floating panes.
    FloatingPanes,
    /// `paste-buffer -S`, without which pastes are filtered.
    RawPaste,
    /// `list-sessions -O` and the like.
    SortedLists,
    /// Layouts as JSON, which ordinary clients are given.
    JsonLayouts,
    /// `pane_command_running`, `pane_command_status`, `pane_last_output_time`.
    CommandState,
    /// `wait-for -E`: waits for an event.
    WaitForEvent,
    /// `set-hook -B`: a hook on a change of a format's value.
    FormatHooks,
}

impl Capability {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::DeadSignal,
        Self::ServerAccess,
        Self::FilterClients,
        Self::LiteralMessage,
        Self::MessageNotification,
        Self::CaptureMode,
        Self::NoDetachOnDestroy,
        Self::MirroredLayouts,
        Self::FloatingPanes,
        Self::RawPaste,
        Self::SortedLists,
        Self::JsonLayouts,
        Self::CommandState,
        Self::WaitForEvent,
        Self::FormatHooks,
    ];

    /// The first release that has it, any letter.
    pub fn since(self) -> (u32, u32) {
        match self {
            Self::DeadSignal | Self::ServerAccess => (3, 3),
            Self::FilterClients | Self::LiteralMessage | Self::MessageNotification => (3, 4),
            Self::MirroredLayouts => (3, 5),
            Self::CaptureMode | Self::NoDetachOnDestroy => (3, 6),
            Self::FloatingPanes | Self::RawPaste | Self::SortedLists => (3, 7),
            Self::JsonLayouts | Self::CommandState | Self::WaitForEvent | Self::FormatHooks => (3, 8),
        }
    }
}

impl Version {
    /// Whether this version has it. A development version counts as the newest.
    pub fn has(&self, capability: Capability) -> bool {
        let (major, minor) = capability.since();
        self.at_least(major, minor)
    }

    /// All that this version has.
    pub fn capabilities(&self) -> impl Iterator<Item = Capability> {
        Capability::ALL
            .iter()
            .copied()
            .filter(|capability| self.has(*capability))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_come_with_versions() {
        let count = |version: &str| Version::parse(version).capabilities().count();
        assert_eq!(count("3.2a"), 0);
        assert_eq!(count("3.3a"), 2);
        assert_eq!(count("3.8"), Capability::ALL.len());
        for development in ["master", "next-3.9", "openbsd-7.6"] {
            assert_eq!(count(development), Capability::ALL.len(), "{development}");
        }
        assert!(!Version::parse("3.6b").has(Capability::RawPaste));
        assert!(Version::parse("3.7c").has(Capability::RawPaste));
    }
}
