//! Processes that take a lock, for the tests that make them contend, kill them, or reuse their ids.
//!
//! | call | what it does |
//! |---|---|
//! | `hold LOCK` | takes the lock, says `held`, keeps it until its standard input ends |
//! | `mark LOCK` | takes the lock and makes its record durable |
//! | `count LOCK COUNTER MILLISECONDS` | when its standard input ends: adds to the counter under the lock for so long, then prints how often and the longest wait in milliseconds |
//! | `wait` | waits until its standard input ends |
//! | `reuse` | in a process id namespace of its own: makes an id belong to another process, and checks every verdict |
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "what goes wrong here fails the test that started it"
)]

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, poll};
use session_lock::{Liveness, ProcessError, ProcessIdentity, Signal, Wait, acquire};
use tests::sample_state::lock_options;

const PATIENCE: Wait = Wait::For(Duration::from_secs(60));

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["hold", lock] => {
            let _acquired = acquire(Path::new(lock), &lock_options(PATIENCE)).unwrap();
            println!("held");
            wait_for_end();
        }
        ["mark", lock] => {
            let acquired = acquire(Path::new(lock), &lock_options(PATIENCE)).unwrap();
            acquired.guard.make_record_durable().unwrap();
        }
        ["count", lock, counter, milliseconds] => {
            wait_for_end();
            let limit = Duration::from_millis(milliseconds.parse().unwrap());
            let (count, longest) = count(Path::new(lock), Path::new(counter), limit);
            println!("{count} {}", longest.as_millis());
        }
        ["wait"] => wait_for_end(),
        ["reuse"] => reuse(),
        _ => panic!("unknown call {args:?}"),
    }
}

fn wait_for_end() {
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

/// How often the lock was had, and how long it took at most.
fn count(lock: &Path, counter: &Path, limit: Duration) -> (u64, Duration) {
    let started = Instant::now();
    let (mut count, mut longest) = (0, Duration::ZERO);
    while started.elapsed() < limit {
        let asked = Instant::now();
        let acquired = acquire(lock, &lock_options(PATIENCE)).unwrap();
        longest = longest.max(asked.elapsed());
        let value: u64 = std::fs::read_to_string(counter).unwrap().parse().unwrap();
        // The work that is done under the lock.
        let work = Timespec {
            tv_sec: 0,
            tv_nsec: 2_000_000,
        };
        let _nothing_ready = poll(&mut [], Some(&work)).unwrap();
        std::fs::write(counter, (value + 1).to_string()).unwrap();
        count += 1;
        acquired.guard.release();
    }
    (count, longest)
}

fn start_waiting() -> Child {
    Command::new(std::env::current_exe().unwrap())
        .arg("wait")
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

fn reuse() {
    let first = start_waiting();
    let pid = first.id();
    let identity = ProcessIdentity::of(pid).unwrap().unwrap();
    assert_eq!(identity.liveness(), Liveness::Alive);
    let handle = identity.open().unwrap().unwrap();
    end(first);
    assert_eq!(identity.liveness(), Liveness::Gone);
    let mut other = loop {
        std::fs::write("/proc/sys/kernel/ns_last_pid", (pid - 1).to_string()).unwrap();
        let other = start_waiting();
        // Start times are counted in hundredths of a second.
        let is_later = ProcessIdentity::of(other.id()).unwrap().unwrap().start_time != identity.start_time;
        if other.id() == pid && is_later {
            break other;
        }
        end(other);
    };
    assert_eq!(identity.liveness(), Liveness::Reused);
    assert!(identity.open().unwrap().is_none());
    let refused = handle.signal(Signal::Kill);
    assert!(matches!(refused, Err(ProcessError::Gone { .. })), "{refused:?}");
    assert!(handle.wait_exit(Duration::ZERO).unwrap());
    assert!(other.try_wait().unwrap().is_none(), "the stranger was signalled");
    let stranger = ProcessIdentity::of(pid).unwrap().unwrap();
    assert_eq!(stranger.liveness(), Liveness::Alive);
    end(other);
    println!("process id {pid} was reused");
}
