//! Removing backups: never the last sound one, never what isn't ours.

use super::retention::{Keep, RetentionError, RetentionPolicy};
use super::*;

const DAY: i64 = 86_400;

fn backup_at(place: &Place, now: i64, full: bool) -> PathBuf {
    place
        .create(&BackupRequest {
            now,
            full,
            ..place.request()
        })
        .unwrap()
        .file
}

fn days(count: u32) -> RetentionPolicy {
    RetentionPolicy {
        within_days: Some(count),
        ..RetentionPolicy::default()
    }
}

fn prune(place: &Place, policy: &RetentionPolicy, now: i64, dry_run: bool) -> Result<Vec<Pruned>, BackupError> {
    place.set.prune(policy, now, dry_run, &place.lock)
}

#[test]
fn old_ones_go_with_their_sidecars_and_the_rest_stays() {
    let place = Place::new();
    place.save("a", "/one");
    let old = backup_at(&place, NOW, true);
    let young = backup_at(&place, NOW + 30 * DAY, true);
    for foreign in ["notes.txt", "other.tar.zst", "other.toml", "all_sessions_1.tar.gz"] {
        fs::write(place.set.dir().join(foreign), "not ours").unwrap();
    }
    let before = everything(place.set.dir());
    let planned = prune(&place, &days(7), NOW + 31 * DAY, true).unwrap();
    assert_eq!(everything(place.set.dir()), before, "a plan changes nothing");
    let goes: Vec<_> = planned
        .iter()
        .filter(|backup| backup.keep.is_empty())
        .map(|backup| &backup.file)
        .collect();
    assert_eq!(goes, [&old]);
    let pruned = prune(&place, &days(7), NOW + 31 * DAY, false).unwrap();
    assert_eq!(pruned.iter().filter(|backup| backup.removed).count(), 1);
    assert!(!old.exists() && !open::sidecar_path(&old).unwrap().exists());
    assert!(verify(&young).is_ok());
    assert_eq!(
        everything(place.set.dir()).len(),
        before.len() - 2,
        "nothing that isn't ours is swept"
    );
}

#[test]
fn the_newest_one_whose_bytes_are_right_stays_although_a_newer_one_looks_sound() {
    let place = Place::new();
    place.save("a", "/one");
    let good = backup_at(&place, NOW, true);
    let bad = backup_at(&place, NOW + DAY, true);
    flip(&bad);
    let pruned = prune(&place, &days(7), NOW + 100 * DAY, false).unwrap();
    let kept = pruned.iter().find(|backup| backup.file == good).unwrap();
    assert!(kept.keep.contains(&Keep::NewestSound("a".to_owned())));
    assert!(good.exists() && !bad.exists());
}

/// As damage to a disk does it: the size stays the same.
fn flip(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let last = bytes.len() - 30;
    bytes[last] ^= 1;
    fs::write(file, bytes).unwrap();
}

#[test]
fn what_does_not_read_back_takes_no_place_of_what_does() {
    let place = Place::new();
    place.save("a", "/one");
    let oldest = backup_at(&place, NOW, true);
    let sound = backup_at(&place, NOW + DAY, true);
    let bad = backup_at(&place, NOW + 2 * DAY, true);
    let newest = backup_at(&place, NOW + 3 * DAY, true);
    flip(&bad);
    for (last, daily) in [(Some(2), None), (None, Some(2))] {
        let policy = RetentionPolicy {
            last,
            daily,
            ..RetentionPolicy::default()
        };
        let planned = prune(&place, &policy, NOW + 4 * DAY, true).unwrap();
        let of = |file: &Path| planned.iter().find(|backup| backup.file == file).unwrap();
        assert!(of(&newest).keep.iter().any(Keep::counts) && !of(&newest).damaged);
        assert!(of(&sound).keep.iter().any(Keep::counts), "{planned:?}");
        assert!(of(&bad).damaged, "{planned:?}");
        // The last one by day stays where there is room for it; here there is none.
        assert!(of(&oldest).keep.is_empty(), "{planned:?}");
    }
}

