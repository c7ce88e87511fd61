//! What the hooks run: a fixed text in which values stand in quotes, for tmux and then for `sh`.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use bstr::{BString, ByteVec};
use tmux_core::{Arg, Command};

use crate::agent::tsm;
use crate::config::{Origin, env};
use crate::context::Context;

/// While this option of the server is set, a change has been seen and is about to be saved.
pub(super) const PENDING: &str = "@tsm_autosave_pending";

/// The command of a hook. At the first change it sets a mark; a moment later tmux itself takes the mark away and starts
/// tsm. So changes are gathered without a process that waits, tsm sees whatever happened before it was started, and
/// neither of them can leave the mark behind.
pub(super) fn command(context: &Context) -> Option<Command> {
    let script = script(context)?;
    let start = Command::new("run-shell").flag("-b").operands([Arg::Literal(script)]);
    let unmark = Command::new("set-option")
        .flag("-g")
        .flag("-u")
        .operands([Arg::Plain(PENDING.into())]);
    let then = [unmark.to_line(), start.to_line()];
    let later = Command::new("run-shell")
        .flag("-b")
        .option("-d", Arg::Plain(delay(context.config.autosave.delay.value).into()))
        .flag("-C")
        .operands([Arg::Plain(joined(&then))]);
    let mark = Command::new("set-option")
        .flag("-g")
        .operands([Arg::Plain(PENDING.into()), Arg::Plain("1".into())]);
    let first = [mark.to_line(), later.to_line()];
    let condition = Arg::Format(format!("#{{{PENDING}}}").into());
    Some(
        Command::new("if-shell")
            .flag("-F")
            .operands([condition, Arg::Plain("".into()), Arg::Plain(joined(&first))]),
    )
}

fn joined(lines: &[BString]) -> BString {
    bstr::join(" ; ", lines).into()
}

fn delay(delay: Duration) -> String {
    format!("{:.3}", delay.as_secs_f64())
}

/// Where tsm finds what it works with, given whole: the server's environment is that of whoever started it. An empty
/// variable counts as one that isn't set. Output would put a pane into a mode, and a failure would be shown to the user;
/// both are in the log.
fn script(context: &Context) -> Option<BString> {
    let environment = &context.environment;
    let tsm = tsm(context)?;
    let config = match context.config.file.origin {
        Origin::Default => None,
        _ => Some(context.config.file.value.as_path()),
    };
    // The state home is `tsm` below it.
    let state_home = context.state_home.directory().parent()?;
    let values: [(&str, Option<&Path>); 9] = [
        ("HOME", environment.home.as_deref()),
        ("XDG_STATE_HOME", Some(state_home)),
        ("XDG_CONFIG_HOME", environment.xdg_config_home.as_deref()),
        (env::TSM_CONFIG, config),
        (env::TSM_STATE_DIR, Some(&context.config.state_dir.value)),
        (env::TSM_BACKUP_DIR, Some(&context.config.backup_dir.value)),
        (env::TSM_SOCKET_PATH, Some(context.server.socket_path())),
        (env::TSM_SOCKET_NAME, None),
        (env::TSM_TMUX, environment.tmux.as_deref()),
    ];
    let mut script = BString::default();
    for (name, value) in values {
        script.push_str(name);
        script.push_byte(b'=');
        script.push_str(quoted(value.unwrap_or(Path::new("")).as_os_str().as_bytes()));
        script.push_byte(b' ');
    }
    script.push_str(quoted(tsm.as_os_str().as_bytes()));
    script.push_str(" autosave-run >/dev/null 2>&1 || :");
    Some(script)
}

/// One word of `sh`, whatever it holds.
fn quoted(text: &[u8]) -> BString {
    let mut quoted = BString::from("'");
    for byte in text {
        match byte {
            b'\'' => quoted.push_str("'\\''"),
            byte => quoted.push_byte(*byte),
        }
    }
    quoted.push_byte(b'\'');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_sh_is_one_word() {
        assert_eq!(quoted(b""), "''");
        assert_eq!(quoted(b"a'b $(id) `id` \\ \"\n#{pid}"), "'a'\\''b $(id) `id` \\ \"\n#{pid}'");
    }

    #[test]
    fn a_delay_is_seconds() {
        assert_eq!(delay(Duration::from_millis(250)), "0.250");
    }
}
