//! The entries of an archive: only what a backup of ours has passes. The tar crate's own extraction is never used; it
//! skips or converts what it doesn't like, where this fails.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use tar::{EntryType, Header};

use super::archive::{BLOCK, DATA, MANIFEST, Visit, content_error, padding};
use super::digest::{self, Digesting};
use super::frames::Frames;
use super::limits::{FREE_CONTENT, MAX_MANIFEST, MAX_RATIO, MAX_SCRIPT};
use super::manifest::Manifest;
use super::open::damaged;
use super::script::{NAMES, SCRIPT, names};
use super::{BackupError, Damage};

/// Reads a tar to its end, verifies every entry against the manifest in it, and gives that.
pub(super) fn read<R: Read>(
    frames: &mut Frames<R>,
    archive_bytes: u64,
    path: &Path,
    visit: &mut dyn Visit,
) -> Result<Manifest, BackupError> {
    let mut entries = Entries { frames, path };
    let manifest = read_manifest(&mut entries)?;
    let mut missing = manifest.contents(None);
    check_ratio(&missing, archive_bytes).map_err(|damage| damaged(path, damage))?;
    let names = entries.whole(NAMES, MAX_MANIFEST, Damage::NoNames)?;
    if names != self::names(&manifest).as_bytes() {
        return Err(damaged(path, Damage::NoNames));
    }
    drop(names);
    let _script = entries.whole(SCRIPT, MAX_SCRIPT, Damage::NoNames)?;
    entries.frames.allow(2 * missing.len() as u64);
    while let Some(header) = entries.next()? {
        let (sha256, size) = expected(&header, &manifest, &mut missing).map_err(|damage| damaged(path, damage))?;
        entries.content(&header, &sha256, size, visit)?;
    }
    if let Some((sha256, _)) = missing.pop_first() {
        let name = format!("{DATA}{sha256}");
        return Err(damaged(path, Damage::Missing { name }));
    }
    Ok(manifest)
}

/// A few kilobytes that promise gigabytes are not worth reading.
pub(super) fn check_ratio(contents: &BTreeMap<&str, u64>, archive_bytes: u64) -> Result<(), Damage> {
    let total = contents.values().fold(0_u64, |sum, size| sum.saturating_add(*size));
    let limit = archive_bytes.saturating_mul(MAX_RATIO).saturating_add(FREE_CONTENT);
    if total > limit {
        return Err(Damage::TooMuch { limit, unit: "bytes" });
    }
    Ok(())
}

fn read_manifest<R: Read>(entries: &mut Entries<'_, R>) -> Result<Manifest, BackupError> {
    let bytes = entries.whole(MANIFEST, MAX_MANIFEST, Damage::NoManifest)?;
    Manifest::of_archive(&bytes).map_err(|error| error.of(entries.path))
}

/// The digest and size of an entry of content, which must be one of `missing` and is struck out there.
fn expected(header: &Header, manifest: &Manifest, missing: &mut BTreeMap<&str, u64>) -> Result<(String, u64), Damage> {
    check_kind(header)?;
    let name = header.path_bytes();
    let digest = name
        .strip_prefix(DATA.as_bytes())
        .filter(|digest| digest::is_digest(digest))
        .and_then(|digest| String::from_utf8(digest.to_vec()).ok());
    let Some(sha256) = digest else {
        return Err(refused(header, "has a name that nothing in a backup has"));
    };
    let Some(size) = missing.remove(sha256.as_str()) else {
        let listed = manifest.files.iter().any(|file| file.sha256 == sha256);
        return Err(refused(
            header,
            if listed {
                "occurs twice, or where it doesn't belong"
            } else {
                "is not in the manifest"
            },
        ));
    };
    // The manifest's sizes are within the limit, so this bounds what is read.
    if header.entry_size().ok() != Some(size) {
        return Err(refused(header, "has not the size that the manifest says"));
    }
    Ok((sha256, size))
}

/// The tar, entry by entry. Headers are read as they are: the crate would follow extension headers, as long as they
/// please, before we see the entry.
struct Entries<'a, R> {
    frames: &'a mut Frames<R>,
    path: &'a Path,
}

