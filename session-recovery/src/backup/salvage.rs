//! What is sound of a damaged backup. Every content is a frame of its own, with a checksum, under its own digest: it is
//! found by looking for frames, whatever came before it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use session_state::codec;

use super::archive::{BLOCK, MANIFEST, Visit};
use super::digest::Digesting;
use super::frames::{Frames, MAGIC};
use super::limits::{FREE_CONTENT, MAX_MANIFEST, MAX_RATIO, MAX_STATE};
use super::manifest::{Manifest, ManifestFile};
use super::tree::state_name;
use super::{BackupError, open};

/// The sound part of a damaged backup.
#[derive(Debug)]
pub struct Salvaged {
    /// The archive.
    pub path: PathBuf,
    /// The files whose contents are there.
    pub files: Vec<ManifestFile>,
    /// The names of those that are lost; empty also where no manifest tells.
    pub lost: Vec<String>,
    /// Where each content is: in which archive, and where its frame begins.
    places: BTreeMap<String, (usize, u64)>,
    archives: Vec<File>,
}

/// Looks for everything that is sound in a damaged backup and the archives that it refers to. Where both its manifests
/// are damaged, states are known by what they say themselves.
///
/// # Errors
///
/// [`BackupError::NothingSound`], or that the file can't be read.
pub fn salvage(path: &Path) -> Result<Salvaged, BackupError> {
    let (mut found, file) = scan(path)?;
    let manifest = match open::sidecar(path) {
        Ok(Some((manifest, _))) => Some(manifest),
        _ => found.manifest.take(),
    };
    let mut salvaged = Salvaged {
        path: path.to_owned(),
        files: Vec::new(),
        lost: Vec::new(),
        places: BTreeMap::new(),
        archives: vec![file],
    };
    let Some(manifest) = manifest else {
        salvaged.files = found.states();
        salvaged.add_places(found.places);
        return salvaged.or_nothing();
    };
    salvaged.add_places(found.places);
    for id in manifest.refers_to() {
        let other = open::archive_path(path.parent().unwrap_or(Path::new("")), &id);
        if let Ok((found, file)) = scan(&other) {
            salvaged.archives.push(file);
            salvaged.add_places(found.places);
        }
    }
    for file in manifest.files {
        if salvaged.places.contains_key(&file.sha256) {
            salvaged.files.push(file);
        } else {
            salvaged.lost.push(file.name);
        }
    }
    salvaged.or_nothing()
}

impl Salvaged {
    fn add_places(&mut self, places: BTreeMap<String, u64>) {
        let archive = self.archives.len().saturating_sub(1);
        for (sha256, at) in places {
            self.places.entry(sha256).or_insert((archive, at));
        }
    }

    fn or_nothing(self) -> Result<Self, BackupError> {
        if self.files.is_empty() {
            return Err(BackupError::NothingSound { path: self.path });
        }
        Ok(self)
    }

    /// Reads the contents that are wanted; each must still be what was found.
    pub(super) fn read(&mut self, visit: &mut dyn Visit) -> Result<(), BackupError> {
        let failed = |error| open::unreadable(&self.path, error);
        for (sha256, (archive, at)) in &self.places {
            if !visit.wants(sha256) {
                continue;
            }
            let Some(file) = self.archives.get_mut(*archive) else {
                continue;
            };
            file.seek(SeekFrom::Start(*at)).map_err(failed)?;
            let mut reader = Digesting::new(OneFrame::new(file).map_err(failed)?);
            visit.content(sha256, &mut reader)?;
            io::copy(&mut reader, &mut io::sink()).map_err(failed)?;
            let (_frame, found, _length) = reader.finish();
            if found != *sha256 {
                return Err(open::damaged(&self.path, super::Damage::Digest));
            }
        }
        Ok(())
    }
}

/// What a scan found.
#[derive(Default)]
struct Found {
    manifest: Option<Manifest>,
    places: BTreeMap<String, u64>,
    /// States that can be decoded: their project, when they were saved, their digest and size.
    states: Vec<(String, i64, String, u64)>,
}

impl Found {
    /// The newest state of each project, as the manifest would have listed it.
    fn states(&mut self) -> Vec<ManifestFile> {
        self.states
            .sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        let newest: BTreeMap<_, _> = self
            .states
            .drain(..)
            .map(|(project, _at, sha256, size)| (project, (sha256, size)))
            .collect();
        let listed = newest.into_iter().map(|(project, (sha256, size))| ManifestFile {
            name: state_name(&project),
            size,
            sha256,
            archive: None,
            changing: false,
        });
        listed.collect()
    }
}

