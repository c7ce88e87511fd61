//! What is listed, and what is said about it.

use super::*;

fn only(place: &Place) -> Backup {
    let mut backups = list(place.set.dir()).unwrap();
    assert_eq!(backups.len(), 1);
    backups.remove(0)
}

fn sidecar(archive: &Path) -> PathBuf {
    open::sidecar_path(archive).unwrap()
}

#[test]
fn the_newest_comes_first() {
    let place = Place::new();
    place.save("todo", "/one");
    let at = |now| place.create(&BackupRequest { now, ..place.request() }).unwrap().file;
    let (middle, oldest, newest) = (at(NOW), at(NOW - 86_400), at(NOW + 86_400));
    let backups = list(place.set.dir()).unwrap();
    let files: Vec<_> = backups.iter().map(|backup| &backup.file).collect();
    assert_eq!(files, [&newest, &middle, &oldest]);
    assert_eq!(backups[1].created, Some(NOW));
    assert_eq!(backups[1].bytes, fs::metadata(&middle).unwrap().len());
    assert_eq!(backups[1].projects, ["todo"]);
    assert_eq!(backups[1].verified, None);
    assert!(backups[1].errors.is_empty());
}

#[test]
fn what_is_not_ours_is_not_listed() {
    let place = Place::new();
    let path = |name: &str| place.set.dir().join(name);
    fs::write(path("settings.toml"), "format = 1\n").unwrap();
    fs::write(path("notes.txt"), "").unwrap();
    fs::write(path("foreign.tar.zst"), zstd::encode_all(&b"foreign"[..], 0).unwrap()).unwrap();
    fs::create_dir(path("directory.tar.zst")).unwrap();
    assert!(list(place.set.dir()).unwrap().is_empty());
    assert!(list(&place.root.path().join("nowhere")).unwrap().is_empty());
}

#[test]
fn an_archive_without_sidecar_is_listed_if_it_is_whole() {
    let place = Place::new();
    let path = place.archive(&[b"one"]);
    fs::remove_file(sidecar(&path)).unwrap();
    let backup = only(&place);
    assert_eq!((backup.verified, backup.created), (Some(true), Some(NOW)));
    assert_eq!(backup.projects, ["p0"]);
    let sound = fs::read(&path).unwrap();
    fs::write(&path, &sound[..sound.len() - 1]).unwrap();
    assert!(list(place.set.dir()).unwrap().is_empty());
}

#[test]
fn an_archive_that_is_cut_off_or_gone_is_listed_as_damaged() {
    let place = Place::new();
    let path = place.archive(&[b"one"]);
    let sound = fs::read(&path).unwrap();
    fs::write(&path, &sound[..sound.len() - 1]).unwrap();
    let backup = only(&place);
    assert_eq!((backup.verified, backup.created), (Some(false), Some(NOW)));
    assert!(matches!(
        backup.errors[..],
        [BackupError::Damaged {
            damage: Damage::Size { .. },
            ..
        }]
    ));
    fs::remove_file(&path).unwrap();
    let backup = only(&place);
    assert_eq!(backup.verified, Some(false));
    assert!(matches!(
        backup.errors[..],
        [BackupError::Damaged {
            damage: Damage::NoArchive,
            ..
        }]
    ));
}

#[test]
fn a_damaged_sidecar_does_not_hide_a_backup() {
    let place = Place::new();
    let path = place.archive(&[b"one"]);
    fs::write(sidecar(&path), "half a sidec").unwrap();
    let backup = only(&place);
    assert_eq!((backup.verified, backup.created), (Some(false), Some(NOW)));
    assert_eq!(backup.projects, ["p0"]);
    assert_eq!(backup.errors.len(), 1);
    fs::write(&path, "half an archive").unwrap();
    let backup = only(&place);
    assert_eq!((backup.verified, backup.created), (Some(false), None));
    assert_eq!(backup.errors.len(), 2);
}

#[test]
fn a_newer_backup_is_listed_and_not_called_damaged() {
    let place = Place::new();
    let path = place.archive(&[b"one"]);
    let text = "format = 2\n";
    fs::write(
        sidecar(&path),
        format!("{text}# sha256 {}\n", digest::of(text.as_bytes())),
    )
    .unwrap();
    let backup = only(&place);
    assert_eq!((backup.verified, backup.created), (None, None));
    assert!(matches!(
        backup.errors[..],
        [BackupError::NewerFormat { format: 2, .. }]
    ));
}

/// What is read back isn't what was written, here because the disk flips a bit between the two.
#[test]
fn what_does_not_read_back_is_no_backup() {
    let place = Place::new();
    let content = b"precious".repeat(100);
    let manifest = manifest_of(&[&content]);
    let spooled = spooled(place.set.dir(), &[&content]);
    let spool = fs::read_dir(place.set.dir()).unwrap().next().unwrap().unwrap().path();
    let mut bytes = fs::read(&spool).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&spool, bytes).unwrap();
    let path = open::archive_path(place.set.dir(), &manifest.id);
    let written = place.set.write(&path, &manifest, spooled);
    assert!(matches!(damage(written), Damage::Content(_)));
    assert!(list(place.set.dir()).unwrap().is_empty());
    assert_eq!(everything(place.set.dir()), []);
}
