//! Archives that somebody made to do harm: none is a backup of ours, all must be refused.
#![expect(
    clippy::unwrap_used,
    reason = "what can't be made here fails the test that asked for it"
)]

use std::collections::BTreeMap;
use std::io::Write;

use tar::{Builder, EntryType, Header};

const DIGEST: &str = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";

/// Every one of them by its name.
///
/// # Panics
/// When one can't be made, which would be a mistake here.
pub fn hostile_archives() -> BTreeMap<String, Vec<u8>> {
    let mut corpus = BTreeMap::new();
    let data = format!("data/{DIGEST}");
    let names: [&[u8]; 17] = [
        b"../x",
        b"../../../../tmp/x",
        b"/etc/passwd",
        b"data/../x",
        b"./data/x",
        b"data//x",
        b"data/x/..",
        b".",
        b"..",
        b"",
        b"data",
        b"data/",
        b"new\nline",
        b"esc\x1b[2J",
        b"\xff\xfe",
        b"manifest.toml",
        b"D/x",
    ];
    for name in names {
        let bytes = Tar::begun().entry(name, EntryType::Regular, 0o600, b"one").zstd();
        corpus.insert(format!("name-{:?}", String::from_utf8_lossy(name)), bytes);
    }
    for kind in b"123456789gxLKSDMVZ" {
        let kind = EntryType::new(*kind);
        corpus.insert(
            format!("kind-{kind:?}"),
            Tar::begun().entry(&data, kind, 0o600, b"").zstd(),
        );
    }
    for mode in [0o4755, 0o6777, 0o666, 0o000] {
        corpus.insert(
            format!("mode-{mode:o}"),
            Tar::begun().entry(&data, EntryType::Regular, mode, b"one").zstd(),
        );
    }
    let good = || Tar::begun().entry(&data, EntryType::Regular, 0o600, b"one");
    corpus.insert(
        "symlink-then-write".into(),
        Tar::begun()
            .entry(&data, EntryType::Symlink, 0o600, b"")
            .entry(&data, EntryType::Regular, 0o600, b"one")
            .zstd(),
    );
    corpus.insert(
        "twice".into(),
        good().entry(&data, EntryType::Regular, 0o600, b"one").zstd(),
    );
    corpus.insert(
        "other-content".into(),
        Tar::begun().entry(&data, EntryType::Regular, 0o600, b"eno").zstd(),
    );
    corpus.insert("nothing".into(), Tar::empty().zstd());
    corpus.insert("missing".into(), Tar::begun().zstd());
    corpus.insert(
        "longer-than-said".into(),
        Tar::begun().entry(&data, EntryType::Regular, 0o600, b"one two").zstd(),
    );
    corpus.insert(
        "size-of-octal-max".into(),
        Tar::begun()
            .sized(&data, EntryType::Regular, 0o77777777777, b"one")
            .zstd(),
    );
    corpus.insert(
        "pax-size".into(),
        Tar::begun()
            .entry("x", EntryType::XHeader, 0o600, b"18 size=1000000000\n")
            .entry(&data, EntryType::Regular, 0o600, b"one")
            .zstd(),
    );
    corpus.insert("million-entries".into(), {
        let tar = Tar::begun().bytes();
        let entry = Tar::empty().entry("x", EntryType::Regular, 0o600, b"").bytes();
        let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        encoder.write_all(&tar[..tar.len() - 1024]).unwrap();
        for _ in 0..100_000 {
            encoder.write_all(&entry[..512]).unwrap();
        }
        encoder.finish().unwrap()
    });
    let tar = Tar::begun().bytes();
    corpus.insert("zero-bomb".into(), zeros(&tar[..tar.len() - 1024], 1024));
    corpus.insert("bare-zeros".into(), zeros(&[], 1024));
    let long = Tar::empty()
        .sized("././@LongLink", EntryType::GNULongName, 256 * 1024 * 1024, &[])
        .0
        .into_inner()
        .unwrap();
    corpus.insert("long-name-bomb".into(), zeros(&long[..512], 256));
    let huge = format!("{DIGEST} 17179869184 - - states/todo.state\n");
    corpus.insert("promises-too-much".into(), Tar::with(&manifest(&huge)).zstd());
    let many: String = (0..100_000)
        .map(|n| format!("{n:064x} 1 - - states/p{n}.state\n"))
        .collect();
    corpus.insert("too-many-files".into(), Tar::with(&manifest(&many)).zstd());
    corpus.insert(
        "manifest-of-brackets".into(),
        Tar::with(&format!("x = {}\n", "[".repeat(4_000_000))).zstd(),
    );
    corpus.insert(
        "manifest-of-tables".into(),
        Tar::with(&"[[a]]\n".repeat(1_000_000)).zstd(),
    );
    corpus.insert("manifest-bomb".into(), {
        let head = Tar::empty()
            .sized("manifest.toml", EntryType::Regular, 1 << 30, &[])
            .0
            .into_inner()
            .unwrap();
        zeros(&head[..512], 1024)
    });
    for (name, lines) in [
        ("leads-up", format!("{DIGEST} 3 - - states/../../x.state\n")),
        ("absolute", format!("{DIGEST} 3 - - /etc/passwd\n")),
        ("escape", format!("{DIGEST} 3 - - transcripts/todo/\u{1b}[2J\n")),
        (
            "refers-to-itself",
            format!("{DIGEST} 3 20231114T221320Z-0123456789abcdef - states/todo.state\n"),
        ),
        (
            "refers-elsewhere",
            format!("{DIGEST} 3 ../../../etc/passwd - states/todo.state\n"),
        ),
        (
            "refers-to-none",
            format!("{DIGEST} 3 20231114T221320Z-fedcba9876543210 - states/todo.state\n"),
        ),
        (
            "file-and-directory",
            format!("{DIGEST} 3 - - transcripts/a/b\n{DIGEST} 3 - - transcripts/a/b/c\n"),
        ),
        ("listed-twice", line() + &line()),
    ] {
        corpus.insert(
            format!("manifest-{name}"),
            Tar::with(&manifest(&lines))
                .entry(&data, EntryType::Regular, 0o600, b"one")
                .zstd(),
        );
    }
    let whole = good().bytes();
    corpus.insert("no-checksum".into(), zstd_with(&whole, false, None));
    corpus.insert("huge-window".into(), zstd_with(&whole, true, Some(27)));
    corpus.insert("plain-tar".into(), whole.clone());
    corpus.insert(
        "skippable-frame".into(),
        [&zstd(&whole)[..], &[0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]].concat(),
    );
    corpus.insert("second-frame".into(), [zstd(&whole), zstd(b"more")].concat());
    corpus.insert(
        "empty-frames".into(),
        [zstd(&whole), zstd(b"").repeat(100_000)].concat(),
    );
    corpus.insert("trailing".into(), [&zstd(&whole)[..], b"x"].concat());
    corpus.insert("magic-only".into(), [0x28, 0xb5, 0x2f, 0xfd].repeat(200_000));
    corpus
}

