//! The stand-in for Claude Code, seen from the test; `bin/fake-agent.rs` is the program itself.
//!
//! Every start leaves a record and a log in `agents/NAME` below the environment's root. The program finds that place
//! from its own path, so it works under a scrubbed environment as well. Files there also tell it how to behave.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::{Environment, Process, programs, wait_for};

/// In the agent's directory, a file of this name makes it outlive SIGTERM; so does `FAKE_AGENT_IGNORE_TERM=1`.
pub const IGNORE_TERM: &str = "ignore-term";
/// In the agent's directory, a file of this name makes it outlive its terminal.
pub const OUTLIVE_TERMINAL: &str = "outlive-terminal";
/// In the agent's directory, a file of this name holds the milliseconds between SIGTERM and the agent's end.
pub const TERM_DELAY: &str = "term-delay";

/// A fake agent on the `PATH` of an environment.
#[derive(Clone, Debug)]
pub struct FakeAgent {
    /// The program's path.
    pub program: PathBuf,
    directory: PathBuf,
}

/// One start of the agent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    /// Its process id.
    pub pid: u32,
    /// Its start time, as in [`Process`].
    pub start_time: u64,
    /// Nanoseconds since 1970, to put starts in order.
    pub at: u128,
    /// The program's name and its arguments.
    pub argv: Vec<String>,
    /// The directory it started in.
    pub cwd: PathBuf,
    /// Its whole environment.
    pub environment: BTreeMap<String, String>,
}

impl FakeAgent {
    /// Puts a fake agent of this name (`claude`) on the environment's `PATH`.
    pub fn install(environment: &Environment, name: &str) -> Self {
        let program = environment.bin().join(name);
        programs::install(&programs::built("fake-agent"), &program);
        let directory = directory_of(&program).expect("a program in the environment");
        fs::create_dir_all(&directory).expect("a directory for the agent");
        Self { program, directory }
    }

    /// From now on it ignores SIGTERM.
    pub fn ignore_term(&self) {
        self.behave(IGNORE_TERM, "");
    }

    /// From now on it needs this long to end after SIGTERM.
    pub fn delay_term(&self, delay: Duration) {
        self.behave(TERM_DELAY, &delay.as_millis().to_string());
    }

    /// From now on it goes on when its terminal is closed, as an orphan. The test has to end it.
    pub fn outlive_terminal(&self) {
        self.behave(OUTLIVE_TERMINAL, "");
    }

    /// All starts so far, in their order.
    pub fn starts(&self) -> Vec<Start> {
        let entries = fs::read_dir(&self.directory).expect("the agent's directory").flatten();
        let records = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension() == Some(OsStr::new("json")));
        let mut starts: Vec<Start> = records
            .map(|path| serde_json::from_slice(&fs::read(path).expect("a record")).expect("a whole record"))
            .collect();
        starts.sort_by_key(|start| start.at);
        starts
    }

    /// Waits until it has been started this many times, and gives all starts.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn wait_started(&self, count: usize) -> Vec<Start> {
        wait_for(
            &format!("{count} starts of {}", self.program.display()),
            || match self.starts() {
                starts if starts.len() >= count => Ok(starts),
                starts => Err(starts.len()),
            },
        )
    }

    /// What happened to the agent with this process id, a line each: `TERM`, `HUP`, `INT`; `LINE text` for what was
    /// typed; for a program that it ran, `OUT text` and `ERR text` for each line and `RAN status`; `END` when it ended
    /// by itself.
    pub fn log(&self, pid: u32) -> Vec<String> {
        let log = fs::read_to_string(log_path(&self.directory, pid)).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// Waits until this line is in the log, and gives the whole log.
    ///
    /// # Panics
    /// When it does not get there.
    #[track_caller]
    pub fn wait_log(&self, pid: u32, line: &str) -> Vec<String> {
        wait_for(&format!("`{line}` in the log of agent {pid}"), || match self.log(pid) {
            log if log.iter().any(|logged| logged == line) => Ok(log),
            log => Err(log),
        })
    }

    /// Waits until the agent with this process id has ended.
    ///
    /// # Panics
    /// When it was never started or does not end.
    #[track_caller]
    pub fn wait_ended(&self, pid: u32) {
        let start = self
            .starts()
            .into_iter()
            .find(|start| start.pid == pid)
            .expect("an agent with this id");
        let ended = start.process().wait_ended(crate::wait::LIMIT);
        assert!(ended, "agent {pid} does not end; its log: {:?}", self.log(pid));
    }

    /// An agent that is there already.
    pub(crate) fn at(program: PathBuf, directory: PathBuf) -> Self {
        Self { program, directory }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(crate) fn behave(&self, how: &str, value: &str) {
        fs::write(self.directory.join(how), value).expect("a file in the agent's directory");
    }
}

impl Start {
    /// Leaves the record of this process in its agent's directory. It is written beside and renamed, so that nobody reads
    /// half of it.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn record(directory: &Path) -> Result<(), Box<dyn std::error::Error>> {
        let pid = std::process::id();
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        let start = Self {
            pid,
            start_time: Process::of(pid).ok_or("no entry in /proc")?.start_time,
            at: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_nanos(),
            argv: std::env::args_os().map(text).collect(),
            cwd: std::env::current_dir()?,
            environment: std::env::vars_os()
                .map(|(name, value)| (text(name), text(value)))
                .collect(),
        };
        let staged = directory.join(format!("{pid}.new"));
        fs::write(&staged, serde_json::to_vec(&start)?)?;
        fs::rename(&staged, directory.join(format!("{pid}.json")))?;
        Ok(())
    }

    /// The process that was started.
    pub fn process(&self) -> Process {
        Process {
            pid: self.pid,
            start_time: self.start_time,
        }
    }
}

/// Where an agent with this program keeps its files.
pub fn directory_of(program: &Path) -> Option<PathBuf> {
    Some(program.parent()?.parent()?.join("agents").join(program.file_name()?))
}

/// Where an agent writes what happens to it.
pub fn log_path(directory: &Path, pid: u32) -> PathBuf {
    directory.join(format!("{pid}.log"))
}
