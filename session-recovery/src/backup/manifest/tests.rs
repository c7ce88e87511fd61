use super::*;

fn manifest() -> Manifest {
    let file = |project: &str, content: &[u8]| ManifestFile {
        name: tree::state_name(project),
        size: content.len() as u64,
        sha256: digest::of(content),
        archive: None,
        changing: false,
    };
    Manifest {
        id: "20231114T221320Z-0123456789abcdef".to_owned(),
        seq: 3,
        created: 1_700_000_000,
        tool: "tsm 0.1.0".to_owned(),
        reason: Reason::PreRestore,
        files: vec![file("todo", b"one"), file("api", b"two")],
    }
}

fn archive() -> ArchiveFile {
    ArchiveFile {
        bytes: 7,
        sha256: digest::of(b"archive"),
    }
}

fn damage<T: std::fmt::Debug>(result: Result<T, Unreadable>) -> Damage {
    match result.unwrap_err() {
        Unreadable::Damaged(damage) => damage,
        Unreadable::Newer(format) => panic!("newer: {format}"),
    }
}

#[test]
fn both_forms_read_back() {
    let manifest = manifest();
    let text = manifest.to_text().unwrap();
    assert_eq!(Manifest::of_archive(text.as_bytes()).unwrap(), manifest);
    let sidecar = manifest.seal(archive()).unwrap();
    assert_eq!(
        Manifest::of_sidecar(sidecar.as_bytes()).unwrap(),
        (manifest.clone(), archive())
    );
    let table: toml::Table = sidecar.parse().expect("any TOML parser reads a sidecar");
    let list = table["tree"]["files"].as_str().unwrap();
    assert_eq!(list.lines().count(), 2);
    assert_eq!(table["created_at"].as_str(), Some("2023-11-14T22:13:20Z"));
    assert_eq!(manifest.projects(), ["api", "todo"]);
}

#[test]
fn neither_form_passes_for_the_other() {
    let sidecar = manifest().seal(archive()).unwrap();
    assert!(matches!(
        damage(Manifest::of_archive(sidecar.as_bytes())),
        Damage::Manifest { .. }
    ));
    let (unsealed, _) = sidecar.split_once(SEAL).unwrap();
    assert!(matches!(
        damage(Manifest::of_archive(unsealed.as_bytes())),
        Damage::Entry { .. }
    ));
    let text = manifest().to_text().unwrap();
    assert!(matches!(
        damage(Manifest::of_sidecar(text.as_bytes())),
        Damage::SidecarDigest
    ));
}

#[test]
fn every_damage_of_a_sidecar_is_noticed() {
    let sidecar = manifest().seal(archive()).unwrap().into_bytes();
    for length in 0..sidecar.len() {
        assert!(Manifest::of_sidecar(&sidecar[..length]).is_err(), "cut to {length}");
    }
    for bit in 0..sidecar.len() * 8 {
        let mut flipped = sidecar.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(Manifest::of_sidecar(&flipped).is_err(), "bit {bit}");
    }
    let longer = [sidecar.as_slice(), b"\n"].concat();
    assert!(Manifest::of_sidecar(&longer).is_err());
}

#[test]
fn what_we_would_not_write_is_refused() {
    type Change = fn(&mut Manifest);
    let changes: [(&str, Change); 12] = [
        ("id", |manifest| manifest.id = "../x".to_owned()),
        ("negative time", |manifest| manifest.created = -1),
        ("project", |manifest| {
            manifest.files[0].name = "states/../x.state".to_owned();
        }),
        ("name", |manifest| manifest.files[0].name = "../todo.state".to_owned()),
        ("other name", |manifest| {
            manifest.files[0].name = "states/other".to_owned();
        }),
        ("digest", |manifest| manifest.files[0].sha256.make_ascii_uppercase()),
        ("size", |manifest| manifest.files[0].size = MAX_FILE + 1),
        ("twice", |manifest| manifest.files[1] = manifest.files[0].clone()),
        ("two sizes", |manifest| {
            manifest.files[1].sha256 = manifest.files[0].sha256.clone();
        }),
        ("elsewhere", |manifest| {
            manifest.files[0].archive = Some("../x".to_owned());
        }),
        ("here", |manifest| manifest.files[0].archive = Some(manifest.id.clone())),
        ("file and directory", |manifest| {
            manifest.files[0].name = "transcripts/todo/a".to_owned();
            manifest.files[1].name = "transcripts/todo/a/b".to_owned();
        }),
    ];
    for (what, change) in changes {
        let mut manifest = manifest();
        manifest.files[1].size += 1;
        assert!(manifest.check().is_ok());
        change(&mut manifest);
        let text = manifest.to_text().unwrap();
        assert!(Manifest::of_archive(text.as_bytes()).is_err(), "{what}");
    }
}

#[test]
fn more_than_a_backup_may_hold_is_refused() {
    let mut manifest = manifest();
    let template = manifest.files[0].clone();
    let files = |count: usize, size| {
        let file = |n: usize| ManifestFile {
            name: format!("states/p{n}.state"),
            size,
            sha256: format!("{n:064x}"),
            archive: None,
            changing: false,
        };
        (0..count).map(file).collect::<Vec<_>>()
    };
    manifest.files = files(4, MAX_FILE);
    assert!(manifest.check().is_ok());
    manifest.files = files(5, MAX_FILE);
    assert!(matches!(manifest.check(), Err(Damage::TooMuch { unit: "bytes", .. })));
    manifest.files = files(MAX_FILES, 1);
    let text = manifest.to_text().unwrap();
    assert_eq!(Manifest::of_archive(text.as_bytes()).unwrap().files.len(), MAX_FILES);
    manifest.files.push(template);
    let text = manifest.to_text().unwrap();
    assert!(matches!(
        damage(Manifest::of_archive(text.as_bytes())),
        Damage::TooMuch { unit: "files", .. }
    ));
}

#[test]
fn a_newer_format_is_told_from_damage() {
    let text = "format = 2\nmood = \"good\"\n";
    assert!(matches!(
        Manifest::of_archive(text.as_bytes()),
        Err(Unreadable::Newer(2))
    ));
    for format in ["", "format = 0\n"] {
        let text = manifest().to_text().unwrap().replace("format = 1\n", format);
        assert!(matches!(
            damage(Manifest::of_archive(text.as_bytes())),
            Damage::Manifest { .. }
        ));
    }
    let unknown_key = format!("mood = \"good\"\n{}", manifest().to_text().unwrap());
    assert!(matches!(
        damage(Manifest::of_archive(unknown_key.as_bytes())),
        Damage::Manifest { .. }
    ));
}

#[test]
fn messages_of_the_parser_are_shown_escaped() {
    let text = "format = 1\n\"\\u001b[2J\u{202e}\" = 1\n";
    let Damage::Manifest { message } = damage(Manifest::of_archive(text.as_bytes())) else {
        panic!("no parser's message");
    };
    assert!(!message.chars().any(|c| c.is_control() || c == '\u{202e}'), "{message}");
}
