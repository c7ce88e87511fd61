//! A program that runs, under a time limit.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Output, process};

/// How long the output may stay open after the program itself has ended.
const OUTPUT_GRACE: Duration = Duration::from_secs(5);

/// A program that runs. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    command: String,
    stdout: Captured,
    stderr: Captured,
    time_limit: Duration,
    started: Instant,
}

impl Running {
    #[track_caller]
    pub(crate) fn spawn(mut command: Command, name: String, stdin: Option<Vec<u8>>, time_limit: Duration) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("can't start `{name}`: {error}"));
        if let (Some(bytes), Some(mut pipe)) = (stdin, child.stdin.take()) {
            // A program that ends without reading all of it has every right to.
            thread::spawn(move || pipe.write_all(&bytes).ok());
        }
        let stdout = Captured::new(child.stdout.take().expect("stdout is piped"));
        let stderr = Captured::new(child.stderr.take().expect("stderr is piped"));
        Self {
            child,
            command: name,
            stdout,
            stderr,
            time_limit,
            started: Instant::now(),
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far to its standard output.
    pub fn stdout_so_far(&self) -> Vec<u8> {
        self.stdout.bytes()
    }

    /// Kills it without warning, as a crash would.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// As [`Invocation::run`](crate::Invocation::run) says.
    #[must_use = "check the status or the output"]
    #[track_caller]
    pub fn wait(mut self) -> Output {
        let left = self.time_limit.saturating_sub(self.started.elapsed());
        let in_time = process::wait_child(self.child.id(), left);
        if !in_time {
            self.kill();
        }
        let status = self.child.wait().expect("a child can be waited for");
        let closed = self.stdout.wait_closed() && self.stderr.wait_closed();
        let output = Output {
            command: std::mem::take(&mut self.command),
            status,
            stdout: self.stdout.bytes(),
            stderr: self.stderr.bytes(),
            elapsed: self.started.elapsed(),
        };
        assert!(in_time, "killed after {:?}: {output:?}", self.time_limit);
        assert!(
            closed,
            "it has ended, but a process that it left holds its output open: {output:?}"
        );
        output
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Does nothing when it has been waited for.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What comes through a pipe, collected by a thread.
#[derive(Debug)]
struct Captured {
    bytes: Arc<Mutex<Vec<u8>>>,
    closed: Receiver<()>,
}

impl Captured {
    fn new(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (sender, closed) = sync_channel(1);
        let collected = Arc::clone(&bytes);
        thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(length @ 1..) = pipe.read(&mut buffer) {
                collected
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(&buffer[..length]);
            }
            sender.send(()).ok();
        });
        Self { bytes, closed }
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn wait_closed(&self) -> bool {
        self.closed.recv_timeout(OUTPUT_GRACE).is_ok()
    }
}
