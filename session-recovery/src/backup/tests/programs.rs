//! Standard tools read our archives.

use std::process::{Command, Output};

use super::*;

/// The test fails, rather than passing without having looked, where the program is missing.
fn run(program: &str, arguments: &[&str], file: &Path) -> Output {
    let output = Command::new(program).args(arguments).arg(file).output();
    let output = output.unwrap_or_else(|error| panic!("{program} is needed for this test: {error}"));
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

#[test]
fn zstd_finds_an_archive_sound() {
    let place = Place::new();
    run("zstd", &["-q", "-t"], &place.archive(&[b"one", b"two"]));
}

#[test]
fn tar_lists_and_extracts_an_archive() {
    let place = Place::new();
    let path = place.archive(&[b"one", b"two"]);
    let listing = run("tar", &["--zstd", "-tf"], &path);
    let data = |content: &[u8]| format!("data/{}", digest::of(content));
    let names = String::from_utf8(listing.stdout).unwrap();
    assert_eq!(
        names.lines().collect::<Vec<_>>(),
        ["manifest.toml", "names.txt", "restore.sh", &data(b"two"), &data(b"one")]
    );
    let target = place.root.path().join("extracted");
    fs::create_dir(&target).unwrap();
    let extracted = run("tar", &["-C", target.to_str().unwrap(), "--zstd", "-xf"], &path);
    assert_eq!(String::from_utf8_lossy(&extracted.stderr), "");
    assert_eq!(fs::read(target.join(data(b"two"))).unwrap(), b"two");
}
