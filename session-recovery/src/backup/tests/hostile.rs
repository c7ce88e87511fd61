//! Archives that no backup of ours is, made by somebody who wants something.

use std::io::Write;
use std::os::unix::fs::symlink;

use tar::{Builder, EntryType, Header};

use super::*;

/// An archive of any entries, as ours compressed and without a sidecar.
struct Forged(Builder<Vec<u8>>);

impl Forged {
    /// Begins with a manifest of these contents, and what follows it.
    fn with_manifest(contents: &[&[u8]]) -> Self {
        Self::of(&manifest_of(contents))
    }

    fn of(manifest: &Manifest) -> Self {
        let text = manifest.to_text().unwrap();
        Self(Builder::new(Vec::new()))
            .entry(archive::MANIFEST, EntryType::Regular, text.as_bytes())
            .entry(script::NAMES, EntryType::Regular, script::names(manifest).as_bytes())
            .entry(script::SCRIPT, EntryType::Regular, script::TEXT.as_bytes())
    }

    /// The name isn't checked, as the crate would do.
    fn entry(mut self, name: &str, kind: EntryType, content: &[u8]) -> Self {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o600);
        header.set_size(content.len() as u64);
        if kind != EntryType::Regular {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    fn content(self, content: &[u8]) -> Self {
        self.entry(&data(content), EntryType::Regular, content)
    }

    fn verify(self) -> Result<Verified, BackupError> {
        verify_tar(&self.0.into_inner().unwrap())
    }
}

fn data(content: &[u8]) -> String {
    format!("{}{}", archive::DATA, digest::of(content))
}

fn verify_tar(tar: &[u8]) -> Result<Verified, BackupError> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 0).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(tar).unwrap();
    verify_bytes(&encoder.finish().unwrap())
}

fn verify_bytes(bytes: &[u8]) -> Result<Verified, BackupError> {
    let dir = tempdir().unwrap();
    let path = dir.path().join("forged.tar.zst");
    fs::write(&path, bytes).unwrap();
    verify(&path)
}

#[test]
fn a_forged_archive_that_is_as_ours_passes() {
    let verified = Forged::with_manifest(&[b"one", b"two"])
        .content(b"one")
        .content(b"two")
        .verify()
        .unwrap();
    assert_eq!(verified.manifest.projects(), ["p0", "p1"]);
    assert!(!verified.sidecar);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    let digest = digest::of(b"one");
    let names = [
        "../x".to_owned(),
        "/etc/passwd".to_owned(),
        format!("data/../{digest}"),
        format!("./data/{digest}"),
        format!("/data/{digest}"),
        format!("data//{digest}"),
        format!("data/{digest}/x"),
        format!("data/{}", digest.to_uppercase()),
        format!("data/{digest}\n"),
        "data/\u{1b}[2J".to_owned(),
        "data/".to_owned(),
        "data".to_owned(),
        ".".to_owned(),
        String::new(),
        archive::MANIFEST.to_owned(),
    ];
    for name in names {
        let forged = Forged::with_manifest(&[b"one"]).entry(&name, EntryType::Regular, b"one");
        assert!(matches!(damage(forged.verify()), Damage::Refused { .. }), "{name:?}");
    }
}

#[test]
fn all_but_regular_files_are_refused() {
    let kinds = [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Directory,
        EntryType::Fifo,
        EntryType::Char,
        EntryType::Block,
        EntryType::Continuous,
        EntryType::GNULongName,
        EntryType::GNULongLink,
        EntryType::GNUSparse,
        EntryType::XGlobalHeader,
        EntryType::XHeader,
        EntryType::new(b'Z'),
    ];
    for kind in kinds {
        let forged = Forged::with_manifest(&[b"one"]).entry(&data(b"one"), kind, b"one");
        assert!(matches!(damage(forged.verify()), Damage::Refused { .. }), "{kind:?}");
        let as_manifest = Forged(Builder::new(Vec::new())).entry(archive::MANIFEST, kind, b"");
        assert!(as_manifest.verify().is_err(), "{kind:?}");
    }
}

#[test]
fn modes_that_run_or_share_are_refused() {
    for mode in [0o4755, 0o6777, 0o666, 0o700] {
        let mut forged = Forged::with_manifest(&[b"one"]);
        let mut header = Header::new_ustar();
        header.set_path(data(b"one")).unwrap();
        header.set_mode(mode);
        header.set_size(3);
        header.set_cksum();
        forged.0.append(&header, &b"one"[..]).unwrap();
        assert!(matches!(damage(forged.verify()), Damage::Refused { .. }), "{mode:o}");
    }
}

