//! Locks among many processes, and identities of processes that are gone.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use session_lock::{Previous, Wait, acquire};
use tests::contention::{contend, kill_holder};
use tests::sample_state::lock_options;
use tests::system_calls::record;
use tests::{Extent, wait_until};

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_lock-under-test"))
}

#[test]
fn contenders_lose_no_update_and_none_starves() {
    let extent = Extent::asked();
    let (groups, limit) = extent.amount((&[8, 32, 100][..], 4000), (&[8][..], 500));
    for processes in groups {
        let contention = contend(program(), *processes, Duration::from_millis(limit));
        let fairness = contention.fairness();
        println!(
            "{processes} processes: {} acquisitions, fewest/most {fairness:.2}, longest wait {} ms",
            contention.counted, contention.longest_wait
        );
        let sum: u64 = contention.counts.iter().sum();
        assert_eq!(contention.counted, sum, "an update was lost");
        assert!(fairness >= 0.3, "{:?}", contention.counts);
    }
}

/// Polling starves: who polls may always come at the wrong moment. A waiter asks once, then leaves it to the kernel.
#[test]
fn a_waiter_does_not_poll() {
    let directory = tempfile::tempdir().unwrap();
    let lock = directory.path().join("lock");
    let held = acquire(&lock, &lock_options(Wait::No)).unwrap();
    let trace = directory.path().join("trace");
    let mut waiter = Command::new("strace")
        .args(["-f", "-e", "trace=flock,clone,clone3", "-o"])
        .args([&trace, Path::new("--"), program(), Path::new("hold"), &lock])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let traced = || std::fs::read_to_string(&trace).unwrap_or_default();
    // It found the lock held, and has started the thread that waits.
    wait_until("the waiter", || traced().contains("clone").then_some(()));
    held.guard.release();
    assert!(waiter.wait().unwrap().success());
    let trace = traced();
    let asked = |how: &str| trace.lines().filter(|line| line.contains(how)).count();
    assert_eq!((asked("LOCK_EX|LOCK_NB"), asked(", LOCK_EX")), (1, 2), "{trace}");
}

/// Who asks for it has the record on disk, and the name of its file, before going on; who doesn't waits for no disk.
#[test]
fn a_record_is_durable_if_that_is_asked_for() {
    let directory = tempfile::tempdir().unwrap();
    let traced = |call: &str| {
        let lock = directory.path().join(call);
        let mut command = Command::new(program());
        command.arg(call).arg(&lock).stdin(Stdio::null());
        let calls = record(directory.path(), &command);
        let kept = calls.iter().filter_map(|made| match made.name.as_str() {
            "pwrite64" => Some("write"),
            "fsync" | "fdatasync" if made.text.contains(&format!("/{call}>")) => Some("sync file"),
            "fsync" | "fdatasync" => Some("sync directory"),
            _ => None,
        });
        kept.collect::<Vec<_>>()
    };
    assert_eq!(traced("mark"), ["write", "sync file", "sync directory", "write"]);
    assert_eq!(traced("hold"), ["write", "write"]);
}

#[test]
fn a_killed_holder_leaves_a_free_lock_and_is_reported() {
    let mut extent = Extent::asked();
    let rounds = extent.amount(1000, 60);
    // Most are killed somewhere on their way, every fourth when it surely holds the lock.
    let mut random = match &mut extent {
        Extent::Exhaustive => tests::Random::asked(),
        Extent::Sample(random) => random.clone(),
    };
    let directory = tempfile::tempdir().unwrap();
    let lock = directory.path().join("lock");
    let mut held = 0;
    let mut slowest = Duration::ZERO;
    for round in 0..rounds {
        let delay = match round % 4 {
            0 => Duration::ZERO,
            _ => Duration::from_micros(1 + random.below(4000) as u64),
        };
        let (took, had_it) = kill_holder(program(), &lock, delay);
        held += usize::from(had_it);
        slowest = slowest.max(took);
    }
    println!("{rounds} holders killed, {held} while they held it, next acquire after at most {slowest:?}");
    assert!(held >= rounds / 4);
    let acquired = acquire(&lock, &lock_options(Wait::No)).unwrap();
    assert_eq!(acquired.previous, Previous::Clean);
}

#[test]
fn a_reused_process_id_is_another_process() {
    let root = rustix::process::geteuid().is_root();
    let flags: &[&str] = if root {
        &["-pf", "--mount-proc"]
    } else {
        &["-Urpf", "--mount-proc"]
    };
    let may = Command::new("unshare")
        .args(flags)
        .arg("true")
        .output()
        .expect("unshare of util-linux");
    if !may.status.success() {
        let why = String::from_utf8_lossy(&may.stderr);
        return tests::left_out("reused process ids, which need a namespace", why.trim());
    }
    let output = Command::new("unshare")
        .args(flags)
        .arg(program())
        .arg("reuse")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("was reused"), "{said}");
}
