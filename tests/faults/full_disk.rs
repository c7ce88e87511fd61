//! A save on a disk that becomes full, at every KiB and every inode.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tests::left_out;

use crate::namespace::Namespace;
use crate::scenario::{Scenario, scenario};

/// Pages of a tmpfs.
const PAGE: u64 = 4096;

fn is_saved(scenario: &Scenario, root: &Path, full: &str) -> bool {
    let before = scenario.files(root);
    let output = scenario.program(root).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let saved = output.status.success();
    if !saved {
        assert_eq!(output.status.code(), Some(1), "{full}: {stderr}");
        assert!(stderr.contains("o space left"), "{full}: {stderr}");
        assert_eq!(scenario.files(root), before, "{full}: the old file has changed");
    }
    scenario
        .check(root, saved)
        .unwrap_or_else(|wrong| panic!("{full}: {wrong}"));
    saved
}

fn cleared(root: &Path) {
    for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            fs::remove_dir_all(entry.path()).unwrap();
        } else {
            fs::remove_file(entry.path()).unwrap();
        }
    }
}

#[test]
fn a_full_disk_leaves_the_old_state() {
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(why) => return left_out("a full disk", &why),
    };
    let scenario = scenario("again", &["todo"], 3, BTreeSet::from([1, 2, 3])).with_windows(40);
    if let Err(why) = namespace.mount(&["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs"]) {
        return left_out("a full disk", &why);
    }
    let root = namespace.path();
    let mut outcomes = Vec::new();
    for kib in 0..=64_u64 {
        scenario.start_in(&root);
        let free = |root: &Path| {
            let space = rustix::fs::statvfs(root).unwrap();
            space.f_bavail * space.f_frsize
        };
        let fill = (free(&root) - kib * 1024).next_multiple_of(PAGE).min(free(&root));
        fs::write(root.join("filler"), vec![0; usize::try_from(fill).unwrap()]).unwrap();
        outcomes.push(is_saved(&scenario, &root, &format!("{kib} KiB free")));
        fs::remove_file(root.join("filler")).unwrap();
        scenario
            .check_next(&root)
            .unwrap_or_else(|wrong| panic!("{kib} KiB free: {wrong}"));
        cleared(&root);
    }
    // It was too full at first and large enough in the end.
    assert!(!outcomes[0] && outcomes[64], "{outcomes:?}");
    namespace.unmount();
}

#[test]
fn a_disk_without_inodes_leaves_the_old_state() {
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(why) => return left_out("a full disk", &why),
    };
    let scenario = scenario("again", &["todo"], 3, BTreeSet::from([1, 2, 3]));
    let mut outcomes = Vec::new();
    for inodes in 9..=20 {
        let options = format!("size=1m,mode=700,nr_inodes={inodes}");
        if let Err(why) = namespace.mount(&["-t", "tmpfs", "-o", &options, "tmpfs"]) {
            return left_out("a full disk", &why);
        }
        let root = namespace.path();
        scenario.start_in(&root);
        outcomes.push(is_saved(&scenario, &root, &format!("{inodes} inodes")));
        namespace.unmount();
    }
    assert!(!outcomes[0] && outcomes.ends_with(&[true]), "{outcomes:?}");
}
