use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use tempfile::{TempDir, tempdir};

use super::*;
use crate::process::ProcessIdentity;

fn names(directory: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(directory.path()).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[test]
fn a_file_is_replaced_by_a_private_one() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("a");
    fs::write(&path, "old and longer").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    replace_file(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(names(&directory), ["a"]);
}

#[test]
fn a_cache_is_replaced_the_same_way() {
    let directory = tempdir().unwrap();
    let (path, victim) = (directory.path().join("a"), directory.path().join("victim"));
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, &path).unwrap();
    replace_cache(&path, b"new and longer").unwrap();
    replace_cache(&path, b"newer").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"newer");
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert_eq!(mode(&path), 0o600);
    assert_eq!(names(&directory), ["a", "victim"]);
    assert!(replace_cache(&directory.path().join("no/a"), b"").is_err());
}

#[test]
fn a_link_is_replaced_and_its_target_left_alone() {
    let directory = tempdir().unwrap();
    let (path, victim) = (directory.path().join("a"), directory.path().join("victim"));
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, &path).unwrap();
    replace_file(&path, b"new").unwrap();
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
}

#[test]
fn what_is_not_committed_is_removed() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("a");
    fs::write(&path, "old").unwrap();
    let staged = stage(&path, b"new").unwrap();
    assert_eq!(fs::read(staged.temporary_path()).unwrap(), b"new");
    assert_eq!(mode(staged.temporary_path()), 0o600);
    drop(staged);
    let mut writer = stage_writer(&path).unwrap();
    writer.write_all(b"half").unwrap();
    drop(writer);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(names(&directory), ["a"]);
}

#[test]
fn a_streamed_file_is_whole() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("a");
    let mut writer = stage_writer(&path).unwrap();
    writer.write_all(b"one ").unwrap();
    writer.write_all(b"two").unwrap();
    writer.finish().unwrap().commit().unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"one two");
}

#[test]
fn a_directory_in_the_way_is_an_error_that_leaves_nothing() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("a");
    fs::create_dir(&path).unwrap();
    assert!(matches!(
        replace_file(&path, b"new"),
        Err(ReplaceError::Io { action: "replace", .. })
    ));
    assert_eq!(names(&directory), ["a"]);
}

#[test]
fn directories_are_private_with_all_above_them() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("a/b/c");
    assert_eq!(create_private_dir(&path).unwrap(), PrivateDir::Created);
    for created in ["a", "a/b", "a/b/c"] {
        assert_eq!(mode(&directory.path().join(created)), 0o700, "{created}");
    }
    assert_eq!(create_private_dir(&path).unwrap(), PrivateDir::Existing);
}

#[test]
fn readable_directories_are_tightened_and_writable_ones_refused() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("a");
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(create_private_dir(&path).unwrap(), PrivateDir::Tightened);
    assert_eq!(mode(&path), 0o700);
    for writable in [0o720, 0o702, 0o1777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(writable)).unwrap();
        assert!(
            matches!(create_private_dir(&path), Err(ReplaceError::Unsafe { .. })),
            "{writable:o}"
        );
        assert_eq!(mode(&path), writable);
    }
}

#[test]
fn a_file_is_no_directory() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("a");
    fs::write(&path, "").unwrap();
    assert!(matches!(
        create_private_dir(&path),
        Err(ReplaceError::Io { action: "open", .. })
    ));
}

#[test]
fn leftovers_of_the_dead_are_swept_and_those_of_the_living_kept() {
    let directory = tempdir().unwrap();
    let me = ProcessIdentity::current().unwrap();
    let mine = format!(".tmp-{}-{}-999", me.pid, me.start_time);
    let reused = format!(".tmp-{}-{}-999", me.pid, me.start_time + 1);
    let gone = format!(".tmp-4194304-{}-0", me.start_time);
    for name in [&mine, &reused, &gone, "todo.state", ".tmp-of-someone-else"] {
        fs::write(directory.path().join(name), "").unwrap();
    }
    // It must not keep the others from being swept, nor every writer from writing.
    fs::create_dir(directory.path().join(".tmp-4194304-1-1")).unwrap();
    assert_eq!(sweep_leftovers(directory.path()).unwrap(), 2);
    fs::remove_dir(directory.path().join(".tmp-4194304-1-1")).unwrap();
    assert_eq!(names(&directory), [mine.as_str(), ".tmp-of-someone-else", "todo.state"]);
}

#[test]
fn two_directories_are_exchanged() {
    let directory = tempdir().unwrap();
    let (one, other) = (directory.path().join("one"), directory.path().join("other"));
    create_private_dir(&one).unwrap();
    create_private_dir(&other).unwrap();
    fs::write(one.join("was-one"), "").unwrap();
    exchange(&one, &other).unwrap();
    assert!(other.join("was-one").exists() && !one.join("was-one").exists());
}

#[test]
fn appending_creates_a_private_file_and_follows_no_link() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("log");
    open_append(&path).unwrap().write_all(b"one\n").unwrap();
    open_append(&path).unwrap().write_all(b"two\n").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
    assert_eq!(mode(&path), 0o600);
    symlink(&path, directory.path().join("link")).unwrap();
    assert!(open_append(&directory.path().join("link")).is_err());
}

#[test]
fn what_somebody_else_changed_stays() {
    let root = tempdir().expect("a directory");
    let path = root.path().join("file");
    let replace = |before: Option<&[u8]>, text: &str| replace_file_if_unchanged(&path, before, text.as_bytes());
    let text = || fs::read_to_string(&path).expect("the file");
    assert!(replace(None, "one").expect("made"));
    assert_eq!(text(), "one");
    assert!(!replace(None, "two").expect("asked"));
    assert!(!replace(Some(b"zero"), "two").expect("asked"));
    assert_eq!(text(), "one");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("another mode");
    assert!(replace(Some(b"one"), "two").expect("replaced"));
    assert_eq!(text(), "two");
    assert_eq!(mode(&path), 0o640);
    assert_eq!(fs::read_dir(root.path()).expect("a directory").count(), 1);
}
