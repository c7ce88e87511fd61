//! The environment: every variable that tsm reads, and the one place that reads it.
#![expect(clippy::disallowed_methods, reason = "the one module that reads the environment")]

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use bstr::{BStr, BString};
use tmux_core::Inside;

use crate::hooks::TSM_HOOK_DEPTH;

/// The config file, as `--config`.
pub const TSM_CONFIG: &str = "TSM_CONFIG";
/// The directory of the states, as `--state-dir`.
pub const TSM_STATE_DIR: &str = "TSM_STATE_DIR";
/// The directory of the backups, as `--backup-dir`.
pub const TSM_BACKUP_DIR: &str = "TSM_BACKUP_DIR";
/// The tmux server's name, as `-L`.
pub const TSM_SOCKET_NAME: &str = "TSM_SOCKET_NAME";
/// The tmux server's socket, as `-S`.
pub const TSM_SOCKET_PATH: &str = "TSM_SOCKET_PATH";
/// The tmux program; default `tmux`, from `PATH`.
pub const TSM_TMUX: &str = "TSM_TMUX";
/// How tsm talks to the tmux server, for finding out what goes wrong: `spawn` starts the tmux program for every call,
/// `direct` never does where a server runs, `auto` (the default) picks.
pub const TSM_TRANSPORT: &str = "TSM_TRANSPORT";
/// Seconds to wait for a lock, as `--lock-timeout`.
pub const TSM_LOCK_TIMEOUT: &str = "TSM_LOCK_TIMEOUT";
/// `off` keeps tsm from putting hooks into tmux servers, `on` makes it do so, whatever the config file says.
pub const TSM_AUTOSAVE: &str = "TSM_AUTOSAVE";
/// Seconds since 1970 that stand for now, for tests of what shows a time.
pub const TSM_NOW: &str = "TSM_NOW";
/// `off` runs no hooks of the config.
pub const TSM_HOOKS: &str = "TSM_HOOKS";
/// `1` logs every tmux command.
pub const DEBUG: &str = "DEBUG";
/// Anything but empty switches colours off.
pub const NO_COLOR: &str = "NO_COLOR";

/// The environment of this process, as far as tsm knows it.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, if it is an absolute path.
    pub xdg_config_home: Option<PathBuf>,
    /// `XDG_STATE_HOME`, if it is an absolute path.
    pub xdg_state_home: Option<PathBuf>,
    /// `TMUX_TMPDIR`.
    pub tmux_tmpdir: Option<PathBuf>,
    /// `PATH`.
    pub path: Option<OsString>,
    /// `CLAUDE_CONFIG_DIR`, which moves Claude Code's files.
    pub claude_config_dir: Option<PathBuf>,
    /// `SHELL`, if it is an absolute path.
    pub shell: Option<PathBuf>,
    /// The pane this process runs in, from `TMUX` and `TMUX_PANE`.
    pub inside: Option<Inside>,
    /// The working directory.
    pub current_dir: Option<PathBuf>,
    /// This program.
    pub current_exe: Option<PathBuf>,
    /// [`TSM_CONFIG`].
    pub config: Option<PathBuf>,
    /// [`TSM_STATE_DIR`].
    pub state_dir: Option<PathBuf>,
    /// [`TSM_BACKUP_DIR`].
    pub backup_dir: Option<PathBuf>,
    /// [`TSM_SOCKET_NAME`].
    pub socket_name: Option<OsString>,
    /// [`TSM_SOCKET_PATH`].
    pub socket_path: Option<PathBuf>,
    /// [`TSM_TMUX`].
    pub tmux: Option<PathBuf>,
    /// [`TSM_TRANSPORT`], as it was given.
    pub transport: Option<OsString>,
    /// [`TSM_LOCK_TIMEOUT`], as it was given.
    pub lock_timeout: Option<OsString>,
    /// [`TSM_AUTOSAVE`], as it was given.
    pub autosave: Option<OsString>,
    /// [`TSM_NOW`].
    pub now: Option<i64>,
    /// [`TSM_HOOK_DEPTH`]: in how many hooks this runs.
    pub hook_depth: u32,
    /// Whether [`TSM_HOOKS`] is `off`.
    pub no_hooks: bool,
    /// [`DEBUG`].
    pub debug: bool,
    /// [`NO_COLOR`].
    pub no_color: bool,
    /// All of it: tmux gives a new session what its `update-environment` names.
    pub variables: Vec<(BString, BString)>,
}

impl Environment {
    /// Reads it all.
    pub fn read() -> Self {
        let tmux = variable("TMUX").unwrap_or_default();
        let tmux_pane = variable("TMUX_PANE").unwrap_or_default();
        Self {
            home: path("HOME"),
            xdg_config_home: absolute("XDG_CONFIG_HOME"),
            xdg_state_home: absolute("XDG_STATE_HOME"),
            tmux_tmpdir: path("TMUX_TMPDIR"),
            path: variable("PATH"),
            claude_config_dir: path("CLAUDE_CONFIG_DIR"),
            shell: absolute("SHELL"),
            inside: Inside::from_variables(BStr::new(tmux.as_bytes()), BStr::new(tmux_pane.as_bytes())),
            current_dir: env::current_dir().ok(),
            current_exe: env::current_exe().ok(),
            config: path(TSM_CONFIG),
            state_dir: path(TSM_STATE_DIR),
            backup_dir: path(TSM_BACKUP_DIR),
            socket_name: variable(TSM_SOCKET_NAME),
            socket_path: path(TSM_SOCKET_PATH),
            tmux: path(TSM_TMUX),
            transport: variable(TSM_TRANSPORT),
            lock_timeout: variable(TSM_LOCK_TIMEOUT),
            autosave: variable(TSM_AUTOSAVE),
            now: variable(TSM_NOW).and_then(|now| now.to_str()?.parse().ok()),
            // What is no number was put there by nobody of ours; it must not let hooks call each other without end.
            hook_depth: variable(TSM_HOOK_DEPTH).map_or(0, |depth| {
                depth.to_str().and_then(|depth| depth.parse().ok()).unwrap_or(u32::MAX)
            }),
            no_hooks: variable(TSM_HOOKS).is_some_and(|value| value == "off"),
            debug: variable(DEBUG).is_some_and(|debug| debug != "0"),
            no_color: variable(NO_COLOR).is_some(),
            variables: env::vars_os()
                .map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into()))
                .collect(),
        }
    }
}

/// An empty variable counts as one that isn't set.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn path(name: &str) -> Option<PathBuf> {
    variable(name).map(PathBuf::from)
}

fn absolute(name: &str) -> Option<PathBuf> {
    path(name).filter(|path| path.is_absolute())
}
