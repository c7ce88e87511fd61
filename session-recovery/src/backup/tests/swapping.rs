//! Restores change a directory in one step, whatever kind of directory it is.

use std::os::unix::fs::{MetadataExt, symlink};

use super::*;

fn restore(place: &Place, file: &Path) -> Result<RestoreReport, BackupError> {
    let source = RestoreSource::Backup(verify(file)?);
    place.apply(plan_restore(source, None, &place.destinations())?)
}

#[test]
fn the_whole_directory_is_another_one_afterwards() {
    let place = Place::new();
    place.save("a", "/one");
    let file = place.back_up();
    place.save("a", "/two");
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    let before = inode(place.store.dir());
    restore(&place, &file).unwrap();
    assert_ne!(inode(place.store.dir()), before);
    assert_eq!(place.saved("a").unwrap(), Path::new("/one"));
    let left: Vec<_> = fs::read_dir(place.root.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !left.iter().any(|name| name.to_str().unwrap().contains(".restore-")),
        "{left:?}"
    );
}

#[test]
fn a_link_to_the_directory_stays_a_link() {
    let place = Place::new();
    place.save("a", "/one");
    let file = place.back_up();
    place.save("a", "/two");
    let elsewhere = place.root.path().join("elsewhere");
    fs::rename(place.store.dir(), &elsewhere).unwrap();
    symlink(&elsewhere, place.store.dir()).unwrap();
    restore(&place, &file).unwrap();
    assert!(fs::symlink_metadata(place.store.dir()).unwrap().is_symlink());
    assert_eq!(place.saved("a").unwrap(), Path::new("/one"));
    assert!(elsewhere.join("a.state").exists());
}

const LEFT: &str = "00000000000000000000000000000001";

#[test]
fn a_restore_by_renames_that_was_cut_off_is_finished() {
    let place = Place::new();
    for project in ["a", "b", "c"] {
        place.save(project, "/old");
    }
    let old = |project: &str| fs::read(place.store.path(project)).unwrap();
    let (old_a, old_c) = (old("a"), old("c"));
    let left = place.store.dir().join(format!(".restore-{LEFT}"));
    let tree = left.join("new");
    create_private_dir(&tree.join("history/a")).unwrap();
    // Of three files one has been moved already.
    fs::write(tree.join("a.state"), codec::encode(&state("a", "/new")).unwrap()).unwrap();
    fs::write(tree.join("history/a/00000009_1.state"), &old_a).unwrap();
    fs::write(place.store.path("b"), codec::encode(&state("b", "/new")).unwrap()).unwrap();
    assert_eq!(leftovers(place.store.dir()), std::slice::from_ref(&left));
    // Without the marker it was never complete, and counts for nothing.
    let incomplete = place.store.dir().join(".restore-00000000000000000000000000000002");
    create_private_dir(&incomplete.join("new")).unwrap();
    fs::write(incomplete.join("new/c.state"), "half").unwrap();
    fs::write(left.join("complete"), "").unwrap();
    assert_eq!(finish_restores(place.store.dir()).unwrap(), 2);
    for project in ["a", "b"] {
        assert_eq!(place.saved(project).unwrap(), Path::new("/new"));
    }
    assert_eq!(old("c"), old_c);
    assert_eq!(
        fs::read(place.store.dir().join("history/a/00000009_1.state")).unwrap(),
        old_a
    );
    assert!(leftovers(place.store.dir()).is_empty());
    assert_eq!(finish_restores(place.store.dir()).unwrap(), 0);
}

#[test]
fn what_a_killed_restore_left_beside_goes_with_the_next() {
    let place = Place::new();
    place.save("a", "/one");
    let file = place.back_up();
    place.save("a", "/two");
    let left = place.root.path().join(format!(".states.restore-{LEFT}"));
    create_private_dir(&left.join("new")).unwrap();
    fs::write(left.join("new/a.state"), "half").unwrap();
    let foreign = place.root.path().join(".states.restore-mine");
    create_private_dir(&foreign).unwrap();
    restore(&place, &file).unwrap();
    assert!(!left.exists() && foreign.exists());
    assert_eq!(place.saved("a").unwrap(), Path::new("/one"));
}

/// States are locked while they are restored; what panes show, and what isn't tsm's, isn't.
#[test]
fn what_was_written_meanwhile_is_carried_over() {
    let place = Place::new();
    place.save("a", "/one");
    let live = place.store.dir();
    let at = |name: &str| live.join(name);
    create_private_dir(&at("scrollback/a")).unwrap();
    for name in ["scrollback/a/0.0.txt", "notes", "restored", "removed"] {
        fs::write(at(name), "before").unwrap();
    }
    let staging = swap::Staging::new(live).unwrap();
    // What the restore itself brings.
    fs::remove_file(staging.tree().join("restored")).unwrap();
    fs::write(staging.tree().join("restored"), "by us").unwrap();
    fs::write(staging.tree().join("new"), "by us").unwrap();
    // Meanwhile.
    for name in ["scrollback/a/0.0.txt", "restored"] {
        session_lock::replace::replace_file(&at(name), b"meanwhile").unwrap();
    }
    create_private_dir(&at("directory")).unwrap();
    for name in ["scrollback/a/0.1.txt", "directory/file", "later"] {
        fs::write(at(name), "meanwhile").unwrap();
    }
    fs::write(at(".tmp-4194304-1-0"), "half").unwrap();
    fs::remove_file(at("removed")).unwrap();
    staging.swap().unwrap();
    let text = |name: &str| fs::read_to_string(at(name)).unwrap_or_default();
    for name in [
        "scrollback/a/0.0.txt",
        "scrollback/a/0.1.txt",
        "directory/file",
        "later",
    ] {
        assert_eq!(text(name), "meanwhile", "{name}");
    }
    assert_eq!((text("restored"), text("new")), ("by us".into(), "by us".into()));
    assert_eq!(
        (text("notes"), text(".tmp-4194304-1-0")),
        ("before".into(), String::new())
    );
    assert_eq!(place.saved("a").unwrap(), Path::new("/one"));
}
