//! What a program asks of the system, one call after another, and making one of these calls fail or end the program.
//!
//! strace does both: it lists the calls of one run, and in another run it does something to the n-th of them.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// One call of a program's first process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SystemCall {
    /// Its name, for example `renameat2`.
    pub name: String,
    /// That it is the so-manieth of this name, beginning with 1.
    pub ordinal: usize,
    /// As strace prints it, with the files of descriptors.
    pub text: String,
}

/// Calls that touch no file: that the system has no memory for a process is another matter, and some can't fail.
const NOT_OF_FILES: [&str; 21] = [
    "brk",
    "mmap",
    "munmap",
    "mprotect",
    "madvise",
    "mremap",
    "futex",
    "exit_group",
    "sigaltstack",
    "rt_sigaction",
    "rt_sigprocmask",
    "sched_getaffinity",
    "sched_yield",
    "getrandom",
    "gettid",
    "getpid",
    "getuid",
    "geteuid",
    "uname",
    "clock_gettime",
    "rseq",
];

/// What happens to one call, in strace's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injection(String);

impl SystemCall {
    /// Whether it may fail because of a file, a disk or a descriptor.
    pub fn can_fail(&self) -> bool {
        !NOT_OF_FILES.contains(&self.name.as_str())
    }

    /// The program is killed before this call.
    pub fn kill(&self) -> Injection {
        Injection(format!("{}:signal=KILL:when={}", self.name, self.ordinal))
    }

    /// This call isn't made and returns an error, for example `EIO`.
    pub fn fail(&self, error: &str) -> Injection {
        Injection(format!("{}:error={error}:when={}", self.name, self.ordinal))
    }

    /// This call isn't made and returns what it returned when it was recorded.
    ///
    /// # Panics
    /// When it returned no number.
    pub fn pretend(&self) -> Injection {
        let result = self
            .text
            .rsplit("= ")
            .next()
            .and_then(|result| result.trim().parse().ok());
        let result: u64 = result.unwrap_or_else(|| panic!("{} returned no number", self.text));
        Injection(format!("{}:retval={result}:when={}", self.name, self.ordinal))
    }

    /// This call isn't made and says that it was.
    pub fn skip(&self) -> Injection {
        Injection(format!("{}:retval=0:when={}", self.name, self.ordinal))
    }
}

impl Injection {
    /// No call of this name is made; each says that it was.
    pub fn skip_all(name: &str) -> Self {
        Self(format!("{name}:retval=0"))
    }
}

/// Runs `program` and lists the calls of its first process, from the first that names something below `root` on.
///
/// # Panics
/// When strace can't be run or the program fails.
#[track_caller]
pub fn record(root: &Path, program: &Command) -> Vec<SystemCall> {
    let trace = tempfile::NamedTempFile::new().expect("a file for the trace");
    let options = ["-f", "-y", "-s", "4096", "-o"].map(Into::into);
    let output = strace(
        options.into_iter().chain([trace.path().as_os_str().to_owned()]),
        program,
    );
    assert!(
        output.status.success(),
        "{program:?} failed under strace: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = std::fs::read(trace.path()).expect("the trace");
    let calls = first_process(&String::from_utf8_lossy(&text));
    let root = root.to_str().expect("a root in UTF-8");
    let first = calls.iter().skip(1).position(|call| call.text.contains(root));
    let first = first.unwrap_or_else(|| panic!("{program:?} never touched {root}")) + 1;
    calls.into_iter().skip(first).collect()
}

/// Runs `program` with something happening to its calls.
///
/// # Panics
/// When strace can't be run.
#[track_caller]
pub fn run_with(injections: &[Injection], program: &Command) -> Output {
    let name = |injection: &Injection| injection.0.split(':').next().unwrap_or_default().to_owned();
    let names: Vec<String> = injections.iter().map(name).collect();
    let mut options = vec!["-f".into(), "-o".into(), "/dev/null".into()];
    if !names.is_empty() {
        options.push(format!("-etrace={}", names.join(",")).into());
    }
    options.extend(
        injections
            .iter()
            .map(|injection| format!("-einject={}", injection.0).into()),
    );
    strace(options, program)
}

/// Starts `program` and makes it wait before one call. Everything it did before is in the trace when it gets there.
///
/// # Panics
/// When strace can't be run.
#[track_caller]
pub fn start_delayed(call: &SystemCall, delay: Duration, trace: &Path, program: &Command) -> Child {
    let delay = format!(
        "-einject={}:delay_enter={}:when={}",
        call.name,
        delay.as_micros(),
        call.ordinal
    );
    // Without what it starts itself, which would wait before its own call of that number.
    let options = ["-y".into(), "-o".into(), trace.into(), delay.into()];
    let mut command = strace_command(options, program);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("strace (cargo xtask installs it)")
}

fn strace(options: impl IntoIterator<Item = OsString>, program: &Command) -> Output {
    let output = strace_command(options, program).output();
    output.expect("strace (cargo xtask installs it)")
}

fn strace_command(options: impl IntoIterator<Item = OsString>, program: &Command) -> Command {
    let mut command = Command::new("strace");
    let is_set = |name: &str| program.get_envs().any(|(set, _)| set == name);
    // Who sets PATH and HOME has set everything.
    if is_set("PATH") && is_set("HOME") {
        command.env_clear();
    }
    command
        .args(options)
        .arg("--")
        .arg(program.get_program())
        .args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(dir) = program.get_current_dir() {
        command.current_dir(dir);
    }
    command.stdin(Stdio::null());
    command
}

/// The calls of the process that was started, in order. A call that is interrupted by another process's is listed where
/// it begins.
fn first_process(trace: &str) -> Vec<SystemCall> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut calls = Vec::new();
    let first = trace.split_whitespace().next().unwrap_or_default();
    for line in trace.lines() {
        let Some((pid, text)) = line.split_once(' ') else {
            continue;
        };
        let Some((name, _)) = text.trim_start().split_once('(') else {
            continue;
        };
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if pid != first || !is_name || name.is_empty() {
            continue;
        }
        let ordinal = counts.entry(name).or_default();
        *ordinal += 1;
        calls.push(SystemCall {
            name: name.to_owned(),
            ordinal: *ordinal,
            text: text.trim_start().to_owned(),
        });
    }
    calls
}
