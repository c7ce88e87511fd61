//! Running one command of a hook, bounded in time and in what it prints.

use std::ffi::OsString;
use std::io::{self, PipeReader, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::HookCommand;
use super::interrupt;
use crate::programs;

/// So much of what a hook prints is kept; the rest is read and forgotten.
const KEPT: usize = 16 * 1024;

/// How long after TERM a hook that took too long gets KILL.
const GRACE: Duration = Duration::from_millis(300);

/// What somebody may not know who wrote two shell lines as a list of strings.
const ONE_PROGRAM: &str = "a list of strings is one program and its arguments, [{ run = \"LINE\" }, ...] are several";

/// How a command ended.
#[derive(Debug)]
pub enum End {
    /// By itself.
    Exited(ExitStatus),
    /// It took too long, and was ended with all of its process group.
    TimedOut,
    /// It couldn't be started.
    NotStarted(io::Error),
}

/// What came of a command.
#[derive(Debug)]
pub struct Ran {
    /// How it ended.
    pub end: End,
    /// What it printed, to both of its outputs, and no more than the first 16 KiB of it.
    pub output: Vec<u8>,
    /// How many bytes more it printed.
    pub cut: u64,
    /// How long it took.
    pub took: Duration,
}

impl Ran {
    /// Whether it did what it should.
    pub fn succeeded(&self) -> bool {
        matches!(&self.end, End::Exited(status) if status.success())
    }

    /// Whether it ended by itself.
    pub fn is_exit(&self) -> bool {
        matches!(&self.end, End::Exited(_))
    }

    /// How it ended, in words.
    pub fn describe(&self) -> String {
        match &self.end {
            End::Exited(status) => status.to_string(),
            End::TimedOut => format!("ended after {:.1} s, its time limit", self.took.as_secs_f64()),
            End::NotStarted(error) => format!("can't be started: {error}"),
        }
    }
}

/// Runs a command in a directory until its end, or until its time is over.
///
/// What it leaves in the background when it ends by itself lives on; what takes too long is ended with its whole process
/// group. Nobody waits for those who only hold its output open. It has our environment with `variables`, without `hidden`.
pub(crate) fn run(
    command: &HookCommand,
    directory: &Path,
    variables: &[(&'static str, OsString)],
    hidden: &[&str],
    input: &[u8],
    limit: Duration,
) -> Ran {
    let started = Instant::now();
    let mut ran = Ran {
        end: End::TimedOut,
        output: Vec::new(),
        cut: 0,
        took: Duration::ZERO,
    };
    let _interruptible = interrupt::watch();
    let (mut child, mut output) = match start(command, directory, variables, hidden) {
        Ok(running) => running,
        Err(error) => {
            ran.end = End::NotStarted(error);
            return ran;
        }
    };
    if let Some(mut stdin) = child.stdin.take() {
        // It is smaller than a pipe, so this never blocks; whoever doesn't read it doesn't want it.
        let _not_wanted = stdin.write_all(input);
    }
    let ended = wait(&child, &mut output, started + limit, &mut ran);
    if ended {
        // What has been printed by now.
        read_available(&mut output, &mut ran);
    } else {
        end_group(&child, &mut output, &mut ran);
    }
    match child.wait() {
        Ok(status) if ended => ran.end = End::Exited(status),
        Ok(_) => {}
        Err(error) => ran.end = End::NotStarted(error),
    }
    ran.took = started.elapsed();
    interrupt::obey();
    ran
}

fn start(
    command: &HookCommand,
    directory: &Path,
    variables: &[(&'static str, OsString)],
    hidden: &[&str],
) -> io::Result<(Child, PipeReader)> {
    let (output, writer) = io::pipe()?;
    let flags = fcntl_getfl(&output)?;
    fcntl_setfl(&output, flags | OFlags::NONBLOCK)?;
    let child = match command {
        HookCommand::Argv(argv) => {
            let (program, args) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
            programs::start_hook(program, args, directory, variables, hidden, writer).map_err(|error| {
                let looks_like_a_line = program.contains(char::is_whitespace);
                match error.kind() == io::ErrorKind::NotFound && looks_like_a_line {
                    true => io::Error::new(error.kind(), format!("{error}; {ONE_PROGRAM}")),
                    false => error,
                }
            })?
        }
        HookCommand::Line(line) => {
            let args = ["-c".to_owned(), line.clone()];
            programs::start_hook("sh", &args, directory, variables, hidden, writer)?
        }
    };
    Ok((child, output))
}

/// Reads until the child has ended; `false` if its time was over before, or tsm is told to end.
fn wait(child: &Child, output: &mut PipeReader, deadline: Instant, ran: &mut Ran) -> bool {
    let Some(handle) = pid_of(child).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) else {
        return false;
    };
    let mut open = true;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let limit = Timespec::try_from(left).unwrap_or_default();
        let told = interrupt::descriptor();
        let mut polled = vec![PollFd::new(&handle, PollFlags::IN)];
        if let Some(told) = told.as_ref() {
            polled.push(PollFd::from_borrowed_fd(told.as_fd(), PollFlags::IN));
        }
        if open {
            polled.push(PollFd::new(output, PollFlags::IN));
        }
        let ready = poll(&mut polled, Some(&limit));
        let ended = polled.first().is_some_and(|polled| !polled.revents().is_empty());
        if interrupt::told() {
            return false;
        }
        match ready {
            Ok(0) => return false,
            Ok(_) if ended => return true,
            Ok(_) => open = read_available(output, ran),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
        // One that prints without end never gets to the end of its time otherwise.
        if left.is_zero() {
            return false;
        }
    }
}

/// Reads what is there, a pipe full at most; `false` once nobody can write any more.
fn read_available(output: &mut PipeReader, ran: &mut Ran) -> bool {
    let mut buffer = [0; 16 * 1024];
    for _ in 0..8 {
        let read = match output.read(&mut buffer) {
            Ok(0) => return false,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        };
        let kept = read.min(KEPT.saturating_sub(ran.output.len()));
        ran.output.extend_from_slice(&buffer[..kept]);
        ran.cut += (read - kept) as u64;
    }
    true
}

/// Ends the child and all of its process group. It isn't reaped yet, so the id is still its own.
fn end_group(child: &Child, output: &mut PipeReader, ran: &mut Ran) {
    let Some(pid) = pid_of(child) else {
        return;
    };
    let _it_may_have_ended = kill_process_group(pid, Signal::TERM);
    if let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) {
        let grace = Timespec::try_from(GRACE).unwrap_or_default();
        let _ended_or_not = poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&grace));
    }
    read_available(output, ran);
    // Those of the group that are left, too.
    let _it_may_have_ended = kill_process_group(pid, Signal::KILL);
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(line: &str, limit: f64) -> Ran {
        let command = HookCommand::Line(line.to_owned());
        let variables = [("TSM_EVENT", "notify".into())];
        run(
            &command,
            Path::new("/"),
            &variables,
            &[],
            b"{}\n",
            Duration::from_secs_f64(limit),
        )
    }

    fn text(ran: &Ran) -> String {
        String::from_utf8_lossy(&ran.output).into_owned()
    }

    #[test]
    fn both_outputs_the_input_the_variables_and_the_directory_are_its_own() {
        let ran = ran("cat; echo $TSM_EVENT >&2; pwd; exit 3", 60.0);
        assert_eq!(text(&ran), "{}\nnotify\n/\n");
        assert!(!ran.succeeded());
        assert!(ran.describe().contains('3'), "{}", ran.describe());
    }

    #[test]
    fn what_hangs_ends_with_its_whole_group() {
        let started = Instant::now();
        let ran = ran("trap '' TERM; sleep 1000 & echo $!; wait; sleep 1000", 0.3);
        assert!(matches!(ran.end, End::TimedOut), "{ran:?}");
        assert!(started.elapsed() < Duration::from_secs(100));
        let pid: u32 = text(&ran).trim().parse().expect("a process id");
        let gone = || {
            session_lock::ProcessIdentity::of(pid)
                .expect("asked")
                .is_none_or(|left| left.start_time == 0)
        };
        // Killed, it goes as soon as whoever adopted it reaps it.
        let deadline = Instant::now() + Duration::from_secs(30);
        let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        while !gone() && !state().contains(") Z ") && Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert!(gone() || state().contains(") Z "), "{}", state());
    }

    #[test]
    fn a_megabyte_and_an_endless_stream_are_cut() {
        let megabyte = ran("head -c 1000000 /dev/zero", 60.0);
        assert!(megabyte.succeeded(), "{}", megabyte.describe());
        assert_eq!((megabyte.output.len(), megabyte.cut), (KEPT, 1_000_000 - KEPT as u64));
        let endless = ran("exec cat /dev/zero", 0.3);
        assert!(matches!(endless.end, End::TimedOut) && endless.cut > 0);
    }

    #[test]
    fn whoever_holds_the_output_open_is_not_waited_for() {
        let started = Instant::now();
        let left = ran("sleep 1000 & echo $!", 500.0);
        assert!(left.succeeded() && started.elapsed() < Duration::from_secs(400));
        // It lives on: it is the user's. The test's to end.
        let pid: u32 = text(&left).trim().parse().expect("a process id");
        let process = session_lock::ProcessIdentity::of(pid)
            .expect("asked")
            .expect("it lives");
        let process = process.open().expect("opened").expect("it lives");
        process.signal(session_lock::Signal::Kill).expect("ended");
    }

    #[test]
    fn what_is_not_there_is_no_panic() {
        let command = HookCommand::Argv(vec!["/nonexistent/program".to_owned()]);
        let ran = run(&command, Path::new("/"), &[], &[], b"", Duration::from_secs(1));
        assert!(matches!(ran.end, End::NotStarted(_)), "{ran:?}");
        let command = HookCommand::Argv(vec!["true".to_owned()]);
        let ran = run(
            &command,
            Path::new("/nonexistent"),
            &[],
            &[],
            b"",
            Duration::from_secs(1),
        );
        assert!(!ran.succeeded());
    }
}
