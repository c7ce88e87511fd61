//! The bounds in milliseconds of locks, saves, recovery and saving by itself, which depend on the machine and are no business of the gate:
//! `cargo bench -p tests --bench bounds`. Fails if one isn't kept, unless the machine is so busy that it is late itself: a
//! plain wait, or the end of a killed process, is measured in turn with each.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement of something wrong is worth nothing: it ends"
)]

mod autosave;
mod recovery;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, poll};
use session_lock::{LockError, Wait, acquire};
use session_state::SessionState;
use tests::Random;
use tests::contention::kill_holder;
use tests::sample_state::{lock_options, sample, store_below};

/// How late an acquire may give up, and how long it may take after its holder was killed.
const BOUND: Duration = Duration::from_millis(50);

/// A bound and what was measured of it.
#[derive(Clone)]
struct Measured {
    what: String,
    worst: Duration,
    bound: Duration,
    /// How late the machine itself was in the same rounds.
    machine: Duration,
}

impl Measured {
    fn verdict(&self) -> &'static str {
        if self.worst <= self.bound {
            "kept"
        } else if self.machine > self.bound / 2 {
            "unsettled"
        } else {
            "BROKEN"
        }
    }
}

fn main() -> ExitCode {
    let measured = [
        timeouts(),
        killed_holders(),
        one_pass(),
        recovery::emergency(),
        recovery::hostile_archives(),
        autosave::watching(),
    ]
    .concat();
    for one in &measured {
        let Measured {
            what,
            worst,
            bound,
            machine,
        } = one;
        let verdict = one.verdict();
        println!("{verdict:9}  {worst:>10.2?} of {bound:.2?}  {what} (the machine: {machine:.2?})");
    }
    let broken = measured.iter().any(|measured| measured.verdict() == "BROKEN");
    if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_lock-under-test"))
}

/// How late a waiter for a lock that stays held gives up; it never does so early.
fn timeouts() -> Vec<Measured> {
    let directory = tempfile::tempdir().unwrap();
    let lock = directory.path().join("lock");
    let mut holder = Command::new(program())
        .arg("hold")
        .arg(&lock)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    let output = holder.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut said).unwrap();
    let measured = [0, 1, 5, 20, 50, 100, 200, 500].map(|milliseconds| {
        let limit = Duration::from_millis(milliseconds);
        let mut machine = Duration::ZERO;
        let late = (0..20).map(|_| {
            machine = machine.max(wait_plainly(limit));
            let started = Instant::now();
            let refused = acquire(&lock, &lock_options(Wait::For(limit)));
            let took = started.elapsed();
            assert!(matches!(refused, Err(LockError::Busy { .. })), "the lock is held");
            assert!(took >= limit, "gave up after {took:?} instead of {limit:?}");
            took - limit
        });
        let worst = late.max().unwrap();
        Measured {
            what: format!("late after a timeout of {limit:?}"),
            worst,
            bound: BOUND,
            machine,
        }
    });
    drop(holder.stdin.take());
    holder.wait().unwrap();
    measured.into()
}

/// How late a wait for nothing comes back.
fn wait_plainly(limit: Duration) -> Duration {
    let started = Instant::now();
    let timeout = Timespec::try_from(limit).unwrap();
    let _nothing_ready = poll(&mut [], Some(&timeout)).unwrap();
    started.elapsed().saturating_sub(limit)
}

/// How long it takes from killing a process to knowing that it has ended.
fn kill_plainly() -> Duration {
    let mut process = Command::new(program())
        .arg("wait")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    process.kill().unwrap();
    let killed = Instant::now();
    process.wait().unwrap();
    killed.elapsed()
}

fn killed_holders() -> Vec<Measured> {
    let directory = tempfile::tempdir().unwrap();
    let lock = directory.path().join("lock");
    let mut random = Random::asked();
    let mut machine = Duration::ZERO;
    let took = (0..1000).map(|_| {
        machine = machine.max(kill_plainly());
        let delay = Duration::from_micros(random.below(4000) as u64);
        kill_holder(program(), &lock, delay).0
    });
    let worst = took.max().unwrap();
    vec![Measured {
        what: "until the lock of a killed holder was had, 1000 holders".to_owned(),
        worst,
        bound: BOUND,
        machine,
    }]
}

/// 100 states saved in one pass take less than 100 saves.
fn one_pass() -> Vec<Measured> {
    let directory = tempfile::tempdir().unwrap();
    let store = store_below(directory.path());
    let states = |n: i64| -> Vec<SessionState> { (0..100).map(|p| sample(&format!("p{p}"), n, 1)).collect() };
    let mut n = 0;
    let mut fastest = |all_at_once: bool| {
        let rounds = (0..10).map(|_| {
            n += 1;
            let states = states(n);
            let started = Instant::now();
            let exclusive = store.lock(&lock_options(Wait::No)).unwrap();
            if all_at_once {
                for saved in exclusive.save_all(&states) {
                    let _saving = saved.unwrap();
                }
            } else {
                for state in &states {
                    let _saving = exclusive.save(state).unwrap();
                }
            }
            started.elapsed()
        });
        rounds.min().unwrap()
    };
    let (one_by_one, together) = (fastest(false), fastest(true));
    vec![Measured {
        what: "to save 100 states in one pass, against one by one".to_owned(),
        worst: together,
        bound: one_by_one,
        machine: Duration::ZERO,
    }]
}