/// A manifest that lists one content (`one`) and, instead of a line, whatever is given.
fn manifest(lines: &str) -> String {
    format!(
        "format = 1\nid = \"20231114T221320Z-0123456789abcdef\"\nseq = 1\ncreated = 1700000000\n\
         created_at = \"2023-11-14T22:13:20Z\"\ntool = \"x\"\nreason = \"manual\"\n\n[tree]\nfiles = '''\n{lines}'''\n"
    )
}

fn line() -> String {
    format!("{DIGEST} 3 - - states/todo.state\n")
}

struct Tar(Builder<Vec<u8>>);

impl Tar {
    fn empty() -> Self {
        Self(Builder::new(Vec::new()))
    }

    /// As ours begin.
    fn begun() -> Self {
        Self::with(&manifest(&line()))
    }

    fn with(manifest: &str) -> Self {
        let names = format!("{DIGEST} 20231114T221320Z-0123456789abcdef.tar.zst states/todo.state\n");
        Self::empty()
            .entry("manifest.toml", EntryType::Regular, 0o600, manifest.as_bytes())
            .entry("names.txt", EntryType::Regular, 0o600, names.as_bytes())
            .entry("restore.sh", EntryType::Regular, 0o600, b"#!/bin/sh\n")
    }

    fn entry(mut self, name: impl AsRef<[u8]>, kind: EntryType, mode: u32, content: &[u8]) -> Self {
        let name = name.as_ref();
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        if !matches!(kind, EntryType::Regular) {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    fn sized(mut self, name: &str, kind: EntryType, size: u64, content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_path(name).unwrap();
        header.set_entry_type(kind);
        header.set_mode(0o600);
        header.set_size(size);
        header.set_cksum();
        self.0.get_mut().extend_from_slice(header.as_bytes());
        self.0.get_mut().extend_from_slice(content);
        self
    }

    fn bytes(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }

    fn zstd(self) -> Vec<u8> {
        zstd(&self.bytes())
    }
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd_with(bytes, true, None)
}

fn zstd_with(bytes: &[u8], checksum: bool, window: Option<u32>) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(checksum).unwrap();
    if let Some(window) = window {
        encoder.window_log(window).unwrap();
    }
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// So many zeros, compressed without ever being in memory.
fn zeros(before: &[u8], mebibytes: usize) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(before).unwrap();
    let piece = vec![0; 1024 * 1024];
    for _ in 0..mebibytes {
        encoder.write_all(&piece).unwrap();
    }
    encoder.finish().unwrap()
}
