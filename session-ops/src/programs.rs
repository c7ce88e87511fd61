//! Starting programs: always an argument vector, never a shell that reads one.
#![expect(
    clippy::disallowed_methods,
    reason = "the one module of this crate that starts programs"
)]

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bstr::BString;
use session_recovery::ours::AGENT_VARIABLE;

use crate::agent::launch::AGENT_MARKERS;

/// Starts a program that holds nothing of ours but two pipes: its standard input and output. It isn't the agent's either,
/// even if we are.
pub(crate) fn start_with_pipes(program: &Path, args: &[OsString]) -> io::Result<Child> {
    Command::new(program)
        .args(args)
        .env_remove(AGENT_VARIABLE)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Starts a program on our terminal, in a process group of its own, without the markers of an agent around us; with
/// `variables` these are its whole environment.
pub(crate) fn start_on_terminal(
    program: &Path,
    args: &[OsString],
    variables: Option<&[(BString, BString)]>,
) -> io::Result<Child> {
    let mut command = Command::new(program);
    match variables {
        Some(variables) => {
            command.env_clear();
            for (name, value) in variables {
                command.env(OsStr::from_bytes(name), OsStr::from_bytes(value));
            }
        }
        None => {
            for marker in AGENT_MARKERS {
                command.env_remove(marker);
            }
        }
    }
    command.args(args).process_group(0).spawn()
}

/// Starts a shell as a login shell that runs a script, in a process group of its own; what it prints can be read.
pub(crate) fn start_login_shell(shell: &Path, script: &str) -> io::Result<Child> {
    // With a dash before its name every shell is a login shell; not every one has `-l`.
    let mut name = OsString::from("-");
    name.push(shell.file_name().unwrap_or_default());
    Command::new(shell)
        .arg0(name)
        .args(["-c", script])
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Starts a program that is asked for something, in a directory and a process group of its own; what it prints can be read.
pub(crate) fn start_to_ask(program: &str, args: &[String], directory: &Path) -> io::Result<Child> {
    Command::new(program)
        .args(args)
        .current_dir(directory)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Starts a command of a hook in a directory and a process group of its own; both of its outputs go into the pipe. It is
/// no part of the agent around us.
pub(crate) fn start_hook(
    program: &str,
    args: &[String],
    directory: &Path,
    variables: &[(&'static str, OsString)],
    hidden: &[&str],
    output: io::PipeWriter,
) -> io::Result<Child> {
    let errors = output.try_clone()?;
    let mut command = Command::new(program);
    command
        .args(args)
        .current_dir(directory)
        .env_remove(AGENT_VARIABLE)
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(errors);
    for name in hidden {
        command.env_remove(name);
    }
    for (name, value) in variables {
        command.env(name, value);
    }
    command.spawn()
}

/// Becomes an extension, which is told what tsm works with; returns only if that fails.
pub fn become_extension(program: &Path, args: &[OsString], variables: &[(&'static str, OsString)]) -> io::Error {
    let variables = variables.iter().map(|(name, value)| (name, value));
    Command::new(program).args(args).envs(variables).exec()
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
