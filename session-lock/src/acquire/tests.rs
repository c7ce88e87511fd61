use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Barrier;

use super::*;

fn options(wait: Wait) -> LockOptions {
    LockOptions {
        wait,
        purpose: "a test".to_owned(),
        now: 5,
        shared: false,
        allow_network_fs: false,
    }
}

/// Another process's view: the same file through an open of its own, past the registry.
fn lock_elsewhere(path: &Path) -> File {
    let file = open::open(path).expect("opened").file;
    assert!(flock::try_lock(&file, true).expect("tried"));
    file
}

fn is_free(path: &Path) -> bool {
    let file = open::open(path).expect("opened").file;
    flock::try_lock(&file, true).expect("tried")
}

#[test]
fn a_lock_excludes_and_is_released() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("sub/lock");
    let acquired = acquire(&path, &options(Wait::No)).expect("free");
    assert_eq!(acquired.previous, Previous::Clean);
    assert!(!is_free(&path));
    acquired.guard.release();
    assert!(is_free(&path));
    assert_eq!(fs::metadata(&path).expect("kept").permissions().mode() & 0o777, 0o600);
    let again = acquire(&path, &options(Wait::No)).expect("free");
    assert_eq!(again.previous, Previous::Clean);
}

#[test]
fn the_same_process_is_told_not_hung() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let _held = acquire(&path, &options(Wait::No)).expect("free");
    let error = acquire(&path, &options(Wait::For(Duration::from_secs(60)))).unwrap_err();
    assert!(matches!(error, LockError::WouldDeadlock { .. }), "{error}");
}

#[test]
fn the_holder_is_named_and_the_deadline_kept() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let elsewhere = lock_elsewhere(&path);
    record::write(&elsewhere, &Owner::current("tsm save", 7).expect("an owner")).expect("written");
    let limit = Duration::from_millis(60);
    let started = Instant::now();
    let mut blocked = Vec::new();
    let error = acquire_notifying(&path, &options(Wait::For(limit)), &mut |holder| {
        blocked.push(holder.map(|owner| owner.command.clone()));
    })
    .unwrap_err();
    assert!(started.elapsed() >= limit);
    assert_eq!(blocked, [Some("tsm save".to_owned())]);
    assert!(
        error
            .to_string()
            .ends_with(&format!("is held by process {} (tsm save)", std::process::id())),
        "{error}"
    );
    // The thread that was left behind must not keep the lock.
    drop(elsewhere);
    assert!(acquire(&path, &options(Wait::For(Duration::from_secs(20)))).is_ok());
}

#[test]
fn a_waiter_gets_the_lock_when_it_is_released() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let elsewhere = lock_elsewhere(&path);
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            acquire_notifying(&path, &options(Wait::For(Duration::from_secs(60))), &mut |_holder| {
                barrier.wait();
            })
        });
        barrier.wait();
        drop(elsewhere);
        assert!(waiter.join().expect("no panic").is_ok());
    });
}

#[test]
fn nobody_overtakes_a_waiter() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let waiter = open::open(&path).expect("opened").file;
    let its_turn = queue::wait_for_turn(&waiter).expect("nobody before it");
    // The lock is free: its waiter is about to be woken.
    let error = acquire(&path, &options(Wait::For(Duration::from_millis(30)))).unwrap_err();
    assert!(matches!(error, LockError::Busy { .. }), "{error}");
    thread::scope(|scope| {
        let second = scope.spawn(|| acquire(&path, &options(Wait::For(Duration::from_secs(60)))));
        assert!(flock::try_lock(&waiter, true).expect("tried"));
        drop(its_turn);
        flock::unlock(&waiter).expect("unlocked");
        assert!(second.join().expect("no panic").is_ok());
    });
}

#[test]
fn a_record_without_a_release_is_a_crash() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let crashed = Owner::current("tsm switch", 7).expect("an owner");
    let elsewhere = lock_elsewhere(&path);
    record::write(&elsewhere, &crashed).expect("written");
    drop(elsewhere);
    let acquired = acquire(&path, &options(Wait::No)).expect("free");
    assert_eq!(acquired.previous, Previous::Crashed(Some(crashed)));
    drop(acquired);
    fs::write(&path, b"half a rec").expect("written");
    let acquired = acquire(&path, &options(Wait::No)).expect("free");
    assert_eq!(acquired.previous, Previous::Crashed(None));
}

#[test]
fn unsafe_files_are_refused_and_unharmed() {
    let root = tempfile::tempdir().expect("a directory");
    let at = |name: &str| root.path().join(name);
    fs::write(at("victim"), b"precious").expect("written");
    fs::set_permissions(at("victim"), fs::Permissions::from_mode(0o600)).expect("changed");
    // With one name only, so that nothing but the link speaks against it.
    fs::copy(at("victim"), at("linked")).expect("copied");
    symlink(at("linked"), at("link")).expect("linked");
    fs::hard_link(at("victim"), at("hard")).expect("linked");
    fs::write(at("public"), b"").expect("written");
    fs::set_permissions(at("public"), fs::Permissions::from_mode(0o666)).expect("changed");
    fs::create_dir(at("directory")).expect("made");
    rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("made");
    symlink(at("not-there"), at("dangling")).expect("linked");
    for name in ["link", "dangling", "hard", "public", "fifo"] {
        let error = acquire(&at(name), &options(Wait::No)).unwrap_err();
        assert!(matches!(error, LockError::Unsafe { .. }), "{name}: {error}");
    }
    assert!(acquire(&at("directory"), &options(Wait::No)).is_err());
    assert!(!at("not-there").exists(), "made through a link");
    for victim in ["victim", "linked"] {
        assert_eq!(fs::read(at(victim)).expect("there"), b"precious");
    }
}

