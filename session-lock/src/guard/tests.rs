use std::path::Path;
use std::process::{Command, Stdio};

use super::*;
use crate::{LockOptions, Previous, Wait, acquire, open};

fn taken(path: &Path) -> Guard {
    let options = LockOptions {
        wait: Wait::No,
        purpose: "a test".to_owned(),
        now: 0,
        shared: false,
        allow_network_fs: false,
    };
    let acquired = acquire(path, &options).expect("free");
    assert_eq!(acquired.previous, Previous::Clean);
    acquired.guard
}

fn is_free(path: &Path) -> bool {
    flock::try_lock(&open::open(path).expect("opened").file, true).expect("tried")
}

#[test]
fn a_child_that_inherited_the_lock_does_not_keep_it() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let guard = taken(&path);
    // As a child between fork and exec has it, or a server that was started without close-on-exec.
    let inherited = guard.file.try_clone().expect("a second descriptor");
    let mut child = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(inherited)
        .spawn()
        .expect("started");
    guard.release();
    assert!(is_free(&path));
    assert_eq!(taken(&path).holder, std::process::id());
    drop(child.stdin.take());
    assert!(child.wait().expect("ended").success());
}

#[test]
fn a_fork_of_the_holder_does_not_release_the_lock() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let guard = taken(&path);
    // What a forked process has: the same descriptor and guard, in a process with another id.
    let forked = Guard {
        file: guard.file.try_clone().expect("a second descriptor"),
        directory: guard.directory.try_clone().expect("a second descriptor"),
        inode: guard.inode,
        holder: guard.holder + 1,
        recorded: true,
    };
    drop(forked);
    assert!(!is_free(&path));
    drop(guard);
    assert!(is_free(&path));
}

#[test]
fn who_could_not_record_itself_leaves_the_mark_of_the_crash_before() {
    let root = tempfile::tempdir().expect("a directory");
    let path = root.path().join("lock");
    let crashed = Owner::current("tsm switch", 7).expect("an owner");
    record::write(&open::open(&path).expect("opened").file, &crashed).expect("written");
    let mut opened = open::open(&path).expect("opened");
    let writable = opened.file;
    // As on a full disk: the record can't be written, a shorter release could.
    opened.file = File::open(&path).expect("opened");
    let mut guard = Guard::new(opened, Inode::of(&writable).expect("examined"));
    let previous = guard.previous();
    assert_eq!(previous, Previous::Crashed(Some(crashed.clone())));
    guard.record(&crashed, &previous).unwrap_err();
    guard.file = writable;
    drop(guard);
    let options = LockOptions {
        wait: Wait::No,
        purpose: "a test".to_owned(),
        now: 0,
        shared: false,
        allow_network_fs: false,
    };
    assert_eq!(acquire(&path, &options).expect("free").previous, previous);
}
