//! Verifying a backup: every byte against the manifest and the sidecar, and of the archives that it refers to too.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use super::archive::{self, VerifyOnly, Visit};
use super::manifest::{ArchiveFile, Manifest};
use super::{BackupError, Damage, open};

/// A backup of which every byte was verified. It stays open: what is restored from it comes from the very files that
/// were verified, also if others have their names meanwhile.
#[derive(Debug)]
pub struct Verified {
    /// The archive.
    pub path: PathBuf,
    /// What it holds.
    pub manifest: Manifest,
    /// Its size in bytes.
    pub bytes: u64,
    /// Whether there is a sidecar that confirms it. Without one, a backup vouches for itself.
    pub sidecar: bool,
    own: Part,
    others: Vec<(String, Part)>,
}

/// One archive, open.
#[derive(Debug)]
struct Part {
    path: PathBuf,
    file: File,
    archive: ArchiveFile,
}

/// Reads a whole backup and fails if it is not exactly as it was written: size and digest against its sidecar, if it
/// has one, the checksums of the compressed data, the digest of each content, and that no content is missing or too
/// many; and the same of the archives that it refers to. Takes memory for the manifest, not for the contents.
///
/// # Errors
///
/// [`BackupError::Damaged`], [`BackupError::NewerFormat`] and [`BackupError::Unsupported`] about the file,
/// [`BackupError::Read`] if it can't be read.
pub fn verify(path: &Path) -> Result<Verified, BackupError> {
    let file = open::archive(path)?;
    let sidecar = open::sidecar(path)?;
    verify_open(file, path, sidecar)
}

/// As [`verify`], of an open file and what its sidecar says.
pub(super) fn verify_open(
    file: File,
    path: &Path,
    sidecar: Option<(Manifest, ArchiveFile)>,
) -> Result<Verified, BackupError> {
    let has_sidecar = sidecar.is_some();
    let (manifest, own) = read_part(file, path, sidecar)?;
    let mut others = Vec::new();
    for id in manifest.refers_to() {
        let part = other(path, &manifest, &id).map_err(|source| {
            let damage = Damage::Reference {
                id: id.clone(),
                source: Box::new(source),
            };
            open::damaged(path, damage)
        })?;
        others.push((id, part));
    }
    Ok(Verified {
        path: path.to_owned(),
        manifest,
        bytes: own.archive.bytes,
        sidecar: has_sidecar,
        own,
        others,
    })
}

fn read_part(
    file: File,
    path: &Path,
    sidecar: Option<(Manifest, ArchiveFile)>,
) -> Result<(Manifest, Part), BackupError> {
    let size = open::size(&file, path)?;
    if let Some((_, recorded)) = &sidecar
        && recorded.bytes != size
    {
        let damage = Damage::Size {
            recorded: recorded.bytes,
            found: size,
        };
        return Err(open::damaged(path, damage));
    }
    let (manifest, archive) = archive::read(&file, size, path, &mut VerifyOnly)?;
    if let Some((expected, recorded)) = sidecar {
        if recorded != archive {
            return Err(open::damaged(path, Damage::Digest));
        }
        if expected != manifest {
            return Err(open::damaged(path, Damage::OtherManifest));
        }
    }
    let path = path.to_owned();
    Ok((manifest, Part { path, file, archive }))
}

/// The archive of the backup `id`, which lies beside the one that refers to it.
fn other(beside: &Path, referring: &Manifest, id: &str) -> Result<Part, BackupError> {
    let path = open::archive_path(beside.parent().unwrap_or(Path::new("")), id);
    let (manifest, part) = read_part(open::archive(&path)?, &path, open::sidecar(&path)?)?;
    if manifest.id != id {
        return Err(open::damaged(&path, Damage::OtherManifest));
    }
    let held = manifest.contents(None);
    for (sha256, size) in referring.contents(Some(id)) {
        if held.get(sha256) != Some(&size) {
            let name = format!("{}{sha256}", archive::DATA);
            return Err(open::damaged(&path, Damage::Missing { name }));
        }
    }
    Ok(part)
}

impl Verified {
    /// Reads the archives that hold what is wanted once more, for their contents, and fails if they are no longer what
    /// was verified.
    pub(super) fn read(&mut self, visit: &mut dyn Visit) -> Result<(), BackupError> {
        let manifest = &self.manifest;
        read_again(&mut self.own, manifest.contents(None).into_keys().collect(), visit)?;
        for (id, part) in &mut self.others {
            let held: BTreeSet<&str> = manifest.contents(Some(id)).into_keys().collect();
            if held.iter().any(|sha256| visit.wants(sha256)) {
                read_again(part, held, visit)?;
            }
        }
        Ok(())
    }
}

fn read_again(part: &mut Part, held: BTreeSet<&str>, visit: &mut dyn Visit) -> Result<(), BackupError> {
    let failed = |source| open::unreadable(&part.path, source);
    part.file.rewind().map_err(failed)?;
    let size = open::size(&part.file, &part.path)?;
    let (_manifest, found) = archive::read(&part.file, size, &part.path, &mut Only { held, visit })?;
    if found != part.archive {
        return Err(open::damaged(&part.path, Damage::Digest));
    }
    Ok(())
}

/// Of an archive that other backups share, only what this one holds there.
struct Only<'a> {
    held: BTreeSet<&'a str>,
    visit: &'a mut dyn Visit,
}

impl Visit for Only<'_> {
    fn wants(&self, sha256: &str) -> bool {
        self.held.contains(sha256) && self.visit.wants(sha256)
    }

    fn content(&mut self, sha256: &str, content: &mut dyn Read) -> Result<(), BackupError> {
        self.visit.content(sha256, content)
    }
}