#[test]
fn the_contents_are_those_of_the_manifest() {
    let refused = |forged: Forged| match damage(forged.verify()) {
        Damage::Refused { why, .. } => why,
        other => panic!("{other:?}"),
    };
    let manifest = || Forged::with_manifest(&[b"one", b"two"]);
    assert_eq!(
        refused(manifest().content(b"one").content(b"one")),
        "occurs twice, or where it doesn't belong"
    );
    assert_eq!(
        refused(manifest().content(b"one").content(b"more")),
        "is not in the manifest"
    );
    let longer = manifest().entry(&data(b"one"), EntryType::Regular, b"one more");
    assert_eq!(refused(longer), "has not the size that the manifest says");
    let other = manifest().entry(&data(b"one"), EntryType::Regular, b"eno");
    assert_eq!(refused(other), "has not the content that its name says");
    assert!(matches!(
        damage(manifest().content(b"one").verify()),
        Damage::Missing { .. }
    ));
}

#[test]
fn the_manifest_comes_first_and_is_bounded() {
    let late = Forged(Builder::new(Vec::new())).content(b"one");
    assert!(matches!(damage(late.verify()), Damage::NoManifest));
    assert!(matches!(
        damage(Forged(Builder::new(Vec::new())).verify()),
        Damage::NoManifest
    ));
    let mut header = Header::new_ustar();
    header.set_path(archive::MANIFEST).unwrap();
    header.set_mode(0o600);
    header.set_size(limits::MAX_MANIFEST + 1);
    header.set_cksum();
    assert!(matches!(damage(verify_tar(header.as_bytes())), Damage::Refused { .. }));
}

#[test]
fn an_oversized_content_is_refused_before_it_is_read() {
    let mut manifest = manifest_of(&[b"one"]);
    manifest.files[0].size = MAX_FILE + 1;
    let text = manifest.to_text().unwrap();
    let forged = Forged(Builder::new(Vec::new())).entry(archive::MANIFEST, EntryType::Regular, text.as_bytes());
    assert!(matches!(damage(forged.verify()), Damage::Entry { .. }));
}

/// A few kilobytes that would be gigabytes.
#[test]
fn a_bomb_is_not_decompressed() {
    let zeros = vec![0_u8; 64 * 1024 * 1024];
    assert!(matches!(
        damage(verify_tar(&zeros)),
        Damage::Trailing | Damage::NoManifest
    ));
    let mut tar = Forged::with_manifest(&[b"one"]).content(b"one").0.into_inner().unwrap();
    tar.extend_from_slice(&zeros);
    assert!(matches!(damage(verify_tar(&tar)), Damage::Trailing));
}

#[test]
fn an_end_that_hides_something_or_is_missing_is_noticed() {
    let tar = Forged::with_manifest(&[b"one"]).content(b"one").0.into_inner().unwrap();
    let without_end = &tar[..tar.len() - 1024];
    assert!(matches!(damage(verify_tar(without_end)), Damage::NoEnd));
    assert!(matches!(damage(verify_tar(&tar[..tar.len() - 512])), Damage::NoEnd));
    let hidden = [&tar[..], b"hidden"].concat();
    assert!(matches!(damage(verify_tar(&hidden)), Damage::Trailing));
    let padded = [&tar[..], &[0; 4096]].concat();
    assert!(matches!(damage(verify_tar(&padded)), Damage::Trailing));
}

#[test]
fn other_compressions_are_refused() {
    let tar = Forged::with_manifest(&[b"one"]).content(b"one").0.into_inner().unwrap();
    let without_checksum = zstd::encode_all(tar.as_slice(), 0).unwrap();
    assert!(matches!(damage(verify_bytes(&without_checksum)), Damage::NoChecksum));
    assert!(matches!(damage(verify_bytes(&tar)), Damage::NotZstd));
    assert!(matches!(damage(verify_bytes(b"")), Damage::NotZstd));
    let original = verify_bytes(&[0x1f, 0x8b, 8, 0, 0, 0]);
    assert!(matches!(original, Err(BackupError::Unsupported { .. })));
    let mut encoder = zstd::Encoder::new(Vec::new(), 0).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.window_log(limits::WINDOW_LOG_MAX + 1).unwrap();
    encoder.write_all(&tar).unwrap();
    assert!(matches!(
        damage(verify_bytes(&encoder.finish().unwrap())),
        Damage::Content(_)
    ));
}

#[test]
fn what_is_no_file_is_refused_without_waiting() {
    let dir = tempdir().unwrap();
    let fifo = dir.path().join("fifo.tar.zst");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(matches!(damage(verify(&fifo)), Damage::NotAFile));
    assert!(matches!(damage(verify(dir.path())), Damage::NotAFile));
    let dangling = dir.path().join("dangling.tar.zst");
    symlink("nowhere", &dangling).unwrap();
    assert!(matches!(verify(&dangling), Err(BackupError::Read { .. })));
}

#[test]
fn a_newer_backup_is_told_from_a_damaged_one() {
    let newer = Forged(Builder::new(Vec::new())).entry(archive::MANIFEST, EntryType::Regular, b"format = 2\n");
    assert!(matches!(
        newer.verify(),
        Err(BackupError::NewerFormat { format: 2, .. })
    ));
}
