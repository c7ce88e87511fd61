//! What the hooks run: a fixed text in which values stand in quotes, for tmux and then for `sh`.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use bstr::{BString, ByteVec};
use tmux_core::{Arg, Command};

use crate::agent::tsm;
use crate::config::{Origin, env};
use crate::context::Context;

/// This option of the server counts the changes that were seen since tsm was started last, and is about to be started.
pub(crate) const PENDING: &str = "@tsm_autosave_pending";

/// After so many changes it is started all the same: whoever was to take the mark away may have been killed.
const ENOUGH: u32 = 50;

/// The command of a hook. The first change sets a mark, and a moment later tmux starts tsm, which takes the mark away
/// before it looks. So changes are gathered without a process that waits, and each is followed by a look.
///
/// tmux could take the mark away itself (`run-shell -C`), but it runs such commands for the client that it thinks is meant,
/// and never if that has gone by then (3.3a to 3.8). A program it starts in any case.
pub(super) fn command(context: &Context) -> Option<Command> {
    let script = script(context)?;
    let one_more = Command::new("set-option").flag("-g").flag("-F").operands([
        Arg::Plain(PENDING.into()),
        Arg::Format(format!("#{{e|+:#{{{PENDING}}},1}}").into()),
    ]);
    let mark = Command::new("set-option")
        .flag("-g")
        .operands([Arg::Plain(PENDING.into()), Arg::Plain("1".into())]);
    let start = Command::new("run-shell")
        .flag("-b")
        .option("-d", Arg::Plain(delay(context.config.autosave.delay.value).into()))
        .operands([Arg::Literal(script)]);
    let first = [mark.to_line(), start.to_line()];
    let condition = format!("#{{&&:#{{{PENDING}}},#{{e|<:#{{{PENDING}}},{ENOUGH}}}}}");
    Some(Command::new("if-shell").flag("-F").operands([
        Arg::Format(condition.into()),
        Arg::Plain(one_more.to_line()),
        Arg::Plain(joined(&first)),
    ]))
}

/// Takes the mark away: what changes from now on is another change.
pub(super) fn unmark() -> Command {
    Command::new("set-option")
        .flag("-g")
        .flag("-q")
        .flag("-u")
        .operands([Arg::Plain(PENDING.into())])
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
        assert_eq!(
            quoted(b"a'b $(id) `id` \\ \"\n#{pid}"),
            "'a'\\''b $(id) `id` \\ \"\n#{pid}'"
        );
    }

    #[test]
    fn a_delay_is_seconds() {
        assert_eq!(delay(Duration::from_millis(250)), "0.250");
    }
}
