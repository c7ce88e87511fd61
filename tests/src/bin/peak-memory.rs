//! Runs a program and writes into a file how much memory it had at its peak, in bytes: `peak-memory FILE PROGRAM ARGS…`.
//!
//! The kernel counts what was resident of any process that was waited for, so what a program starts and waits for counts
//! as well. It also counts what this program has before the other begins, which is why it is a program of its own and
//! small.

use std::env;
use std::fs;
use std::process::{Command, ExitCode};

use nix::sys::resource::{UsageWho, getrusage};

fn main() -> ExitCode {
    let mut args = env::args_os().skip(1);
    let (Some(file), Some(program)) = (args.next(), args.next()) else {
        return ExitCode::from(2);
    };
    let Ok(status) = Command::new(program).args(args).status() else {
        return ExitCode::from(127);
    };
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else {
        return ExitCode::from(126);
    };
    // In KiB on Linux.
    let written = fs::write(file, (usage.max_rss() * 1024).to_string());
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    match written {
        Ok(()) => ExitCode::from(code.unwrap_or(125)),
        Err(_) => ExitCode::from(124),
    }
}
