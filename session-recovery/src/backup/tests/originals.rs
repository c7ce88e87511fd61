//! Backups of the original scripts.

use std::io::Write;
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::*;

/// A state file as the original scripts wrote it.
fn original(project: &str) -> String {
    format!(
        "# Session state\nPROJECT=\"{project}\"\nSESSION_NAME=\"claude-{project}\"\nWORKING_DIR=\"/old\"\n\
         CURRENT_PATH=\"/old\"\nLAST_SAVE=1724513234\nWINDOW_LAYOUT=\"b25d,80x24,0,0,0\"\nPANE_INFO=\"0:80x24\"\n\
         CLAUDE_PID=\n"
    )
}

/// An archive that the real tar made of a directory with two states, as `arguments` say.
fn tarred(place: &Place, name: &str, arguments: &[&str]) -> PathBuf {
    let dir = place.root.path().join("session-states");
    fs::create_dir_all(&dir).unwrap();
    for project in ["todo", "article"] {
        fs::write(dir.join(format!("{project}.state")), original(project)).unwrap();
    }
    fs::write(dir.join("notes.txt"), "no state").unwrap();
    let file = place.root.path().join(name);
    let status = Command::new("tar")
        .arg("-czf")
        .arg(&file)
        .args(arguments)
        .current_dir(place.root.path())
        .status();
    assert!(status.unwrap().success());
    file
}

fn restore(place: &Place, file: &Path) -> Result<Vec<String>, BackupError> {
    let source = RestoreSource::Original(read_original(file)?);
    let report = place.apply(plan_restore(source, None, &place.destinations())?)?;
    Ok(report.restored.into_iter().map(|(project, _)| project).collect())
}

#[test]
fn all_sessions_in_any_directory() {
    for (arguments, expected) in [
        (&["-C", "session-states", "."][..], &["article", "todo"][..]),
        (&["session-states"], &["article", "todo"]),
        (&["-C", "session-states", "todo.state"], &["todo"]),
    ] {
        let place = Place::new();
        let file = tarred(&place, "all_sessions_20250824_120000.tar.gz", arguments);
        assert_eq!(restore(&place, &file).unwrap(), expected, "{arguments:?}");
        assert_eq!(place.saved("todo").unwrap(), Path::new("/old"));
    }
}

#[test]
fn what_it_replaces_is_backed_up() {
    let place = Place::new();
    place.save("todo", "/new");
    let file = tarred(
        &place,
        "todo_session_20250824_120000.tar.gz",
        &["-C", "session-states", "todo.state"],
    );
    assert_eq!(restore(&place, &file).unwrap(), ["todo"]);
    assert_eq!(list(place.set.dir()).unwrap().len(), 1);
    assert_eq!(place.store.history("todo").unwrap().len(), 1);
}

#[test]
fn every_truncation_and_flip_is_noticed_or_harmless() {
    let place = Place::new();
    let file = tarred(&place, "all_sessions_1.tar.gz", &["-C", "session-states", "."]);
    let sound = fs::read(&file).unwrap();
    let expected: Vec<_> = read_original(&file).unwrap().files;
    for length in (0..sound.len()).step_by(effort::step()) {
        fs::write(&file, &sound[..length]).unwrap();
        assert!(read_original(&file).is_err(), "cut to {length}");
    }
    for bit in (0..sound.len() * 8).step_by(effort::step()) {
        let mut flipped = sound.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&file, &flipped).unwrap();
        // The header of gzip bears a time and a name, which no checksum covers and nobody reads.
        if let Ok(original) = read_original(&file) {
            assert_eq!(original.files, expected, "bit {bit}");
        }
    }
}

fn forged(entries: &[(&str, EntryType, &[u8])]) -> Result<Original, BackupError> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, kind, content) in entries {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        if !matches!(kind, EntryType::Regular | EntryType::Directory) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        builder.append(&header, *content).unwrap();
    }
    let bytes = builder.into_inner().unwrap().finish().unwrap();
    let dir = tempdir().unwrap();
    let path = dir.path().join("x.tar.gz");
    fs::write(&path, bytes).unwrap();
    read_original(&path)
}

#[test]
fn only_plain_files_and_directories_below_pass() {
    let state = original("todo");
    let state = state.as_bytes();
    assert!(
        forged(&[
            ("d/", EntryType::Directory, b""),
            ("d/todo.state", EntryType::Regular, state)
        ])
        .is_ok()
    );
    for name in [
        "../todo.state",
        "/todo.state",
        "a/../../todo.state",
        "todo.state\u{1b}[2J",
        "",
    ] {
        let found = damage(forged(&[
            ("ok.state", EntryType::Regular, state),
            (name, EntryType::Regular, state),
        ]));
        assert!(matches!(found, Damage::Refused { .. }), "{name:?}: {found:?}");
    }
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Fifo,
        EntryType::Char,
        EntryType::Block,
        EntryType::Continuous,
        EntryType::GNULongName,
        EntryType::GNULongLink,
        EntryType::GNUSparse,
        EntryType::XHeader,
        EntryType::XGlobalHeader,
        EntryType::new(b'Z'),
    ] {
        let found = damage(forged(&[("todo.state", kind, b"")]));
        assert!(
            matches!(found, Damage::Refused { .. } | Damage::Content(_)),
            "{kind:?}: {found:?}"
        );
    }
    let twice = [
        ("a/todo.state", EntryType::Regular, state),
        ("b/todo.state", EntryType::Regular, state),
    ];
    assert!(matches!(damage(forged(&twice)), Damage::Refused { .. }));
    assert!(matches!(
        damage(forged(&[("x.txt", EntryType::Regular, b"")])),
        Damage::NoManifest
    ));
}

#[test]
fn a_bomb_is_not_decompressed() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1024 * 1024];
    let mut header = Header::new_gnu();
    header.set_path("notes.txt").unwrap();
    header.set_mode(0o644);
    header.set_size(512 * zeros.len() as u64);
    header.set_cksum();
    encoder.write_all(header.as_bytes()).unwrap();
    for _ in 0..512 {
        encoder.write_all(&zeros).unwrap();
    }
    let dir = tempdir().unwrap();
    let path = dir.path().join("x.tar.gz");
    fs::write(&path, encoder.finish().unwrap()).unwrap();
    assert!(read_original(&path).is_err());
}
