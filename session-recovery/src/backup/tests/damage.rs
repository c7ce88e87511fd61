//! Every damage of an archive and its sidecar is noticed.

use super::*;

/// Small, so that every bit can be flipped.
const CONTENTS: [&[u8]; 2] = [b"one content", b"another, of more bytes"];

#[test]
fn every_flipped_bit_of_the_archive_is_noticed() {
    let place = Place::new();
    let path = place.archive(&CONTENTS);
    let sound = fs::read(&path).unwrap();
    for bit in (0..sound.len() * 8).step_by(effort::step()) {
        let mut flipped = sound.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        assert!(verify(&path).is_err(), "bit {bit}");
    }
    fs::write(&path, &sound).unwrap();
    verify(&path).unwrap();
}

/// The same content can be compressed in many ways, so without a sidecar some flips change nothing: they decompress to
/// the very same bytes. All others are noticed.
#[test]
fn every_flipped_bit_that_changes_the_content_is_noticed_without_a_sidecar() {
    let place = Place::new();
    let path = place.archive(&CONTENTS);
    let sound = fs::read(&path).unwrap();
    let tar = zstd::decode_all(sound.as_slice()).unwrap();
    fs::remove_file(open::sidecar_path(&path).unwrap()).unwrap();
    let mut noticed = 0;
    for bit in (0..sound.len() * 8).step_by(effort::step()) {
        let mut flipped = sound.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        match verify(&path) {
            Ok(_) => assert_eq!(zstd::decode_all(flipped.as_slice()).unwrap(), tar, "bit {bit}"),
            Err(_) => noticed += 1,
        }
    }
    assert!(noticed > 0);
}

#[test]
fn every_truncation_is_noticed() {
    let place = Place::new();
    let path = place.archive(&CONTENTS);
    let sound = fs::read(&path).unwrap();
    for sidecar in [true, false] {
        if !sidecar {
            fs::remove_file(open::sidecar_path(&path).unwrap()).unwrap();
        }
        for length in (0..sound.len()).step_by(effort::step()) {
            fs::write(&path, &sound[..length]).unwrap();
            assert!(verify(&path).is_err(), "cut to {length}, sidecar: {sidecar}");
        }
    }
}

#[test]
fn every_damage_of_the_sidecar_is_noticed() {
    let place = Place::new();
    let path = place.archive(&CONTENTS);
    let sidecar = open::sidecar_path(&path).unwrap();
    let sound = fs::read(&sidecar).unwrap();
    for length in (0..sound.len()).step_by(effort::step()) {
        fs::write(&sidecar, &sound[..length]).unwrap();
        assert!(verify(&path).is_err(), "cut to {length}");
    }
    for bit in (0..sound.len() * 8).step_by(effort::step()) {
        let mut flipped = sound.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&sidecar, &flipped).unwrap();
        assert!(verify(&path).is_err(), "bit {bit}");
    }
}

#[test]
fn the_sidecar_of_another_archive_is_noticed() {
    let place = Place::new();
    let (one, other) = (place.archive(&CONTENTS), place.archive(&CONTENTS));
    let sidecar = |path: &Path| open::sidecar_path(path).unwrap();
    fs::copy(sidecar(&other), sidecar(&one)).unwrap();
    assert!(matches!(damage(verify(&one)), Damage::Size { .. } | Damage::Digest));
}

#[test]
fn what_follows_the_end_is_noticed() {
    let place = Place::new();
    let path = place.archive(&CONTENTS);
    let sound = fs::read(&path).unwrap();
    fs::write(&path, [&sound[..], b"\0"].concat()).unwrap();
    assert!(matches!(damage(verify(&path)), Damage::Size { .. }));
    fs::remove_file(open::sidecar_path(&path).unwrap()).unwrap();
    let frame = zstd::encode_all(&b"more"[..], 0).unwrap();
    for more in [&b"\0"[..], b"garbage", &sound, &frame] {
        fs::write(&path, [&sound[..], more].concat()).unwrap();
        assert!(matches!(
            damage(verify(&path)),
            Damage::Trailing | Damage::NotZstd | Damage::NoChecksum
        ));
    }
}
