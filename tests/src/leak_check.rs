//! What a test left behind: found, named, and ended.
//!
//! A process belongs to a test when its environment carries the marker variable or its program lies below the
//! test's root; only those are ended. One that merely works in a directory below the root, or names the root in its
//! arguments, is reported as well, but it could be a developer's editor, so it is left alone.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use bstr::ByteSlice;

use crate::process::{Process, Signal};
use crate::variables::MARKER;
use crate::{tmux_server, wait};

/// Ends the server on the socket and whatever else belongs to the root. What should have ended by itself within
/// the grace is the result, a line each.
pub(crate) fn end_everything(root: &Path, socket: &Path, grace: Duration) -> Vec<String> {
    let mut complaints = Vec::new();
    if let Err(why) = tmux_server::end(socket) {
        complaints.push(why);
    }
    // Shells notice only a moment later that their terminal is gone.
    let none = || match find(root) {
        left if left.is_empty() => Ok(()),
        left => Err(left),
    };
    // A look isn't one moment: whom a process started that ends during it may be missed, but not twice.
    let left = wait::at_most(grace, || none().and_then(|()| none()));
    for leak in left.err().unwrap_or_default() {
        let circumstances = circumstances(leak.process.pid);
        if leak.ours {
            leak.process.signal(Signal::KILL);
            leak.process.wait_ended(Duration::from_secs(5));
        }
        let ended = if leak.ours {
            ""
        } else {
            " (not ended: it does not carry the marker)"
        };
        complaints.push(format!(
            "process {} `{}`: {}{ended}; {circumstances}",
            leak.process.pid, leak.command, leak.reason
        ));
    }
    complaints
}

/// What may tell why it didn't end: who its parent is, what it does with signals, its terminal, and since when it runs.
pub(crate) fn circumstances(pid: u32) -> String {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let status = read("status");
    let told = ["State", "PPid", "SigPnd", "ShdPnd", "SigBlk", "SigIgn"].map(|field| {
        let line = status.lines().find(|line| line.split(':').next() == Some(field));
        line.unwrap_or_default()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    });
    // Fields 6 and 7 are the session and the terminal, 22 when it was started, in ticks since the machine was.
    let stat = read("stat");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let field = |number: usize| fields.get(number - 3).copied().unwrap_or_default();
    let uptime = fs::read_to_string("/proc/uptime").unwrap_or_default();
    format!(
        "{}, session {}, terminal {}, started at tick {}, now {} s; {}",
        told.join(", "),
        field(6),
        field(7),
        field(22),
        uptime.split(' ').next().unwrap_or_default(),
        read("wchan"),
    )
}

#[derive(Debug)]
struct Leak {
    process: Process,
    command: String,
    reason: &'static str,
    ours: bool,
}

fn find(root: &Path) -> Vec<Leak> {
    let processes = fs::read_dir("/proc").expect("/proc is mounted");
    let pids = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|&pid| pid != std::process::id())
        .filter_map(|pid| inspect(root, pid))
        .collect()
}

/// What makes this process one of the root's. Files that can't be read belong to other users or to a process that
/// has just ended.
fn inspect(root: &Path, pid: u32) -> Option<Leak> {
    let process = Process::of(pid)?;
    let directory = Path::new("/proc").join(pid.to_string());
    let marker = [MARKER.as_bytes(), b"=", root.as_os_str().as_bytes()].concat();
    let environment = fs::read(directory.join("environ")).unwrap_or_default();
    let command = fs::read(directory.join("cmdline")).unwrap_or_default();
    let below = |link| fs::read_link(directory.join(link)).is_ok_and(|path| path.starts_with(root));

    let (reason, ours) = if environment.split_str(b"\0").any(|variable| variable == marker) {
        ("its environment carries the marker", true)
    } else if below("exe") {
        ("its program is the test's", true)
    } else if below("cwd") {
        ("it works in a directory of the test", false)
    } else if mentions(&command, root.as_os_str()) {
        ("its arguments name the test's directory", false)
    } else {
        return None;
    };
    let command = command
        .split_str(b"\0")
        .map(|word| word.to_str_lossy())
        .collect::<Vec<_>>()
        .join(" ");
    // Everything above was read of one process only when that one still lives.
    process.alive().then_some(Leak {
        process,
        command: command.trim_end().to_owned(),
        reason,
        ours,
    })
}

fn mentions(command: &[u8], root: &OsStr) -> bool {
    command.contains_str(root.as_bytes())
}
