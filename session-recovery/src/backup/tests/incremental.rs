//! A new backup holds only what no verified one has, and each is whole without replaying others.

use super::*;

fn again(place: &Place, full: bool) -> BackupReport {
    let request = BackupRequest {
        full,
        now: NOW + 60,
        ..place.request()
    };
    place.create(&request).unwrap()
}

fn id(file: &Path) -> String {
    open::archive_stem(file.file_name().unwrap().to_str().unwrap())
        .unwrap()
        .to_owned()
}

/// Contents that a file of this backup has in its own archive.
fn own(file: &Path) -> usize {
    verify(file).unwrap().manifest.contents(None).len()
}

#[test]
fn what_an_earlier_backup_holds_is_not_written_again() {
    let place = Place::new();
    for project in ["a", "b", "c"] {
        place.save(project, "/one");
    }
    let first = place.back_up();
    place.save("b", "/two");
    let second = again(&place, false);
    // The former state of b is in its history now, and the first backup has it.
    assert_eq!((second.files, second.reused_files), (4, 3));
    assert_eq!(own(&second.file), 1);
    let manifest = verify(&second.file).unwrap().manifest;
    assert_eq!((manifest.refers_to(), manifest.seq), (vec![id(&first)], 2));
    let third = again(&place, false);
    assert_eq!((third.files, third.reused_files), (4, 4));
    assert_eq!(
        verify(&third.file).unwrap().manifest.refers_to().len(),
        2,
        "each content where it lies, no chain"
    );
}

#[test]
fn a_full_backup_and_that_of_one_project_refer_to_none() {
    let place = Place::new();
    place.save("a", "/one");
    place.back_up();
    let full = again(&place, true);
    assert_eq!((full.files, full.reused_files), (1, 0));
}

#[test]
fn a_restore_needs_the_archives_that_are_named_and_no_others() {
    let place = Place::new();
    place.save("a", "/one");
    place.save("b", "/one");
    let first = place.back_up();
    place.save("c", "/one");
    let middle = again(&place, false).file;
    place.save("c", "/two");
    let last = again(&place, true).file;
    fs::remove_file(&first).unwrap();
    assert!(verify(&last).is_ok(), "a self-contained one needs no other");
    let Damage::Reference { id: named, .. } = damage(verify(&middle)) else {
        panic!("it needs the first");
    };
    assert_eq!(named, id(&first));
    let listed = list(place.set.dir()).unwrap();
    let middle = listed.iter().find(|backup| backup.file == middle).unwrap();
    assert_eq!(middle.verified, Some(false));
}

#[test]
fn a_damaged_archive_is_not_referred_to() {
    let place = Place::new();
    place.save("a", "/one");
    let first = place.back_up();
    let mut bytes = fs::read(&first).unwrap();
    let last = bytes.len() - 20;
    bytes[last] ^= 1;
    fs::write(&first, bytes).unwrap();
    let second = again(&place, false);
    assert_eq!((second.files, second.reused_files), (1, 0));
}

#[test]
fn an_archive_of_which_little_is_left_is_not_referred_to() {
    let place = Place::new();
    let extra = |name: &str, length: usize| {
        let path = place.root.path().join(name);
        fs::write(&path, name.repeat(length)).unwrap();
        Extra {
            name: transcript_name("a", &format!("x/{name}")),
            path,
        }
    };
    place.save("a", "/one");
    let large = [extra("large", 100_000)];
    place
        .create(&BackupRequest {
            extra: &large,
            ..place.request()
        })
        .unwrap();
    // Only the small state of the first backup is still there.
    let second = again(&place, false);
    assert_eq!((second.files, second.reused_files), (1, 0));
}

#[test]
fn a_chain_does_not_get_long() {
    let place = Place::new();
    let mut most = 0;
    for n in 0..30 {
        place.save(&format!("p{n}"), "/one");
        let report = again(&place, false);
        let refers_to = verify(&report.file).unwrap().manifest.refers_to().len();
        most = most.max(refers_to);
    }
    assert!((15..=20).contains(&most), "{most}");
}

#[test]
fn history_scrollback_conversations_and_config_come_back() {
    let place = Place::new();
    place.save("a", "/one");
    place.save("a", "/two");
    let scrollback = place.store.dir().join("scrollback/a");
    create_private_dir(&scrollback).unwrap();
    fs::write(scrollback.join("0.1.txt"), "what was shown\n").unwrap();
    let source = place.root.path().join("source.jsonl");
    fs::write(&source, "{}\n").unwrap();
    let extra = [
        Extra {
            name: transcript_name("a", "-code-a/1.jsonl"),
            path: source.clone(),
        },
        Extra {
            name: CONFIG.to_owned(),
            path: source.clone(),
        },
    ];
    let file = place
        .create(&BackupRequest {
            extra: &extra,
            ..place.request()
        })
        .unwrap()
        .file;
    let before = everything(place.store.dir());
    fs::remove_dir_all(place.store.dir()).unwrap();
    create_private_dir(place.store.dir()).unwrap();
    let source = RestoreSource::Backup(verify(&file).unwrap());
    let report = place
        .apply(plan_restore(source, None, &place.destinations()).unwrap())
        .unwrap();
    assert_eq!((report.restored.len(), report.files), (1, 4));
    assert_eq!(everything(place.store.dir()), before);
    assert_eq!(
        fs::read(place.root.path().join("transcripts/-code-a/1.jsonl")).unwrap(),
        b"{}\n"
    );
    assert_eq!(fs::read(place.root.path().join("config.toml")).unwrap(), b"{}\n");
    // What is there is not replaced, except the states.
    fs::write(place.root.path().join("config.toml"), "mine").unwrap();
    let source = RestoreSource::Backup(verify(&file).unwrap());
    let plan = plan_restore(source, None, &place.destinations()).unwrap();
    let config = plan.items.iter().find(|item| item.kind == Kind::Config).unwrap();
    assert_eq!(config.action, RestoreAction::Kept);
    let _report = place.apply(plan).unwrap();
    assert_eq!(fs::read(place.root.path().join("config.toml")).unwrap(), b"mine");
}

#[test]
fn links_and_other_files_that_are_none_are_reported_and_not_followed() {
    let place = Place::new();
    place.save("a", "/one");
    let secret = place.root.path().join("secret");
    fs::write(&secret, "secret").unwrap();
    let link = place.root.path().join("link.jsonl");
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    let name = transcript_name("a", "x/link.jsonl");
    let report = place
        .create(&BackupRequest {
            extra: &[Extra { name, path: link }],
            ..place.request()
        })
        .unwrap();
    assert_eq!(report.skipped.len(), 1);
    assert!(matches!(report.skipped[0].error, BackupError::Refused { .. }));
    assert_eq!(report.files, 1);
}
