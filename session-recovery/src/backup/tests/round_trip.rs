//! Backups of states.

use std::os::unix::fs::PermissionsExt;

use session_lock::LockError;
use session_state::StoreError;

use super::*;

#[test]
fn a_backup_holds_the_very_bytes_of_the_states() {
    let place = Place::new();
    place.save("todo", "/one");
    place.save("api", "/two");
    let report = place.create(&place.request()).unwrap();
    assert_eq!(report.projects, ["api", "todo"]);
    assert_eq!((report.files, report.reused_files), (2, 0));
    assert!(report.skipped.is_empty());
    assert_eq!(report.bytes, fs::metadata(&report.file).unwrap().len());
    let verified = verify(&report.file).unwrap();
    assert!(verified.sidecar);
    assert_eq!((verified.manifest.created, verified.manifest.seq), (NOW, 1));
    assert_eq!(verified.manifest.reason, Reason::Manual);
    for file in &verified.manifest.files {
        let bytes = fs::read(place.store.path(file.project().unwrap())).unwrap();
        assert_eq!((file.size, &file.sha256), (bytes.len() as u64, &digest::of(&bytes)));
    }
}

#[test]
fn archive_and_sidecar_are_private_and_nothing_else_is_left() {
    let place = Place::new();
    place.save("todo", "/one");
    let file = place.back_up();
    let sidecar = open::sidecar_path(&file).unwrap();
    let mut names: Vec<_> = fs::read_dir(place.set.dir())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    names.sort();
    assert_eq!(names, [file, sidecar]);
    for name in names {
        assert_eq!(fs::metadata(name).unwrap().permissions().mode() & 0o7777, 0o600);
    }
    assert_eq!(
        fs::metadata(place.set.dir()).unwrap().permissions().mode() & 0o7777,
        0o700
    );
}

#[test]
fn only_the_named_projects_are_backed_up() {
    let place = Place::new();
    place.save("todo", "/one");
    place.save("api", "/two");
    let named = ["api".to_owned(), "api".to_owned()];
    let report = place
        .create(&BackupRequest {
            projects: Some(&named),
            ..place.request()
        })
        .unwrap();
    assert_eq!(report.projects, ["api"]);
    assert_eq!(report.files, 1);
}

#[test]
fn a_project_without_state_is_an_error_and_makes_no_backup() {
    let place = Place::new();
    place.save("todo", "/one");
    let create = |name: &str| {
        let named = ["todo".to_owned(), name.to_owned()];
        place.create(&BackupRequest {
            projects: Some(&named),
            ..place.request()
        })
    };
    assert!(matches!(
        create("api"),
        Err(BackupError::Store(StoreError::NoState { .. }))
    ));
    assert!(matches!(
        create("../api"),
        Err(BackupError::Store(StoreError::InvalidName { .. }))
    ));
    assert_eq!(everything(place.set.dir()), []);
}

#[test]
fn nothing_to_back_up_is_an_error() {
    let place = Place::new();
    assert!(matches!(
        place.create(&place.request()),
        Err(BackupError::Nothing { damaged: 0, .. })
    ));
    assert_eq!(everything(place.set.dir()), []);
}

#[test]
fn a_state_that_is_damaged_is_reported_and_the_others_are_backed_up() {
    let place = Place::new();
    place.save("todo", "/one");
    fs::write(place.store.path("api"), "no state at all \0").unwrap();
    let report = place.create(&place.request()).unwrap();
    assert_eq!(report.projects, ["todo"]);
    let skipped: Vec<_> = report.skipped.iter().map(|skipped| skipped.name.as_str()).collect();
    assert_eq!(skipped, ["api"]);
}

#[test]
fn a_backup_waits_for_its_lock() {
    let place = Place::new();
    place.save("todo", "/one");
    // Another descriptor on the same file, as another process would have one.
    let path = place.root.path().join("backups.lock");
    let held = fs::File::create(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    held.lock().unwrap();
    assert!(matches!(
        place.create(&place.request()),
        Err(BackupError::Lock(LockError::Busy { .. }))
    ));
    held.unlock().unwrap();
    place.back_up();
}

#[test]
fn leftovers_of_a_killed_writer_are_swept() {
    let place = Place::new();
    place.save("todo", "/one");
    let leftover = place.set.dir().join(".tmp-4194304-1-0");
    fs::write(&leftover, "half an archive").unwrap();
    place.back_up();
    assert!(!leftover.exists());
}
