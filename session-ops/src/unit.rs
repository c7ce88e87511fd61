//! A systemd user unit that brings sessions back when the machine has started.

use std::path::PathBuf;

use tmux_core::Socket;

use crate::agent::tsm;
use crate::config::Origin;
use crate::context::Context;
use crate::error::Error;

/// The text of the unit. Directories and the server that aren't the defaults are written into it.
///
/// # Errors
///
/// [`Error::Start`] if there is no `tsm` beside this program or in `PATH`.
pub fn unit(context: &Context) -> Result<String, Error> {
    let tsm = program(context)?;
    let environment = environment_lines(context);
    // No session of a terminal owns what the unit starts, so no logout ends it; KillMode leaves the tmux server alone when
    // the unit is stopped.
    Ok(format!(
        "# Save as ~/.config/systemd/user/tsm-restore.service, then:\n\
         #     systemctl --user daemon-reload\n\
         #     systemctl --user enable tsm-restore.service\n\
         #     loginctl enable-linger\n\
         # The last one lets it start with the machine, and live on when you log out.\n\
         [Unit]\n\
         Description=Bring back the sessions of tsm\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         RemainAfterExit=yes\n\
         {environment}\
         ExecStart={tsm} restore\n\
         # Stopping the unit doesn't end the tmux server that it started.\n\
         KillMode=process\n\
         TimeoutStartSec=120\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n"
    ))
}

/// The program `tsm` as a word of a unit.
///
/// # Errors
///
/// [`Error::Start`] if there is none beside this program or in `PATH`.
pub(crate) fn program(context: &Context) -> Result<String, Error> {
    let tsm = tsm(context).ok_or_else(|| Error::Start {
        program: PathBuf::from("tsm"),
        source: std::io::ErrorKind::NotFound.into(),
    })?;
    Ok(quoted(&tsm.display().to_string()))
}

/// The lines that give a unit the directories and the server that aren't the defaults.
pub(crate) fn environment_lines(context: &Context) -> String {
    let mut environment = Vec::new();
    let settings = [
        ("TSM_STATE_DIR", &context.config.state_dir),
        ("TSM_BACKUP_DIR", &context.config.backup_dir),
        ("TSM_CONFIG", &context.config.file),
    ];
    for (variable, setting) in settings {
        if matches!(setting.origin, Origin::Flag | Origin::Variable(_)) {
            environment.push((variable, setting.value.clone()));
        }
    }
    // A unit has neither TMUX, which names the server one is in, nor TMUX_TMPDIR.
    let default = Socket::named("default", None, rustix::process::getuid().as_raw());
    if context.server.socket_path() != default.path() {
        environment.push(("TSM_SOCKET_PATH", context.server.socket_path().to_owned()));
    }
    if let Some(tmux) = &context.environment.tmux {
        environment.push(("TSM_TMUX", tmux.clone()));
    }
    // Locks and log must be those of the calls in a terminal.
    let state_home = context.state_home.directory().parent();
    let usual = context.environment.home.as_ref().map(|home| home.join(".local/state"));
    if let Some(state_home) = state_home.filter(|state_home| Some(*state_home) != usual.as_deref()) {
        environment.push(("XDG_STATE_HOME", state_home.to_owned()));
    }
    let lines = environment
        .into_iter()
        .map(|(variable, value)| format!("Environment={}\n", quoted(&format!("{variable}={}", value.display()))));
    lines.collect()
}

/// As systemd.syntax(7) and systemd.unit(5) have it: quoted, and nothing is expanded.
fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('%', "%%")
        .replace('$', "$$");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_expanded() {
        assert_eq!(quoted("/a b/%h/$HOME/\"x\\"), "\"/a b/%%h/$$HOME/\\\"x\\\\\"");
    }
}