#[test]
fn a_file_removed_while_held_is_noticed() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let elsewhere = lock_elsewhere(&path);
    fs::remove_file(&path).expect("removed");
    let acquired = acquire(&path, &options(Wait::No)).expect("a new file");
    assert!(!is_free(&path));
    drop((acquired, elsewhere));
}

#[test]
fn a_file_replaced_while_it_is_waited_for_is_noticed() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let mut elsewhere = Some(lock_elsewhere(&path));
    let acquired = acquire_notifying(&path, &options(Wait::For(Duration::from_secs(60))), &mut |_holder| {
        fs::remove_file(&path).expect("removed");
        drop(open::open(&path).expect("made anew"));
        drop(elsewhere.take());
    });
    // The lock of a file that has no name excludes nobody.
    assert!(acquired.is_ok() && !is_free(&path));
}

#[test]
fn shared_holders_exclude_only_the_exclusive_one() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let elsewhere = open::open(&path).expect("opened").file;
    assert!(flock::try_lock(&elsewhere, false).expect("tried"));
    let error = acquire(&path, &options(Wait::No)).unwrap_err();
    assert!(matches!(error, LockError::Busy { .. }), "{error}");
    let shared = LockOptions {
        shared: true,
        ..options(Wait::No)
    };
    assert!(acquire(&path, &shared).is_ok());
}

#[test]
fn a_network_file_system_is_refused_unless_allowed() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    network_fs::tests::PRETENDED.set(Some(0x6969));
    let refused = acquire(&path, &options(Wait::No)).map(|_acquired| ());
    let allowed = LockOptions {
        allow_network_fs: true,
        ..options(Wait::No)
    };
    let allowed = acquire(&path, &allowed);
    network_fs::tests::PRETENDED.set(None);
    assert!(
        matches!(&refused, Err(LockError::NetworkFileSystem { kind: "NFS", .. })),
        "{refused:?}"
    );
    assert!(allowed.is_ok());
}

#[test]
fn a_file_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("left out: only root can make a file of another user");
    }
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    drop(acquire(&path, &options(Wait::No)).expect("free"));
    std::os::unix::fs::chown(&path, Some(65534), None).expect("given away");
    let error = acquire(&path, &options(Wait::No)).unwrap_err();
    assert!(
        matches!(
            error,
            LockError::Unsafe {
                why: "belongs to another user",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn who_shares_a_lock_is_told_of_a_crash_and_leaves_its_mark() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let crashed = Owner::current("tsm switch", 7).expect("an owner");
    let elsewhere = lock_elsewhere(&path);
    record::write(&elsewhere, &crashed).expect("written");
    drop(elsewhere);
    let shared = LockOptions {
        shared: true,
        ..options(Wait::No)
    };
    for options in [shared, options(Wait::No)] {
        let acquired = acquire(&path, &options).expect("free");
        assert_eq!(acquired.previous, Previous::Crashed(Some(crashed.clone())));
    }
    assert_eq!(
        acquire(&path, &options(Wait::No)).expect("free").previous,
        Previous::Clean
    );
}

#[test]
fn no_time_is_too_long_to_wait() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let mut elsewhere = Some(lock_elsewhere(&path));
    let acquired = acquire_notifying(&path, &options(Wait::For(Duration::MAX)), &mut |_holder| {
        drop(elsewhere.take());
    });
    assert!(acquired.is_ok());
}

#[test]
fn what_takes_the_name_of_a_lock_that_is_waited_for_is_not_read() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let elsewhere = lock_elsewhere(&path);
    record::write(&elsewhere, &Owner::current("tsm save", 7).expect("an owner")).expect("written");
    let limit = Duration::from_millis(20);
    let error = acquire_notifying(&path, &options(Wait::For(limit)), &mut |_holder| {
        fs::remove_file(&path).expect("removed");
        // Whoever opens it to read waits for a writer.
        rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).expect("made");
    })
    .unwrap_err();
    let LockError::Busy {
        holder: Some(holder), ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(holder.command, "tsm save");
}

#[test]
fn only_a_directory_that_nobody_else_can_write_to_will_do_and_it_stays_as_it_is() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let mode = |mode| fs::set_permissions(root.path(), fs::Permissions::from_mode(mode)).expect("changed");
    for writable in [0o777, 0o1777, 0o720] {
        mode(writable);
        let error = acquire(&path, &options(Wait::No)).unwrap_err();
        assert!(matches!(error, LockError::Directory(_)), "{writable:o}: {error}");
    }
    assert!(!path.exists());
    // It may be a home directory: what is in the file is nobody's business, what is beside it isn't ours.
    mode(0o755);
    drop(acquire(&path, &options(Wait::No)).expect("free"));
    assert_eq!(
        fs::metadata(root.path()).expect("there").permissions().mode() & 0o777,
        0o755
    );
}

#[test]
fn no_two_takings_have_one_nonce() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let mut nonces = std::collections::HashSet::new();
    for _ in 0..10 {
        let held = acquire(&path, &options(Wait::No)).expect("free");
        held.guard.make_record_durable().expect("synced");
        let holder = record::holder(&File::open(&path).expect("opened")).expect("a record");
        assert!(holder.nonce != 0 && nonces.insert(holder.nonce));
    }
}
