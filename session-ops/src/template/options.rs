//! Which options a template can set. Not those that start programs, and not those that end sessions: a template may come
//! from somebody else.

/// Whose option it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OptionOf {
    /// The session's.
    Session,
    /// A window's.
    Window,
}

const SESSION: &[&str] = &[
    "activity-action",
    "assume-paste-time",
    "base-index",
    "bell-action",
    "detach-on-destroy",
    "display-panes-active-colour",
    "display-panes-colour",
    "display-panes-time",
    "display-time",
    "focus-follows-mouse",
    "history-limit",
    "initial-repeat-time",
    "key-table",
    "mouse",
    "prefix",
    "prefix-timeout",
    "prefix2",
    "renumber-windows",
    "repeat-time",
    "set-titles",
    "set-titles-string",
    "silence-action",
    "status",
    "word-separators",
];

const SESSION_BEGINNINGS: &[&str] = &["message-", "status-", "visual-"];

const WINDOW: &[&str] = &[
    "aggressive-resize",
    "allow-passthrough",
    "allow-rename",
    "allow-set-title",
    "alternate-screen",
    "automatic-rename",
    "automatic-rename-format",
    "fill-character",
    "pane-active-border-style",
    "pane-base-index",
    "pane-colours",
    "remain-on-exit",
    "remain-on-exit-format",
    "scroll-on-clear",
    "synchronize-panes",
    "tiled-layout-max-columns",
    "window-active-style",
    "window-size",
    "window-style",
    "wrap-search",
    "xterm-keys",
];

const WINDOW_BEGINNINGS: &[&str] = &[
    "clock-mode-",
    "copy-mode-",
    "cursor-",
    "main-pane-",
    "menu-",
    "mode-",
    "monitor-",
    "other-pane-",
    "pane-border-",
    "pane-scrollbars",
    "popup-",
    "window-status-",
];

/// Whose option a name is; `None` for one that a template can't set.
pub(crate) fn option_of(name: &str) -> Option<OptionOf> {
    let begins = |beginnings: &[&str]| beginnings.iter().any(|beginning| name.starts_with(beginning));
    if let Some(own) = name.strip_prefix('@') {
        // tsm's own marks say what is whose.
        return (!own.starts_with("tsm")).then_some(OptionOf::Session);
    }
    if WINDOW.contains(&name) || begins(WINDOW_BEGINNINGS) {
        Some(OptionOf::Window)
    } else if SESSION.contains(&name) || begins(SESSION_BEGINNINGS) {
        Some(OptionOf::Session)
    } else {
        None
    }
}

/// Why a template can't set an option to this value.
pub(crate) fn refused(name: &str, value: &str) -> Option<&'static str> {
    let expands_again = value.contains("#{") && (value.contains("E:") || value.contains("T:"));
    if option_of(name).is_none() {
        Some("a template can't set this option")
    } else if value.contains("#(") {
        Some("`#(` would run a program")
    } else if expands_again {
        Some("what is expanded twice may run a program")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_programs_or_ends_sessions_is_refused() {
        for name in [
            "default-command",
            "default-shell",
            "lock-command",
            "update-environment",
            "destroy-unattached",
            "after-new-window",
            "pane-died",
            "window-linked",
            "@tsm_id",
            "exit-empty",
            "command-alias",
            "nonsense",
        ] {
            assert_eq!(option_of(name), None, "{name}");
        }
        for value in ["#(touch x)", "a #(x", "#{E:@a}", "#{T;=10:@a}#{T:x}"] {
            assert!(refused("status-left", value).is_some(), "{value}");
        }
        assert_eq!(refused("status-left", "#[fg=red]#S #{session_name}"), None);
        assert_eq!(option_of("status-left"), Some(OptionOf::Session));
        assert_eq!(option_of("main-pane-height"), Some(OptionOf::Window));
        assert_eq!(option_of("@mine"), Some(OptionOf::Session));
    }
}
