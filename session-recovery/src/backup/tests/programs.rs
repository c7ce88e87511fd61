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

/// Nothing of tsm is needed: the script in the archive, GNU tar and zstd do it, across archives.
#[test]
fn the_script_in_the_archive_restores_it() {
    let place = Place::new();
    place.save("a", "/one");
    place.save("b", "/one");
    place.back_up();
    place.save("a", "/two");
    let file = place
        .create(&BackupRequest {
            now: NOW + 1,
            ..place.request()
        })
        .unwrap()
        .file;
    assert_eq!(verify(&file).unwrap().manifest.refers_to().len(), 1);
    let script = place.root.path().join("restore.sh");
    let output = Command::new("tar")
        .args(["--zstd", "-xOf"])
        .arg(&file)
        .arg("restore.sh")
        .output()
        .unwrap();
    fs::write(&script, output.stdout).unwrap();
    let target = place.root.path().join("by hand");
    let status = Command::new("sh")
        .arg(&script)
        .arg(&file)
        .arg(&target)
        .status()
        .unwrap();
    assert!(status.success());
    let by_hand: Vec<_> = everything(&target.join("states"))
        .into_iter()
        .map(|(path, content)| (path.strip_prefix(target.join("states")).unwrap().to_owned(), content))
        .collect();
    let live: Vec<_> = everything(place.store.dir())
        .into_iter()
        .map(|(path, content)| (path.strip_prefix(place.store.dir()).unwrap().to_owned(), content))
        .collect();
    assert_eq!(by_hand, live);
}
