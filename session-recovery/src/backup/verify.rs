//! Verifying a backup: every byte against the manifest and the sidecar.

use std::fs::File;
use std::io::Seek;
use std::path::{Path, PathBuf};

use super::archive::{self, VerifyOnly, Visit};
use super::manifest::{ArchiveFile, Manifest};
use super::{BackupError, Damage, open};

/// A backup of which every byte was verified. It stays open: what is restored from it comes from the very file that was
/// verified, also if another has its name meanwhile.
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
    sha256: String,
    file: File,
}

/// Reads a whole backup and fails if it is not exactly as it was written: size and digest against its sidecar, if it
/// has one, the checksum of the compressed data, the digest of each content, and that no content is missing or too
/// many. Takes memory for the manifest, not for the contents.
///
/// # Errors
///
/// [`BackupError::Damaged`], [`BackupError::NewerFormat`] and [`BackupError::Unsupported`] about the file,
/// [`BackupError::Read`] if it can't be read.
pub fn verify(path: &Path) -> Result<Verified, BackupError> {
    let file = open::archive(path)?;
    let sidecar = open::sidecar(path)?;
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
    verify_open(file, path, sidecar)
}

/// As [`verify`], of an open file and what its sidecar says.
pub(super) fn verify_open(
    file: File,
    path: &Path,
    sidecar: Option<(Manifest, ArchiveFile)>,
) -> Result<Verified, BackupError> {
    let (manifest, found) = archive::read(&file, path, &mut VerifyOnly)?;
    if let Some((expected, recorded)) = &sidecar {
        if *recorded != found {
            return Err(open::damaged(path, Damage::Digest));
        }
        if *expected != manifest {
            return Err(open::damaged(path, Damage::OtherManifest));
        }
    }
    Ok(Verified {
        path: path.to_owned(),
        manifest,
        bytes: found.bytes,
        sidecar: sidecar.is_some(),
        sha256: found.sha256,
        file,
    })
}

impl Verified {
    /// Reads it once more, for its contents, and fails if it is no longer what was verified.
    pub(super) fn read(&mut self, visit: &mut dyn Visit) -> Result<(), BackupError> {
        self.file
            .rewind()
            .map_err(|source| open::unreadable(&self.path, source))?;
        let (manifest, found) = archive::read(&self.file, &self.path, visit)?;
        if manifest != self.manifest || found.sha256 != self.sha256 {
            return Err(open::damaged(&self.path, Damage::Digest));
        }
        Ok(())
    }
}
