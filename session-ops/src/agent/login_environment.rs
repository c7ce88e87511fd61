//! What the user's login shell exports: an agent must find its tools where the user would.
//!
//! The shell is started as a login shell that isn't interactive, with a script that prints its environment between two
//! boundaries that nobody can guess: what start-up files print comes before them. A shell that hangs is ended.

use std::io::Read;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use bstr::{BString, ByteSlice};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use session_lock::ProcessIdentity;
use uuid::Uuid;

use crate::programs;

/// An environment can't be larger than what the kernel passes to a program.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// How long a shell may take to end after it has printed its environment.
const AFTERWARDS: Duration = Duration::from_millis(200);

/// Variables that a shell changes by being started, or that describe the pane: ours stay.
const OURS: [&str; 11] = [
    "_",
    "SHLVL",
    "PWD",
    "OLDPWD",
    "TERM",
    "TMUX",
    "TMUX_PANE",
    "TERM_PROGRAM",
    "TERM_PROGRAM_VERSION",
    "COLUMNS",
    "LINES",
];

/// What the shell exports, with ours where it is about this pane; `None` if it doesn't say so in time.
pub fn read(shell: &Path, ours: &[(BString, BString)], limit: Duration) -> Option<Vec<(BString, BString)>> {
    let boundary = Uuid::new_v4().simple().to_string();
    let script = format!("/usr/bin/env echo {boundary}; /usr/bin/env -0; /usr/bin/env echo {boundary}");
    let mut child = programs::start_login_shell(shell, &script).ok()?;
    let printed = read_between(&mut child, &boundary, Instant::now() + limit);
    end(child, printed.is_some());
    Some(merged(&printed?, ours))
}

/// Reads until the second boundary: a program that the start-up files left in the background may keep the pipe open.
fn read_between(child: &mut Child, boundary: &str, deadline: Instant) -> Option<Vec<u8>> {
    let output = child.stdout.as_mut()?;
    let mut text = Vec::new();
    let mut buffer = [0; 16 * 1024];
    loop {
        let left = Timespec::try_from(deadline.saturating_duration_since(Instant::now())).ok()?;
        let mut polled = [PollFd::new(output, PollFlags::IN)];
        if poll(&mut polled, Some(&left)) == Ok(0) || text.len() > MAX_BYTES {
            return None;
        }
        match output.read(&mut buffer) {
            Ok(0) => return None,
            Ok(read) => text.extend_from_slice(buffer.get(..read)?),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
        if let Some(between) = between(&text, boundary) {
            return Some(between.to_vec());
        }
    }
}

fn between<'a>(text: &'a [u8], boundary: &str) -> Option<&'a [u8]> {
    let (_, after) = text.split_once_str(&format!("{boundary}\n"))?;
    let (between, _) = after.split_once_str(boundary)?;
    Some(between)
}

/// Of a shell that has printed, only itself ends: what its start-up files left in the background is the user's. One that
/// hangs ends with everything it waits for.
fn end(mut child: Child, printed: bool) {
    let ended = || -> Option<bool> {
        let process = ProcessIdentity::of(child.id()).ok()??.open().ok()??;
        process.wait_exit(AFTERWARDS).ok()
    };
    if !(printed && ended() != Some(false))
        && let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw)
    {
        // The child isn't reaped yet, so the ids are still its own.
        let _it_may_just_have_ended = match printed {
            true => kill_process(pid, Signal::KILL),
            false => kill_process_group(pid, Signal::KILL),
        };
    }
    let _reaped = child.wait();
}

fn merged(printed: &[u8], ours: &[(BString, BString)]) -> Vec<(BString, BString)> {
    let is_ours = |name: &[u8]| OURS.iter().any(|known| known.as_bytes() == name);
    let theirs = printed.split_str("\0").filter_map(|line| line.split_once_str("="));
    let is_name = |name: &[u8]| !name.is_empty() && !name.contains(&b'\n');
    let mut variables: Vec<(BString, BString)> = theirs
        .filter(|(name, _)| is_name(name) && !is_ours(name))
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    variables.extend(ours.iter().filter(|(name, _)| is_ours(name)).cloned());
    variables
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write shells")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn shell(directory: &Path, start_up: &str) -> std::path::PathBuf {
        let path = directory.join("testshell");
        std::fs::write(&path, format!("#!/bin/sh\n{start_up}\nshift\neval \"$1\"\n")).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).expect("executable");
        path
    }

    fn value(variables: &[(BString, BString)], name: &str) -> Option<String> {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.to_string())
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_shell_that_prints_and_leaves_programs_behind_is_understood() {
        let directory = tempfile::tempdir().expect("a directory");
        let shell = shell(
            directory.path(),
            "echo hello; echo A=wrong; export A='two\nlines' TMUX_PANE=%9; sleep 30 & echo $! > \"$0.pid\"",
        );
        let ours = [("TMUX_PANE".into(), "%1".into())];
        let variables = read(&shell, &ours, LONG).expect("an environment");
        assert_eq!(value(&variables, "A").as_deref(), Some("two\nlines"));
        assert_eq!(value(&variables, "TMUX_PANE").as_deref(), Some("%1"));
        let pid = std::fs::read_to_string(shell.with_extension("pid")).expect("a process id");
        let left = ProcessIdentity::of(pid.trim().parse().expect("a number")).expect("asked");
        let left = left.expect("it lives on").open().expect("opened").expect("it lives on");
        left.signal(session_lock::Signal::Kill).expect("ended");
    }

    #[test]
    fn a_shell_that_hangs_or_ends_early_is_none() {
        let directory = tempfile::tempdir().expect("a directory");
        let started = Instant::now();
        assert_eq!(
            read(&shell(directory.path(), "sleep 1000"), &[], Duration::from_millis(300)),
            None
        );
        assert!(started.elapsed() < LONG, "it was ended");
        assert_eq!(read(&shell(directory.path(), "exit 3"), &[], LONG), None);
        assert_eq!(read(Path::new("/nonexistent/shell"), &[], LONG), None);
        let endless = "while :; do echo 0123456789012345678901234567890123456789; done";
        assert_eq!(read(&shell(directory.path(), endless), &[], LONG), None);
    }

    #[test]
    fn broken_lines_are_no_variables() {
        let printed = b"A=1\0=2\0nothing\0x\ny=3\0PWD=/theirs\0B==";
        let ours = [("PWD".into(), "/ours".into()), ("C".into(), "4".into())];
        let names: Vec<String> = merged(printed, &ours)
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(names, ["A=1", "B==", "PWD=/ours"]);
    }
}
