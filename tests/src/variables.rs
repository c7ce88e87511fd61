//! The variables that every program of a test starts with. It gets no others.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use crate::Environment;

/// The variable that marks every process of a test; its value is the environment's root.
pub const MARKER: &str = "TSM_E2E_ROOT";

/// The variable that keeps tsm from putting hooks into the private server, which is its value here unless a test says `on`.
pub const AUTOSAVE: &str = "TSM_AUTOSAVE";

pub(crate) fn first(environment: &Environment) -> Vec<(OsString, OsString)> {
    let root = environment.root();
    let home = environment.home();
    let locale = env::var_os("TSM_E2E_LOCALE").unwrap_or_else(|| "C.UTF-8".into());
    let mut variables: Vec<(OsString, OsString)> = [
        (MARKER, root.into()),
        ("PATH", search_path(root)),
        ("SHELL", "/bin/sh".into()),
        ("TERM", "xterm-256color".into()),
        ("TZ", "UTC".into()),
        ("LC_ALL", locale),
        ("TMPDIR", root.join("tmp").into()),
        ("TMUX_TMPDIR", root.join("tmux").into()),
        ("XDG_RUNTIME_DIR", root.join("run").into()),
        ("XDG_CONFIG_HOME", home.join(".config").into()),
        ("XDG_CACHE_HOME", home.join(".cache").into()),
        ("XDG_STATE_HOME", home.join(".local/state").into()),
        ("XDG_DATA_HOME", home.join(".local/share").into()),
        ("HOME", home.into()),
        ("TSM_SOCKET_PATH", environment.socket().into()),
        // Saving by itself would change what most tests look at; those that are about it switch it on.
        (AUTOSAVE, "off".into()),
    ]
    .map(|(name, value)| (name.into(), value))
    .into();
    variables.extend(env::var_os("TSM_TMUX").map(|tmux| ("TSM_TMUX".into(), tmux)));
    variables
}

pub(crate) fn search_path(root: &Path) -> OsString {
    let mut path = root.join("bin").into_os_string();
    path.push(":/usr/local/bin:/usr/bin:/bin");
    path
}
