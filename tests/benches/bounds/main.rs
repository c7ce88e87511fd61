//! The bounds in milliseconds of locks and saves, which depend on the machine and are no business of the gate:
//! `cargo bench -p tests --bench bounds`. Fails if one isn't kept.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement of something wrong is worth nothing: it ends"
)]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

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
}

fn main() -> ExitCode {
    let measured = [timeouts(), killed_holders(), one_pass()].concat();
    let mut kept = true;
    for Measured { what, worst, bound } in measured {
        let verdict = if worst <= bound { "kept" } else { "BROKEN" };
        kept &= worst <= bound;
        println!("{verdict:6}  {worst:>10.2?} of {bound:?}  {what}");
    }
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
        let late = (0..20).map(|_| {
            let started = Instant::now();
            let refused = acquire(&lock, &lock_options(Wait::For(limit)));
            let took = started.elapsed();
            assert!(matches!(refused, Err(LockError::Busy { .. })), "the lock is held");
            assert!(took >= limit, "gave up after {took:?} instead of {limit:?}");
            took - limit
        });
        Measured {
            what: format!("late after a timeout of {limit:?}"),
            worst: late.max().unwrap(),
            bound: BOUND,
        }
    });
    drop(holder.stdin.take());
    holder.wait().unwrap();
    measured.into()
}

fn killed_holders() -> Vec<Measured> {
    let directory = tempfile::tempdir().unwrap();
    let lock = directory.path().join("lock");
    let mut random = Random::asked();
    let took = (0..1000).map(|_| {
        let delay = Duration::from_micros(random.below(4000) as u64);
        kill_holder(program(), &lock, delay).0
    });
    vec![Measured {
        what: "until the lock of a killed holder was had, 1000 holders".to_owned(),
        worst: took.max().unwrap(),
        bound: BOUND,
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
    }]
}
