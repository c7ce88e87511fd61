//! The bounds in milliseconds of locks, saves, recovery and saving by itself, which depend on the machine and are no business
//! of the gate, and those of memory: `cargo xtask bench bounds`. Exits with 0 if all are kept and with 1 if one is broken.
//! While the machine is so busy that it is late itself (a plain wait, the end of a killed process, tmux alone: measured in turn with each) a bound that isn't
//! kept is not judged: then the exit is 3, and the reason is told.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a measurement of something wrong is worth nothing: it ends"
)]

mod autosave;
mod dashboard;
mod memory;
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
    fn verdict(&self) -> Verdict {
        if self.worst <= self.bound {
            Verdict::Kept
        } else if self.machine > self.bound / 2 {
            Verdict::NotJudged
        } else {
            Verdict::Broken
        }
    }

    fn line(&self) -> String {
        let Self {
            what,
            worst,
            bound,
            machine,
        } = self;
        let (verdict, why) = match self.verdict() {
            Verdict::Kept => ("kept", String::new()),
            Verdict::Broken => ("BROKEN", String::new()),
            Verdict::NotJudged => (
                "NOT JUDGED",
                ": the machine alone took more than half of the bound, so nothing follows from the rest".to_owned(),
            ),
        };
        format!("{verdict:10}  {worst:>10.2?} of {bound:.2?}  {what} (the machine: {machine:.2?}){why}")
    }
}

/// What is said of a bound; the worst is that of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    Kept,
    NotJudged,
    Broken,
}

impl Verdict {
    fn exit_code(self) -> u8 {
        match self {
            Self::Kept => 0,
            Self::Broken => 1,
            Self::NotJudged => 3,
        }
    }
}

/// What is said of a bound, and what comes of it.
struct Judged {
    verdict: Verdict,
    line: String,
}

impl From<Measured> for Judged {
    fn from(measured: Measured) -> Self {
        Self {
            verdict: measured.verdict(),
            line: measured.line(),
        }
    }
}

/// Measures one subject.
type Measure = fn() -> Vec<Judged>;

/// What is measured, by its name on the command line.
const SUBJECTS: [(&str, Measure); 8] = [
    ("timeouts", || judged(timeouts())),
    ("killed-holders", || judged(killed_holders())),
    ("one-pass", || judged(one_pass())),
    ("emergency", || judged(recovery::emergency())),
    ("hostile-archives", || judged(recovery::hostile_archives())),
    ("autosave", || judged(autosave::watching())),
    ("dashboard", || judged(dashboard::dashboard())),
    ("memory", memory::peaks),
];

fn judged(all: Vec<Measured>) -> Vec<Judged> {
    all.into_iter().map(Judged::from).collect()
}

fn main() -> ExitCode {
    // Cargo adds an option of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let Some(unknown) = args.iter().find(|arg| SUBJECTS.iter().all(|(name, _)| name != arg)) {
        let names = SUBJECTS.map(|(name, _)| name).join(", ");
        println!("there is no bound {unknown:?}, only {names}");
        return ExitCode::from(2);
    }
    let wanted = |name: &str| args.is_empty() || args.iter().any(|arg| arg == name);
    let mut worst = Verdict::Kept;
    for (_, measure) in SUBJECTS.into_iter().filter(|(name, _)| wanted(name)) {
        for judged in measure() {
            println!("{}", judged.line);
            worst = worst.max(judged.verdict);
        }
    }
    ExitCode::from(worst.exit_code())
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