#[test]
fn what_refers_to_an_archive_that_does_not_read_back_takes_no_place_either() {
    let place = Place::new();
    place.save("a", "/one");
    let oldest = backup_at(&place, NOW, true);
    let bad = backup_at(&place, NOW + DAY, true);
    let refers = backup_at(&place, NOW + 2 * DAY, false);
    assert_eq!(verify(&refers).unwrap().manifest.refers_to().len(), 1);
    let newest = backup_at(&place, NOW + 3 * DAY, true);
    flip(&bad);
    let policy = RetentionPolicy {
        last: Some(2),
        ..RetentionPolicy::default()
    };
    let _pruned = prune(&place, &policy, NOW + 4 * DAY, false).unwrap();
    assert!(oldest.exists() && newest.exists(), "the two that can be restored");
}

#[test]
fn what_another_refers_to_stays_as_long_as_that() {
    let place = Place::new();
    place.save("a", "/one");
    let first = backup_at(&place, NOW, true);
    let second = backup_at(&place, NOW + 30 * DAY, false);
    let _pruned = prune(&place, &days(7), NOW + 31 * DAY, false).unwrap();
    assert!(first.exists() && verify(&second).is_ok());
    backup_at(&place, NOW + 60 * DAY, true);
    let _pruned = prune(&place, &days(7), NOW + 61 * DAY, false).unwrap();
    assert!(!first.exists() && !second.exists());
}

/// Who copies a backup, or gives it a name of his own, wants to keep it.
#[test]
fn what_has_another_name_stays_with_what_it_refers_to() {
    let place = Place::new();
    place.save("a", "/one");
    let first = backup_at(&place, NOW, true);
    let second = backup_at(&place, NOW + DAY, false);
    assert_eq!(verify(&second).unwrap().manifest.refers_to().len(), 1);
    let copy = place.set.dir().join("precious.tar.zst");
    fs::copy(&second, &copy).unwrap();
    fs::copy(open::sidecar_path(&second).unwrap(), open::sidecar_path(&copy).unwrap()).unwrap();
    let single = place.set.dir().join("single.tar.zst");
    fs::copy(&first, &single).unwrap();
    backup_at(&place, NOW + 30 * DAY, true);
    let pruned = prune(&place, &days(1), NOW + 31 * DAY, false).unwrap();
    assert!(!second.exists(), "{pruned:?}");
    assert!(first.exists() && single.exists(), "{pruned:?}");
    assert!(verify(&copy).is_ok(), "{pruned:?}");
}

#[test]
fn an_archive_that_lost_its_sidecar_is_still_a_backup_and_goes_like_one() {
    let place = Place::new();
    place.save("a", "/one");
    let old = backup_at(&place, NOW, true);
    fs::remove_file(open::sidecar_path(&old).unwrap()).unwrap();
    backup_at(&place, NOW + 30 * DAY, true);
    let _pruned = prune(&place, &days(7), NOW + 31 * DAY, false).unwrap();
    assert!(!old.exists());
}

#[test]
fn nothing_goes_without_a_policy_or_after_the_clock_went_back() {
    let place = Place::new();
    place.save("a", "/one");
    backup_at(&place, NOW, true);
    backup_at(&place, NOW + 30 * DAY, true);
    let before = everything(place.set.dir());
    for (policy, now) in [(days(0), NOW + 99 * DAY), (days(7), NOW + 29 * DAY)] {
        let error = prune(&place, &policy, now, false).unwrap_err();
        assert!(matches!(error, BackupError::Retention(_)), "{error:?}");
    }
    assert!(matches!(
        prune(&place, &RetentionPolicy::default(), NOW, false),
        Err(BackupError::Retention(RetentionError::Empty))
    ));
    assert_eq!(everything(place.set.dir()), before);
}
