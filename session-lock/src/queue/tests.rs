use std::os::unix::fs::MetadataExt;
use std::sync::Mutex;
use std::thread;

use super::*;

/// A file and further openings of it: each of them stands for a process.
struct Queue(tempfile::NamedTempFile);

impl Queue {
    fn new() -> Self {
        Self(tempfile::NamedTempFile::new().expect("a file"))
    }

    fn open(&self) -> File {
        self.0.reopen().expect("opened")
    }
}

#[test]
fn who_came_first_is_first() {
    let queue = Queue::new();
    let (first, watcher) = (queue.open(), queue.open());
    assert!(is_empty(&watcher));
    let held = wait_for_turn(&first).expect("nobody before it");
    assert!(!is_empty(&watcher));
    let order = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for number in 1..=20 {
            let (queue, order) = (&queue, &order);
            scope.spawn(move || {
                let file = queue.open();
                let _place = wait_for_turn(&file).expect("its turn");
                order.lock().expect("no panic").push(number);
            });
            // It has its place before the next one comes.
            while taken_in(&watcher, FIRST + number, 1).expect("asked").is_none() {
                thread::yield_now();
            }
        }
        assert!(order.lock().expect("no panic").is_empty());
        drop(held);
    });
    assert_eq!(order.into_inner().expect("no panic"), (1..=20).collect::<Vec<_>>());
    assert!(is_empty(&watcher));
}

#[test]
fn who_leaves_early_lets_nobody_past_those_before_it() {
    let queue = Queue::new();
    let (first, second, third, watcher) = (queue.open(), queue.open(), queue.open(), queue.open());
    let held = queue_up(&first).expect("a place");
    let left = queue_up(&second).expect("a place");
    assert_eq!((held.byte, left.byte), (FIRST, FIRST + 1));
    thread::scope(|scope| {
        let waiter = scope.spawn(|| drop(wait_for_turn(&third).expect("its turn")));
        while taken_in(&watcher, FIRST + 2, 1).expect("asked").is_none() {
            thread::yield_now();
        }
        drop(left);
        // It goes on to wait for the first one.
        while !is_waited_for(&watcher, FIRST) {
            assert!(!waiter.is_finished(), "it went past the first one");
            thread::yield_now();
        }
        drop(held);
    });
    assert!(is_empty(&watcher));
}

/// Whether somebody waits for this byte, from proc_locks(5).
fn is_waited_for(file: &File, byte: i64) -> bool {
    let inode = file.metadata().expect("examined").ino();
    let locks = std::fs::read_to_string("/proc/locks").expect("read");
    let waits = |line: &&str| line.contains("-> OFDLCK") && line.ends_with(&format!(":{inode} {byte} {byte}"));
    locks.lines().any(|line| waits(&line.trim_end()))
}

#[test]
fn the_last_place_is_found_wherever_it_is() {
    let queue = Queue::new();
    let watcher = queue.open();
    for last in [0, 1, 2, 3, 7, 100, 12_345] {
        let files: Vec<File> = (0..3).map(|_| queue.open()).collect();
        for (file, byte) in files.iter().zip([0, last / 2, last]) {
            fcntl(file, FcntlArg::F_OFD_SETLK(&range(libc::F_WRLCK, FIRST + byte, 1))).ok();
        }
        for known in [0, last / 2, last] {
            assert_eq!(last_taken(&watcher, FIRST + known).expect("found"), FIRST + last);
        }
    }
}
