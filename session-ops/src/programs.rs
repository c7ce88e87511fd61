//! Starting programs: always an argument vector, never a shell that reads one.
#![expect(
    clippy::disallowed_methods,
    reason = "the one module of this crate that starts programs"
)]

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use session_recovery::ours::AGENT_VARIABLE;

/// Markers by which an agent tells its children that they run inside it. Inherited by another agent, they switch off
/// its transcript and its place in the registry.
const AGENT_MARKERS: [&str; 5] = [
    "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDECODE",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_JOB_DIR",
];

/// Starts a program that holds nothing of ours but two pipes: its standard input and output.
pub(crate) fn start_with_pipes(program: &Path, args: &[OsString]) -> io::Result<Child> {
    Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Starts a program on our terminal, in a process group of its own, without the markers of an agent around us.
///
/// `session` is the id of the session whose agent it is: what the agent leaves behind is known by it.
pub(crate) fn start_on_terminal(program: &Path, args: &[OsString], session: Option<&str>) -> io::Result<Child> {
    let mut command = Command::new(program);
    if let Some(session) = session {
        command.env(AGENT_VARIABLE, session);
    }
    for marker in AGENT_MARKERS {
        command.env_remove(marker);
    }
    command.args(args).process_group(0).spawn()
}

/// Becomes a program; returns only if that fails. `name` is what the program sees as its own name.
pub fn become_program(program: &Path, name: Option<&OsString>, args: &[OsString]) -> io::Error {
    let mut command = Command::new(program);
    if let Some(name) = name {
        command.arg0(name);
    }
    for marker in AGENT_MARKERS {
        command.env_remove(marker);
    }
    command.args(args).exec()
}
