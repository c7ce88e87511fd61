//! Files that change exactly while they are read.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;

use super::*;

struct Place {
    _root: tempfile::TempDir,
    spool: Spool,
    known: Known,
    file: PathBuf,
}

impl Place {
    fn new(content: &[u8]) -> Self {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("talk.jsonl");
        fs::write(&file, content).unwrap();
        Self {
            spool: Spool::new(root.path()).unwrap(),
            known: Known::read(root.path()).unwrap(),
            file,
            _root: root,
        }
    }

    /// Adds the file; after every reading of it `change` has its turn, with the number of that reading.
    fn add(&mut self, change: impl Fn(&Path, usize)) -> (Result<Option<Added>, BackupError>, usize) {
        let (known, path) = (&mut self.known, &self.file);
        let mut readings = 0;
        let added = self.spool.add_by(path, &mut |spool, file, size| {
            let added = spool.add_open(file, size, path, known);
            readings += 1;
            change(path, readings);
            added
        });
        (added, readings)
    }
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

/// A conversation that is written to whenever it is read is in the backup as far as it was at one moment.
#[test]
fn a_file_that_keeps_growing_is_taken_as_far_as_it_is() {
    let mut place = Place::new(b"first\n");
    let (added, readings) = place.add(|path, _| append(path, b"more\n"));
    let added = added.unwrap().unwrap();
    assert_eq!((readings, added.changing), (ATTEMPTS, true));
    let then = b"first\nmore\nmore\n";
    assert_eq!(
        (added.size, added.sha256),
        (then.len() as u64, super::super::digest::of(then))
    );
    assert_eq!(fs::read(&place.file).unwrap(), b"first\nmore\nmore\nmore\n");
}

#[test]
fn a_file_that_changes_once_is_read_again_and_whole() {
    let mut place = Place::new(b"first\n");
    let (added, readings) = place.add(|path, reading| {
        if reading == 1 {
            append(path, b"more\n");
        }
    });
    let added = added.unwrap().unwrap();
    assert_eq!((readings, added.changing), (2, false));
    assert_eq!(added.sha256, super::super::digest::of(b"first\nmore\n"));
}

#[test]
fn a_file_that_nobody_writes_is_read_once() {
    let mut place = Place::new(b"first\n");
    let (added, readings) = place.add(|_, _| {});
    assert_eq!((readings, added.unwrap().unwrap().changing), (1, false));
}

/// What was to be read isn't there any more: nothing that is said of it would be true.
#[test]
fn a_file_that_gets_shorter_whenever_it_is_read_is_refused() {
    let mut place = Place::new(b"a long conversation");
    let path = place.file.clone();
    let known = &mut place.known;
    let refused = place.spool.add_by(&path, &mut |spool, file, size| {
        let half = OpenOptions::new().write(true).open(&path).unwrap();
        half.set_len(size / 2).unwrap();
        spool.add_open(file, size, &path, known)
    });
    assert!(matches!(refused, Err(BackupError::Refused { .. })), "{refused:?}");
}