impl<R: Read> Entries<'_, R> {
    /// The next header; none at the tar's end, which must also be the archive's.
    fn next(&mut self) -> Result<Option<Header>, BackupError> {
        let mut header = Header::new_old();
        self.exactly(header.as_mut_bytes())?;
        if header.as_bytes().iter().all(|&byte| byte == 0) {
            self.end()?;
            return Ok(None);
        }
        let sum: u32 = header
            .as_bytes()
            .iter()
            .enumerate()
            .map(|(at, &byte)| if (148..156).contains(&at) { 32 } else { u32::from(byte) })
            .sum();
        if header.cksum().ok() != Some(sum) {
            return Err(self.damaged(Damage::NoTar));
        }
        Ok(Some(header))
    }

    /// The whole content of an entry that must come now; else the archive has this `damage`.
    fn whole(&mut self, name: &str, limit: u64, damage: Damage) -> Result<Vec<u8>, BackupError> {
        let Some(header) = self.next()? else {
            return Err(self.damaged(damage));
        };
        if &*header.path_bytes() != name.as_bytes() {
            return Err(self.damaged(damage));
        }
        check_kind(&header).map_err(|damage| self.damaged(damage))?;
        let size = header.entry_size().unwrap_or(u64::MAX);
        if size > limit {
            return Err(self.damaged(refused(&header, "is too large")));
        }
        let mut bytes = Vec::new();
        let read = (&mut *self.frames).take(size).read_to_end(&mut bytes);
        read.map_err(|error| content_error(self.path, error))?;
        if bytes.len() as u64 != size {
            return Err(self.damaged(Damage::NoEnd));
        }
        self.zeros(padding(size))?;
        Ok(bytes)
    }

    fn content(&mut self, header: &Header, sha256: &str, size: u64, visit: &mut dyn Visit) -> Result<(), BackupError> {
        let mut reader = Digesting::new((&mut *self.frames).take(size));
        if visit.wants(sha256) {
            visit.content(sha256, &mut reader)?;
        }
        io::copy(&mut reader, &mut io::sink()).map_err(|error| content_error(self.path, error))?;
        let (_frames, found, length) = reader.finish();
        if length != size {
            return Err(self.damaged(Damage::NoEnd));
        }
        if found != sha256 {
            return Err(self.damaged(refused(header, "has not the content that its name says")));
        }
        self.zeros(padding(size))
    }

    /// Padding. What isn't zero there is something hidden.
    fn zeros(&mut self, count: usize) -> Result<(), BackupError> {
        let mut buffer = [0_u8; BLOCK as usize];
        let padding = buffer.get_mut(..count).unwrap_or_default();
        self.exactly(padding)?;
        if padding.iter().any(|&byte| byte != 0) {
            return Err(self.damaged(Damage::Trailing));
        }
        Ok(())
    }

    /// A tar ends with two blocks of zeros, of which the first was read to know that it is the end. A tar that was cut
    /// off between two entries ends without.
    fn end(&mut self) -> Result<(), BackupError> {
        self.zeros(BLOCK as usize)?;
        let mut one = [0_u8; 1];
        match self.frames.read(&mut one) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.damaged(Damage::Trailing)),
            Err(error) => Err(content_error(self.path, error)),
        }
    }

    fn exactly(&mut self, buffer: &mut [u8]) -> Result<(), BackupError> {
        self.frames.read_exact(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.damaged(Damage::NoEnd),
            _ => content_error(self.path, error),
        })
    }

    fn damaged(&self, damage: Damage) -> BackupError {
        damaged(self.path, damage)
    }
}

/// The allow-list of entries: plain files as [`super::archive::Writer`] adds them.
fn check_kind(header: &Header) -> Result<(), Damage> {
    if header.entry_type() != EntryType::Regular || header.link_name_bytes().is_some() {
        return Err(refused(header, "is no regular file"));
    }
    if header.mode().ok() != Some(0o600) {
        return Err(refused(header, "has a mode that nothing in a backup has"));
    }
    Ok(())
}

fn refused(header: &Header, why: &'static str) -> Damage {
    let name = String::from_utf8_lossy(&header.path_bytes()).into_owned();
    Damage::Refused { name, why }
}
