//! Locks between processes and identities of processes. The other processes are this test program itself, started with
//! a variable that tells `in_another_process` what to do.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::tempdir;

use crate::*;

const ROLE: &str = "SESSION_LOCK_TEST_ROLE";
const LOCK: &str = "SESSION_LOCK_TEST_PATH";
const PATIENCE: Duration = Duration::from_secs(60);
const ROUNDS: u64 = 50;

fn options(wait: Wait) -> LockOptions {
    LockOptions {
        wait,
        purpose: "other".to_owned(),
        now: 1_600_000_000,
        shared: false,
        allow_network_fs: false,
    }
}

/// Not a test by itself: what the other processes do.
#[test]
fn in_another_process() {
    let Some(role) = env::var_os(ROLE) else { return };
    let path = env::var_os(LOCK).map(std::path::PathBuf::from).unwrap();
    match role.to_str().unwrap() {
        "hold" => {
            let _acquired = acquire(&path, &options(Wait::For(PATIENCE))).unwrap();
            println!("\nholding");
            // Until the parent closes the pipe, or kills us.
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        }
        "count" => {
            let counter = path.with_extension("counter");
            for _ in 0..ROUNDS {
                let acquired = acquire(&path, &options(Wait::For(PATIENCE))).unwrap();
                assert_eq!(acquired.previous, Previous::Clean);
                let count: u64 = fs::read_to_string(&counter).unwrap().parse().unwrap();
                fs::write(&counter, (count + 1).to_string()).unwrap();
            }
        }
        role => panic!("{role}"),
    }
}

fn start(role: &str, path: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "process_tests::in_another_process", "--nocapture"])
        .env(ROLE, role)
        .env(LOCK, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Starts a process that holds the lock.
fn start_holder(path: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = start("hold", path);
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while line.trim() != "holding" {
        line.clear();
        assert_ne!(output.read_line(&mut line).unwrap(), 0, "the holder ended");
    }
    (child, output)
}

#[test]
fn the_holder_is_named() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("lock");
    let (mut child, _output) = start_holder(&path);
    let mut told = None;
    let result = acquire_notifying(&path, &options(Wait::For(Duration::from_millis(1))), &mut |owner| {
        told = owner.cloned();
    });
    let Err(LockError::Busy {
        holder: Some(owner), ..
    }) = result
    else {
        panic!("{result:?}")
    };
    assert_eq!(told.as_ref(), Some(&*owner));
    assert_eq!(owner.process.pid, child.id());
    assert_eq!((owner.command.as_str(), owner.liveness()), ("other", Liveness::Alive));
    assert!(owner.since > 1_500_000_000, "{}", owner.since);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
    assert_eq!(acquire(&path, &options(Wait::No)).unwrap().previous, Previous::Clean);
}

#[test]
fn a_killed_holder_leaves_a_free_lock_and_a_mark() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("lock");
    for _ in 0..5 {
        let (mut child, _output) = start_holder(&path);
        let identity = ProcessIdentity::of(child.id()).unwrap().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let acquired = acquire(&path, &options(Wait::No)).unwrap();
        let Previous::Crashed(Some(owner)) = acquired.previous else {
            panic!()
        };
        assert_eq!((owner.liveness(), owner.process), (Liveness::Gone, identity));
    }
}

#[test]
fn a_waiter_gets_the_lock_when_the_holder_ends() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("lock");
    let (mut child, _output) = start_holder(&path);
    let mut pipe = child.stdin.take();
    let acquired = acquire_notifying(&path, &options(Wait::For(PATIENCE)), &mut |_| drop(pipe.take())).unwrap();
    assert_eq!(acquired.previous, Previous::Clean);
    assert!(child.wait().unwrap().success());
}

#[test]
fn no_update_is_lost_among_contenders() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("lock");
    fs::write(path.with_extension("counter"), "0").unwrap();
    let children: Vec<Child> = (0..6).map(|_| start("count", &path)).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let count = fs::read_to_string(path.with_extension("counter")).unwrap();
    assert_eq!(count, (6 * ROUNDS).to_string());
}

