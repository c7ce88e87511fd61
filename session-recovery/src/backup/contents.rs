//! The entries of an archive: only what a backup of ours has passes. The tar crate's own extraction is never used; it
//! skips or converts what it doesn't like, where this fails.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

use tar::{Archive, Entry, EntryType};

use super::archive::{DATA, MANIFEST, Visit, content_error};
use super::digest::{self, Digesting};
use super::limits::{MAX_FILE, MAX_MANIFEST};
use super::manifest::Manifest;
use super::open::damaged;
use super::{BackupError, Damage};

/// Reads a tar to its end, verifies every entry against the manifest in it, and gives that.
pub(super) fn read(stream: impl Read, path: &Path, visit: &mut dyn Visit) -> Result<Manifest, BackupError> {
    let failed = |error| content_error(path, error);
    let mut archive = Archive::new(stream);
    // Raw: otherwise the crate would read extension headers, as long as they please, before we see the entry.
    let mut entries = archive.entries().map_err(failed)?.raw(true);
    let mut first = entries
        .next()
        .transpose()
        .map_err(failed)?
        .ok_or_else(|| damaged(path, Damage::NoManifest))?;
    let manifest = read_manifest(&mut first, path)?;
    let mut missing = manifest.contents();
    for entry in entries {
        let mut entry = entry.map_err(failed)?;
        read_data(&mut entry, &manifest, &mut missing, path, visit)?;
    }
    if let Some((sha256, _)) = missing.pop_first() {
        let name = format!("{DATA}{sha256}");
        return Err(damaged(path, Damage::Missing { name }));
    }
    read_end(archive.into_inner(), path)?;
    Ok(manifest)
}

fn read_manifest(entry: &mut Entry<'_, impl Read>, path: &Path) -> Result<Manifest, BackupError> {
    if name(entry) != MANIFEST.as_bytes() {
        return Err(damaged(path, Damage::NoManifest));
    }
    check_kind(entry, path)?;
    if entry.size() > MAX_MANIFEST {
        return Err(refused(entry, path, "is too large"));
    }
    let mut bytes = Vec::new();
    entry
        .read_to_end(&mut bytes)
        .map_err(|error| content_error(path, error))?;
    if bytes.len() as u64 != entry.size() {
        return Err(damaged(path, Damage::NoEnd));
    }
    Manifest::of_archive(&bytes).map_err(|error| error.of(path))
}

/// Reads an entry of content, which must be one of `missing`, and strikes it out there.
fn read_data(
    entry: &mut Entry<'_, impl Read>,
    manifest: &Manifest,
    missing: &mut BTreeMap<&str, u64>,
    path: &Path,
    visit: &mut dyn Visit,
) -> Result<(), BackupError> {
    check_kind(entry, path)?;
    let name = name(entry);
    let digest = name
        .strip_prefix(DATA.as_bytes())
        .filter(|digest| digest::is_digest(digest));
    let sha256 = digest.and_then(|digest| String::from_utf8(digest.to_vec()).ok());
    let Some(sha256) = sha256 else {
        return Err(refused(entry, path, "has a name that nothing in a backup has"));
    };
    let Some(size) = missing.remove(sha256.as_str()) else {
        let listed = manifest.files.iter().any(|file| file.sha256 == sha256);
        let why = if listed {
            "occurs twice"
        } else {
            "is not in the manifest"
        };
        return Err(refused(entry, path, why));
    };
    // The manifest's sizes are within the limit, so this bounds what is read.
    if entry.size() != size || size > MAX_FILE {
        return Err(refused(entry, path, "has not the size that the manifest says"));
    }
    let wanted = visit.wants(&sha256);
    let mut content = Vec::new();
    let mut reader = Digesting::new(&mut *entry);
    let read = if wanted {
        reader.read_to_end(&mut content).map(|_| ())
    } else {
        io::copy(&mut reader, &mut io::sink()).map(|_| ())
    };
    read.map_err(|error| content_error(path, error))?;
    let (_entry, found, length) = reader.finish();
    if length != size {
        return Err(damaged(path, Damage::NoEnd));
    }
    if found != sha256 {
        return Err(refused(entry, path, "has not the content that its name says"));
    }
    if wanted {
        visit.content(&sha256, &content)
    } else {
        Ok(())
    }
}

/// A tar ends with two blocks of zeros, of which the first was read to know that it is the end. A tar that was cut off
/// between two entries ends without.
fn read_end(mut stream: impl Read, path: &Path) -> Result<(), BackupError> {
    const BLOCK: usize = 512;
    // GNU tar pads to records of 20 blocks.
    const MOST: usize = 20 * BLOCK;
    let mut buffer = [0_u8; BLOCK];
    let mut zeros = 0_usize;
    loop {
        let length = stream.read(&mut buffer).map_err(|error| content_error(path, error))?;
        let read = buffer.get(..length).unwrap_or_default();
        zeros += length;
        if zeros > MOST || read.iter().any(|&byte| byte != 0) {
            return Err(damaged(path, Damage::Trailing));
        }
        if length == 0 {
            break;
        }
    }
    if zeros < BLOCK {
        Err(damaged(path, Damage::NoEnd))
    } else {
        Ok(())
    }
}

/// The allow-list of entries: plain files as [`super::archive::Writer`] adds them.
fn check_kind(entry: &Entry<'_, impl Read>, path: &Path) -> Result<(), BackupError> {
    if entry.header().entry_type() != EntryType::Regular {
        return Err(refused(entry, path, "is no regular file"));
    }
    if entry.header().mode().ok() != Some(0o600) {
        return Err(refused(entry, path, "has a mode that nothing in a backup has"));
    }
    Ok(())
}

fn name(entry: &Entry<'_, impl Read>) -> Vec<u8> {
    entry.header().path_bytes().into_owned()
}

fn refused(entry: &Entry<'_, impl Read>, path: &Path, why: &'static str) -> BackupError {
    let name = String::from_utf8_lossy(&name(entry)).into_owned();
    damaged(path, Damage::Refused { name, why })
}
