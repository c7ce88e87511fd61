//! The `tmux` program as one would call it: what all else is compared with.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bstr::BString;

/// The program to measure against.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("TSM_TMUX").map_or_else(|| "tmux".into(), PathBuf::from)
}

/// Runs it once and gives what it printed. It has this process's environment, as what it is compared with has.
pub(crate) fn call(socket: &Path, args: &[OsString]) -> Vec<u8> {
    let output = Command::new(program())
        .args(["-u", "-S"])
        .arg(socket)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("tmux starts");
    assert!(output.status.success(), "tmux {args:?}: {output:?}");
    output.stdout
}

/// Commands as its arguments, one after the other.
pub(crate) fn args(commands: &[tmux_core::Command]) -> Vec<OsString> {
    let word = |word: &BString| std::ffi::OsStr::from_bytes(word).to_owned();
    let commands: Vec<Vec<OsString>> = commands
        .iter()
        .map(|command| command.words().iter().map(word).collect())
        .collect();
    commands.join(&OsString::from(";"))
}

/// Arguments that are text.
pub(crate) fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