/// A process that lives until its standard input is closed.
fn cat() -> Child {
    Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn an_identity_follows_its_process_to_the_end() {
    let mut child = cat();
    let identity = ProcessIdentity::of(child.id()).unwrap().unwrap();
    assert_eq!(identity.liveness(), Liveness::Alive);
    let process = identity.open().unwrap().unwrap();
    assert_eq!(process.identity(), &identity);
    assert!(!process.wait_exit(Duration::ZERO).unwrap());
    let started = Instant::now();
    assert!(!process.wait_exit(Duration::from_millis(20)).unwrap());
    assert!(started.elapsed() >= Duration::from_millis(20));
    process.signal(Signal::Term).unwrap();
    assert!(process.wait_exit(PATIENCE).unwrap());
    // Not waited for yet: a zombie, which signal 0 would take for alive.
    assert_eq!(identity.liveness(), Liveness::Zombie);
    assert!(identity.open().unwrap().is_none());
    child.wait().unwrap();
    assert_eq!(identity.liveness(), Liveness::Gone);
    assert!(identity.open().unwrap().is_none());
    assert!(matches!(process.signal(Signal::Kill), Err(ProcessError::Gone { .. })));
    assert!(process.wait_exit(Duration::MAX).unwrap());
}

#[test]
fn another_start_time_or_boot_is_another_process() {
    let mut child = cat();
    let identity = ProcessIdentity::of(child.id()).unwrap().unwrap();
    let reused = ProcessIdentity {
        start_time: identity.start_time - 1,
        ..identity.clone()
    };
    assert_eq!(reused.liveness(), Liveness::Reused);
    assert!(reused.open().unwrap().is_none());
    let rebooted = ProcessIdentity {
        boot_id: "another".to_owned(),
        ..identity.clone()
    };
    assert_eq!(rebooted.liveness(), Liveness::DeadByReboot);
    assert!(rebooted.open().unwrap().is_none());
    child.stdin.take().unwrap().write_all(b"x").unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn impossible_pids_are_never_opened() {
    let current = ProcessIdentity::current().unwrap();
    for pid in [0, 1, 4_194_305, i32::MAX as u32, u32::MAX] {
        let identity = ProcessIdentity { pid, ..current.clone() };
        assert_eq!(identity.liveness(), Liveness::Invalid, "{pid}");
        assert!(identity.open().unwrap().is_none(), "{pid}");
    }
    assert_eq!(ProcessIdentity::of(u32::MAX).unwrap(), None);
}

#[test]
fn this_process_is_alive() {
    let current = ProcessIdentity::current().unwrap();
    assert_eq!((current.pid, current.liveness()), (std::process::id(), Liveness::Alive));
    assert_eq!(current.boot_id, boot_id().unwrap());
}

/// The state in `/proc/<pid>/stat`, for names without parentheses.
fn state(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit(')').next()?.split_whitespace().next()?.to_owned())
}

#[test]
fn a_process_whose_first_thread_has_ended_is_alive() {
    // 60 and 93 are exit(2), which ends one thread only, on x86-64 and elsewhere.
    let number = if cfg!(target_arch = "x86_64") { 60 } else { 93 };
    let program = format!(
        "import ctypes, sys, threading\n\
         threading.Thread(target=sys.stdin.read).start()\n\
         ctypes.CDLL(None).syscall({number}, 0)"
    );
    let mut child = Command::new("python3")
        .args(["-c", &program])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let started = Instant::now();
    while state(child.id()).as_deref() != Some("Z") {
        assert!(started.elapsed() < PATIENCE, "the first thread never ended");
        std::thread::yield_now();
    }
    let identity = ProcessIdentity::of(child.id()).unwrap().unwrap();
    assert_eq!(identity.liveness(), Liveness::Alive);
    let process = identity.open().unwrap().unwrap();
    assert!(!process.wait_exit(Duration::ZERO).unwrap());
    process.signal(Signal::Kill).unwrap();
    assert!(process.wait_exit(PATIENCE).unwrap());
    assert_eq!(identity.liveness(), Liveness::Zombie);
    child.wait().unwrap();
}

#[test]
fn a_hostile_name_changes_no_verdict() {
    let directory = tempdir().unwrap();
    for name in [") R 1 1 1", "a) Z 0 (", "((((", "))))", "\u{1b}[2J", " "] {
        let program = directory.path().join(name);
        std::os::unix::fs::symlink(env::current_exe().unwrap(), &program).unwrap();
        let mut child = Command::new(&program)
            .args(["--exact", "process_tests::in_another_process", "--nocapture"])
            .env(ROLE, "hold")
            .env(LOCK, directory.path().join("lock"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while line.trim() != "holding" {
            line.clear();
            assert_ne!(output.read_line(&mut line).unwrap(), 0, "{name:?}: the holder ended");
        }
        let identity = ProcessIdentity::of(child.id()).unwrap().unwrap();
        assert_eq!(identity.liveness(), Liveness::Alive, "{name:?}");
        let Err(LockError::Busy {
            holder: Some(owner), ..
        }) = acquire(&directory.path().join("lock"), &options(Wait::No))
        else {
            panic!("{name:?}: the lock isn't held")
        };
        assert_eq!(owner.process, identity, "{name:?}");
        child.kill().unwrap();
        assert!(
            identity
                .open()
                .unwrap()
                .is_none_or(|process| process.wait_exit(PATIENCE).unwrap())
        );
        assert_eq!(identity.liveness(), Liveness::Zombie, "{name:?}");
        child.wait().unwrap();
        assert_eq!(identity.liveness(), Liveness::Gone, "{name:?}");
    }
}

#[test]
fn an_owner_elsewhere_is_unknown_not_dead() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("lock");
    let (mut child, _output) = start_holder(&path);
    let Err(LockError::Busy {
        holder: Some(owner), ..
    }) = acquire(&path, &options(Wait::No))
    else {
        panic!("the lock isn't held")
    };
    assert_eq!(owner.liveness(), Liveness::Alive);
    let changed = |change: &dyn Fn(&mut Owner)| {
        let mut changed = (*owner).clone();
        change(&mut changed);
        changed.liveness()
    };
    let reboot = |owner: &mut Owner| owner.process.boot_id = "another".to_owned();
    assert_eq!(changed(&|owner| owner.pid_namespace += 1), Liveness::Unknown);
    assert_eq!(changed(&reboot), Liveness::DeadByReboot);
    // After a reboot, the namespaces have other numbers too.
    assert_eq!(
        changed(&|owner| {
            reboot(owner);
            owner.pid_namespace += 1;
        }),
        Liveness::DeadByReboot
    );
    // Another machine's boot is another one, and its processes may well live.
    assert_eq!(
        changed(&|owner| {
            reboot(owner);
            owner.host.push('x');
        }),
        Liveness::Unknown
    );
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}
