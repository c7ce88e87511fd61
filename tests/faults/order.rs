//! The order in which a save asks for durability, and what it does when that is refused.

use std::collections::BTreeSet;

use tests::system_calls::{SystemCall, record, run_with};

use crate::scenario::{Scenario, all, scenario};

/// The calls that make something durable or visible, in short.
fn steps(calls: &[SystemCall]) -> Vec<&'static str> {
    let step = |call: &SystemCall| match call.name.as_str() {
        "fsync" | "fdatasync" if call.text.contains("/.tmp-") => Some("sync file"),
        "fsync" if call.text.contains("/history/") => Some("sync history"),
        "fsync" if call.text.contains("/states>") => Some("sync directory"),
        "link" | "linkat" => Some("link"),
        "rename" | "renameat" | "renameat2" => Some("rename"),
        _ => None,
    };
    calls.iter().filter_map(step).collect()
}

#[test]
fn a_save_syncs_the_file_then_renames_then_syncs_the_directory() {
    let scenario = scenario("again", &["todo"], 2, BTreeSet::new());
    let root = scenario.start();
    let calls = record(root.path(), &scenario.program(root.path()));
    let expected = ["sync file", "link", "sync history", "rename", "sync directory"];
    assert_eq!(steps(&calls), expected);
}

#[test]
fn many_saves_are_one_pass() {
    let projects = &["a", "b", "c", "d", "e"];
    let scenario = scenario("again", projects, 2, BTreeSet::new());
    let root = scenario.start();
    let calls = record(root.path(), &scenario.program(root.path()));
    let found = steps(&calls);
    let counted: Vec<_> = found
        .chunk_by(|a, b| a == b)
        .map(|same| (same[0], same.len()))
        .collect();
    let expected = [
        ("sync file", 5),
        ("link", 5),
        ("sync history", 5),
        ("rename", 5),
        ("sync directory", 1),
    ];
    assert_eq!(counted, expected);
    // All are written before the first is synced: the file system commits once for all of them.
    let last_write = calls
        .iter()
        .rposition(|call| call.name == "write" && call.text.contains("/.tmp-"));
    let first_sync = calls
        .iter()
        .position(|call| call.name == "fsync" && call.text.contains("/.tmp-"));
    assert!(last_write < first_sync, "{last_write:?} {first_sync:?}");
}

#[test]
fn a_sync_that_failed_is_never_tried_again() {
    let of_one = |scenario: &&Scenario| ["again", "amended"].contains(&scenario.name);
    for scenario in all().iter().filter(of_one) {
        let root = scenario.start();
        let before = scenario.files(root.path());
        let calls = record(root.path(), &scenario.program(root.path()));
        for sync in calls.iter().filter(|call| call.name == "fsync") {
            let root = scenario.start();
            let output = run_with(&[sync.fail("EIO")], &scenario.program(root.path()));
            // A second sync would have succeeded, and the save would have been acknowledged.
            assert_eq!(output.status.code(), Some(1), "{}", sync.text);
            scenario.check(root.path(), false).unwrap();
            assert_eq!(scenario.files(root.path()), before, "{}, {}", scenario.name, sync.text);
        }
    }
}

#[test]
fn every_file_and_directory_is_private_at_creation() {
    let scenario = all().remove(0);
    let root = scenario.start();
    let calls = record(root.path(), &scenario.program(root.path()));
    let made = |call: &&SystemCall| call.text.contains("O_CREAT") || call.name.starts_with("mkdir");
    let made: Vec<_> = calls.iter().filter(made).collect();
    assert!(made.len() >= 3, "{made:?}");
    for call in made {
        let private = call.text.contains(", 0600)") || call.text.contains(", 0700)");
        assert!(private, "{}", call.text);
    }
}

#[test]
fn what_was_not_written_as_it_should_replaces_nothing() {
    let scenario = all().remove(1);
    let root = scenario.start();
    let calls = record(root.path(), &scenario.program(root.path()));
    let writes = calls
        .iter()
        .filter(|call| call.name == "write" && call.text.contains("/.tmp-"));
    let writes: Vec<_> = writes.collect();
    assert!(!writes.is_empty());
    for write in writes {
        let root = scenario.start();
        let before = scenario.files(root.path());
        // The system says that it wrote everything, and wrote nothing.
        let output = run_with(&[write.pretend()], &scenario.program(root.path()));
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("doesn't read back"), "{stderr}");
        assert_eq!(scenario.files(root.path()), before);
    }
}