/// So much is read at once while frames are looked for: most are short.
const LOOK: usize = 4096;

/// So many places may look like the beginning of a frame and be none: of random bytes that is one in four billions, so more
/// are somebody's doing.
const FALSE_STARTS: usize = 1000;

/// Looks at every place of a file where a frame could begin.
fn scan(path: &Path) -> Result<(Found, File), BackupError> {
    let failed = |error| open::unreadable(path, error);
    let mut file = open::regular(path)?;
    let size = open::size(&file, path)?;
    let mut budget = size.saturating_mul(MAX_RATIO).saturating_add(FREE_CONTENT);
    let mut found = Found::default();
    let mut at = 0;
    let mut false_starts = 0;
    while let Some(start) = next_magic(&mut file, at).map_err(failed)? {
        file.seek(SeekFrom::Start(start)).map_err(failed)?;
        let mut sink = Sink {
            digest: Digesting::new(io::sink()),
            kept: Vec::new(),
            budget,
        };
        let mut frames = Frames::with_buffer(&mut file, 1, LOOK).map_err(failed)?;
        let whole = frames.copy_one(&mut sink).is_ok();
        at = start + if whole { frames.consumed() } else { 1 };
        budget = sink.budget;
        if whole {
            found.add(start, sink);
        } else {
            false_starts += 1;
        }
        if budget == 0 || false_starts > FALSE_STARTS {
            break;
        }
    }
    Ok((found, file))
}

impl Found {
    fn add(&mut self, start: u64, sink: Sink) {
        let kept = sink.kept;
        let (_, sha256, size) = sink.digest.finish();
        if self.manifest.is_none() && kept.starts_with(MANIFEST.as_bytes()) {
            self.manifest = manifest(&kept);
        }
        if kept.len() as u64 == size
            && size <= MAX_STATE
            && let Ok(decoded) = codec::decode(&kept)
        {
            let state = decoded.state;
            self.states.push((state.project, state.saved.at, sha256.clone(), size));
        }
        self.places.entry(sha256).or_insert(start);
    }
}

/// The manifest in the frame of the first entry.
fn manifest(frame: &[u8]) -> Option<Manifest> {
    let (header, content) = frame.split_at_checked(BLOCK as usize)?;
    let mut entry = tar::Header::new_old();
    entry.as_mut_bytes().copy_from_slice(header);
    let size = usize::try_from(entry.entry_size().ok()?).ok()?;
    Manifest::of_archive(content.get(..size)?).ok()
}

/// Digests what a frame holds, and keeps the beginning: enough for a manifest or a state.
struct Sink {
    digest: Digesting<io::Sink>,
    kept: Vec<u8>,
    budget: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = bytes.len() as u64;
        self.budget = self.budget.saturating_sub(length);
        if self.budget == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if self.kept.len() as u64 + length <= MAX_MANIFEST + BLOCK {
            self.kept.extend_from_slice(bytes);
        }
        self.digest.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The next place at or after `from` where the magic number of a frame is.
fn next_magic(file: &mut File, from: u64) -> io::Result<Option<u64>> {
    let mut buffer = [0; LOOK];
    let mut at = from;
    file.seek(SeekFrom::Start(at))?;
    let mut length = 0;
    loop {
        let read = file.read(buffer.get_mut(length..).unwrap_or_default())?;
        length += read;
        let piece = buffer.get(..length).unwrap_or_default();
        if let Some(place) = piece.windows(MAGIC.len()).position(|window| window == MAGIC) {
            return Ok(Some(at + place as u64));
        }
        if read == 0 {
            return Ok(None);
        }
        // The magic number may lie across two pieces.
        let keep = length.min(MAGIC.len() - 1);
        at += (length - keep) as u64;
        buffer.copy_within(length - keep..length, 0);
        length = keep;
    }
}

/// The content of one frame, and not of those that follow.
struct OneFrame<R>(Frames<R>);

impl<R: Read> OneFrame<R> {
    fn new(source: R) -> io::Result<Self> {
        Ok(Self(Frames::new(source, 1)?))
    }
}

impl<R: Read> Read for OneFrame<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.0.ended_one() {
            Ok(0)
        } else {
            self.0.read_one(out)
        }
    }
}
