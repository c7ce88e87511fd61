//! The id of the task that is worked on in a project, as its own tools tell it: kept with each save, so that the history
//! says what a session was about.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use session_state::{SessionState, UnknownKey};

use crate::config::TaskIdSource;
use crate::context::Context;
use crate::programs;

/// The key of the state file. Other versions keep it as it is.
const KEY: &str = "X_TASK_ID";

/// How long a program may take to tell an id.
const LIMIT: Duration = Duration::from_secs(2);

/// So much is read; an id is shorter.
const MAX_READ: usize = 4096;

/// The longest id, in bytes.
const MAX_BYTES: usize = 200;

/// The id that a record was saved with.
pub(crate) fn of_record(record: &SessionState) -> Option<String> {
    let entry = record.unknown.iter().find(|entry| entry.key == KEY)?;
    // Anybody may have written the file.
    entry.as_text().filter(|id| is_id(id))
}

/// Puts the id of now into a record. What can't be told now leaves none: an old one would be wrong.
pub(crate) fn put(context: &Context, record: &mut SessionState) {
    let Some((source, directory)) = context.config.task_id(&record.project, &record.working_dir) else {
        return;
    };
    record.unknown.retain(|entry| entry.key != KEY);
    record
        .unknown
        .extend(ask(&source, &directory).map(|id| UnknownKey::text(KEY, &id)));
}

fn ask(source: &TaskIdSource, directory: &Path) -> Option<String> {
    let text = match source {
        TaskIdSource::File(path) => first_bytes(path)?,
        TaskIdSource::Command(argv) => printed(argv, directory, LIMIT)?,
    };
    let line = text.split(|byte| *byte == b'\n').next()?;
    let id = std::str::from_utf8(line).ok()?.trim();
    is_id(id).then(|| id.to_owned())
}

/// Control characters would be obeyed where it is shown.
fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= MAX_BYTES && !id.chars().any(char::is_control)
}

/// A pipe would make every save wait for its writer.
fn first_bytes(path: &Path) -> Option<Vec<u8>> {
    let is_file = path.metadata().ok()?.is_file();
    let mut text = Vec::new();
    let file = is_file.then(|| File::open(path).ok()).flatten()?;
    file.take(MAX_READ as u64).read_to_end(&mut text).ok()?;
    Some(text)
}

/// What a program prints until its first line or its end; one that takes too long is ended with all it started.
fn printed(argv: &[String], directory: &Path, limit: Duration) -> Option<Vec<u8>> {
    let (program, args) = argv.split_first()?;
    let mut child = programs::start_to_ask(program, args, directory).ok()?;
    let text = child
        .stdout
        .as_mut()
        .and_then(|output| line(output, Instant::now() + limit));
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It isn't reaped yet, so the id is still its own.
        let _it_may_have_ended = kill_process_group(pid, Signal::KILL);
    }
    let _reaped = child.wait();
    text
}

fn line(output: &mut (impl Read + std::os::fd::AsFd), deadline: Instant) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut buffer = [0; MAX_READ];
    loop {
        let left = Timespec::try_from(deadline.saturating_duration_since(Instant::now())).ok()?;
        match poll(&mut [PollFd::new(output, PollFlags::IN)], Some(&left)) {
            Ok(0) => return None,
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
            Ok(_) => {}
        }
        let read = output.read(&mut buffer).ok()?;
        text.extend_from_slice(buffer.get(..read)?);
        if read == 0 || text.contains(&b'\n') || text.len() >= MAX_READ {
            return Some(text);
        }
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write files")]
mod tests {
    use super::*;

    fn command(script: &str) -> TaskIdSource {
        TaskIdSource::Command(["/bin/sh", "-c", script].map(str::to_owned).to_vec())
    }

    #[test]
    fn the_first_line_is_the_id() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("task");
        for (text, id) in [
            ("T-1\nT-2\n", Some("T-1")),
            ("  äöü 7 ", Some("äöü 7")),
            ("", None),
            ("\nT-1", None),
            ("T\x1b[31m-1\n", None),
            (&"x".repeat(201), None),
        ] {
            std::fs::write(&path, text).expect("written");
            assert_eq!(
                ask(&TaskIdSource::File(path.clone()), root.path()).as_deref(),
                id,
                "{text:?}"
            );
        }
        assert_eq!(ask(&TaskIdSource::File(root.path().join("none")), root.path()), None);
        assert_eq!(ask(&TaskIdSource::File(root.path().to_owned()), root.path()), None);
    }

    #[test]
    fn a_program_is_asked_in_the_directory_and_never_longer_than_the_limit() {
        let root = tempfile::tempdir().expect("a directory");
        std::fs::write(root.path().join("task"), "T-9\n").expect("written");
        assert_eq!(ask(&command("cat task"), root.path()).as_deref(), Some("T-9"));
        assert_eq!(ask(&command("exit 1"), root.path()), None);
        assert_eq!(
            ask(&command("echo T-3; exec sleep 100"), root.path()).as_deref(),
            Some("T-3")
        );
        let started = Instant::now();
        let argv = ["/bin/sh", "-c", "sleep 100 & wait"].map(str::to_owned);
        assert_eq!(printed(&argv, root.path(), Duration::from_millis(50)), None);
        assert!(started.elapsed() < Duration::from_secs(50));
    }
}
