//! What is sound of a damaged backup comes back; what isn't never does.

use super::*;

/// Where the frames of an archive begin.
fn frames(bytes: &[u8]) -> Vec<usize> {
    let magic = [0x28, 0xb5, 0x2f, 0xfd];
    bytes
        .windows(4)
        .enumerate()
        .filter(|(_, window)| *window == magic)
        .map(|(at, _)| at)
        .collect()
}

fn three(place: &Place) -> PathBuf {
    for project in ["a", "b", "c"] {
        place.save(project, "/one");
    }
    place.back_up()
}

fn restored(place: &Place, file: &Path) -> Result<Vec<String>, BackupError> {
    let plan = plan_restore(RestoreSource::Salvaged(salvage(file)?), None, &place.destinations())?;
    Ok(plan.items.into_iter().filter_map(|item| item.project).collect())
}

#[test]
fn damage_in_one_frame_takes_no_more_than_that() {
    let place = Place::new();
    let file = three(&place);
    let sound = fs::read(&file).unwrap();
    let frames = frames(&sound);
    // Manifest, names and script; a header and a content for each of three; the end.
    assert_eq!(frames.len(), 9);
    for (n, at) in frames.iter().enumerate() {
        let mut damaged = sound.clone();
        let end = frames.get(n + 1).copied().unwrap_or(sound.len());
        for byte in &mut damaged[at + 6..end] {
            *byte ^= 0x55;
        }
        fs::write(&file, &damaged).unwrap();
        assert!(verify(&file).is_err());
        let salvaged = salvage(&file).unwrap();
        let is_content = [3, 5, 7].contains(&n);
        assert_eq!(salvaged.files.len(), if is_content { 2 } else { 3 }, "frame {n}");
        assert_eq!(salvaged.lost.len(), usize::from(is_content), "frame {n}");
        assert_eq!(restored(&place, &file).unwrap().len(), salvaged.files.len());
    }
}

#[test]
fn without_any_manifest_states_say_themselves_whose_they_are() {
    let place = Place::new();
    let file = three(&place);
    fs::remove_file(open::sidecar_path(&file).unwrap()).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let second = frames(&bytes)[1];
    bytes[5..second].fill(0);
    fs::write(&file, &bytes).unwrap();
    assert_eq!(restored(&place, &file).unwrap(), ["a", "b", "c"]);
}

#[test]
fn every_truncation_gives_what_is_before_it() {
    let place = Place::new();
    let file = three(&place);
    let sound = fs::read(&file).unwrap();
    let mut most = 0;
    for length in (0..sound.len()).step_by(effort::step()) {
        fs::write(&file, &sound[..length]).unwrap();
        assert!(verify(&file).is_err());
        match salvage(&file) {
            Ok(salvaged) => {
                assert!(salvaged.files.len() >= most, "more of it can't be less");
                most = salvaged.files.len();
            }
            Err(error) => assert!(matches!(error, BackupError::NothingSound { .. }), "{error:?}"),
        }
    }
    assert!(most >= 2);
}

#[test]
fn what_is_salvaged_is_restored_byte_by_byte() {
    let place = Place::new();
    let file = three(&place);
    let before = everything(place.store.dir());
    fs::remove_dir_all(place.store.dir()).unwrap();
    create_private_dir(place.store.dir()).unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&file, &bytes).unwrap();
    let source = RestoreSource::Salvaged(salvage(&file).unwrap());
    let _report = place
        .apply(plan_restore(source, None, &place.destinations()).unwrap())
        .unwrap();
    assert_eq!(everything(place.store.dir()), before);
}

#[test]
fn of_noise_nothing_is_sound() {
    let place = Place::new();
    let path = place.set.dir().join("noise.tar.zst");
    for noise in [
        &b""[..],
        b"noise",
        &[0x28, 0xb5, 0x2f, 0xfd],
        &[0x28, 0xb5, 0x2f, 0xfd].repeat(5000),
    ] {
        fs::write(&path, noise).unwrap();
        assert!(matches!(salvage(&path), Err(BackupError::NothingSound { .. })));
    }
}
