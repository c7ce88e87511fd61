//! Processes that contend for a lock, and holders that are killed: one round of each, for the tests and the benchmark.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, poll};
use session_lock::{Previous, Wait, acquire};

use crate::sample_state::lock_options;

/// What contenders reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contention {
    /// How often each had the lock.
    pub counts: Vec<u64>,
    /// What they counted together in the file that the lock protects.
    pub counted: u64,
    /// The longest wait of any, in milliseconds.
    pub longest_wait: u64,
}

/// `processes` take the same lock again and again for `limit`, all beginning at once. `program` is `lock-under-test`.
///
/// # Panics
/// When one fails.
pub fn contend(program: &Path, processes: usize, limit: Duration) -> Contention {
    let directory = tempfile::tempdir().expect("a directory");
    let counter = directory.path().join("counter");
    std::fs::write(&counter, "0").expect("a counter");
    let start = || {
        Command::new(program)
            .arg("count")
            .args([&directory.path().join("lock"), &counter])
            .arg(limit.as_millis().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a contender")
    };
    let mut contenders: Vec<Child> = (0..processes).map(|_| start()).collect();
    // All begin when their standard input ends.
    contenders.iter_mut().for_each(|contender| drop(contender.stdin.take()));
    let mut counts = Vec::new();
    let mut longest_wait = 0;
    for contender in contenders {
        let output = contender.wait_with_output().expect("its output");
        assert!(output.status.success(), "a contender failed: {output:?}");
        let text = String::from_utf8_lossy(&output.stdout);
        let mut numbers = text.split_whitespace().map(|number| number.parse().expect("a number"));
        counts.push(numbers.next().expect("a count"));
        longest_wait = longest_wait.max(numbers.next().expect("a wait"));
    }
    let counted = std::fs::read_to_string(&counter).expect("the counter");
    Contention {
        counts,
        counted: counted.parse().expect("a number"),
        longest_wait,
    }
}

impl Contention {
    /// Fewest divided by most acquisitions of a contender.
    pub fn fairness(&self) -> f64 {
        let fewest = self.counts.iter().min().copied().unwrap_or_default();
        let most = self.counts.iter().max().copied().unwrap_or(1);
        fewest as f64 / most as f64
    }
}

/// Starts a process that takes the lock, kills it after `delay`, and takes the lock: how long after the kill that was,
/// and whether the holder had said that it held it.
///
/// # Panics
/// When the lock isn't to be had, or the crash isn't reported of a process that held it.
pub fn kill_holder(program: &Path, lock: &Path, delay: Duration) -> (Duration, bool) {
    let mut holder = Command::new(program)
        .arg("hold")
        .arg(lock)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a holder");
    let mut output = BufReader::new(holder.stdout.take().expect("its output"));
    let mut said = String::new();
    if delay.is_zero() {
        let _length = output.read_line(&mut said).expect("what it says");
    } else {
        let delay = Timespec::try_from(delay).expect("a short delay");
        let _nothing_ready = poll(&mut [], Some(&delay)).expect("a delay");
    }
    holder.kill().expect("killed");
    let killed = Instant::now();
    let acquired = acquire(lock, &lock_options(Wait::For(Duration::from_secs(60)))).expect("the lock");
    let took = killed.elapsed();
    let _length = output.read_to_string(&mut said).expect("what it said");
    let held = said == "held\n";
    match (held, &acquired.previous) {
        (true, Previous::Crashed(Some(owner))) => assert_eq!(owner.process.pid, holder.id()),
        (true, other) => panic!("the holder crashed, and the lock says {other:?}"),
        // Killed between taking the lock and saying so, or while it wrote its record.
        (false, Previous::Crashed(Some(owner))) => assert_eq!(owner.process.pid, holder.id()),
        (false, Previous::Crashed(None) | Previous::Clean) => {}
    }
    drop(acquired);
    let _status = holder.wait().expect("its end");
    (took, held)
}
