//! Listing backups.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{ArchiveFile, Manifest};
use super::verify::{verify, verify_open};
use super::{BackupError, Damage, id, open};

/// A backup, as far as its sidecar tells.
#[derive(Debug)]
pub struct Backup {
    /// The archive.
    pub file: PathBuf,
    /// When it was made, in seconds since 1970 UTC; `None` if damage hides it.
    pub created: Option<i64>,
    /// The archive's size in bytes.
    pub bytes: u64,
    /// The projects in it, sorted.
    pub projects: Vec<String>,
    /// Its number among the backups; `None` if damage hides it.
    pub seq: Option<u64>,
    /// The backups whose archives hold contents of it.
    pub refers_to: Vec<String>,
    /// Its file isn't called as it was when it was written: somebody made a copy, or gave it another name.
    pub renamed: bool,
    /// `Some(true)`: every byte was verified just now, for want of a sidecar. `Some(false)`: it is damaged, see
    /// `errors`. `None`: it was verified when it was written, its sidecar is sound, and its size is still the same; only
    /// [`verify`] tells whether its bytes are. With `errors`: a newer tsm wrote it.
    pub verified: Option<bool>,
    /// What is wrong with it.
    pub errors: Vec<BackupError>,
}

/// What a directory has under one name.
#[derive(Default)]
struct Found {
    archive: bool,
    sidecar: bool,
}

/// The backups in a directory, newest first; none if there is no such directory. What isn't ours is not listed: an
/// archive without sidecar is ours only if it verifies, which takes as long as reading it.
///
/// # Errors
///
/// [`BackupError::Read`] if the directory can't be read. What is wrong with one backup is said in its `errors`.
pub fn list(dir: &Path) -> Result<Vec<Backup>, BackupError> {
    let mut backups: Vec<_> = names(dir)?
        .into_iter()
        .filter_map(|(id, found)| examine(&open::archive_path(dir, &id), &found))
        .collect();
    // Names sort by time, so they decide where the same second, or damage, leaves it open.
    backups.sort_by(|one, other| (other.created, &other.file).cmp(&(one.created, &one.file)));
    Ok(backups)
}

fn names(dir: &Path) -> Result<BTreeMap<String, Found>, BackupError> {
    let unreadable = |error| open::unreadable(dir, error);
    let entries = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        entries => entries.map_err(unreadable)?,
    };
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    for entry in entries {
        let name = entry.map_err(unreadable)?.file_name();
        let Some(name) = name.to_str() else { continue };
        if let Some(stem) = open::archive_stem(name) {
            found.entry(stem.to_owned()).or_default().archive = true;
        } else if let Some(stem) = open::sidecar_stem(name) {
            found.entry(stem.to_owned()).or_default().sidecar = true;
        }
    }
    Ok(found)
}

/// `None` if it isn't ours.
fn examine(path: &Path, found: &Found) -> Option<Backup> {
    if !found.sidecar {
        let verified = verify(path).ok()?;
        return Some(backup(path, &verified.manifest, verified.bytes, Some(true), Vec::new()));
    }
    match open::sidecar(path) {
        Ok(Some((manifest, archive))) => {
            let error = check_file(path, &archive)
                .and_then(|()| check_references(path, &manifest))
                .err();
            let verified = error.as_ref().map(|_| false);
            Some(backup(
                path,
                &manifest,
                archive.bytes,
                verified,
                error.into_iter().collect(),
            ))
        }
        Ok(None) => None,
        // Some program's settings, or our sidecar with a bit flipped: the name tells.
        Err(error) => damaged_sidecar(path, found, error),
    }
}

/// The archive alone still says what is in it, if it is sound.
fn damaged_sidecar(path: &Path, found: &Found, error: BackupError) -> Option<Backup> {
    let is_ours = open::archive_stem(path.file_name()?.to_str()?).is_some_and(id::is_id);
    if !is_ours {
        return None;
    }
    let is_newer = matches!(error, BackupError::NewerFormat { .. });
    let mut errors = vec![error];
    if is_newer {
        // It can't be read here, which doesn't make it damaged.
    } else if !found.archive {
        errors.push(open::damaged(path, Damage::NoArchive));
    } else {
        match open::archive(path).and_then(|file| verify_open(file, path, None)) {
            Ok(alone) => return Some(backup(path, &alone.manifest, alone.bytes, Some(false), errors)),
            Err(error) => errors.push(error),
        }
    }
    Some(Backup {
        file: path.to_owned(),
        created: None,
        bytes: std::fs::metadata(path).map_or(0, |metadata| metadata.len()),
        projects: Vec::new(),
        seq: None,
        refers_to: Vec::new(),
        renamed: false,
        verified: (!is_newer).then_some(false),
        errors,
    })
}

/// What can be told without reading the whole file.
fn check_file(path: &Path, recorded: &ArchiveFile) -> Result<(), BackupError> {
    let file = open::archive(path).map_err(|error| match error {
        BackupError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => {
            open::damaged(path, Damage::NoArchive)
        }
        error => error,
    })?;
    let found = open::size(&file, path)?;
    if found == recorded.bytes {
        return Ok(());
    }
    Err(open::damaged(
        path,
        Damage::Size {
            recorded: recorded.bytes,
            found,
        },
    ))
}

/// Whether the archives that it refers to are still there.
fn check_references(path: &Path, manifest: &Manifest) -> Result<(), BackupError> {
    for id in manifest.refers_to() {
        let other = open::archive_path(path.parent().unwrap_or(Path::new("")), &id);
        if let Err(error) = open::archive(&other) {
            let source = Box::new(error);
            return Err(open::damaged(path, Damage::Reference { id, source }));
        }
    }
    Ok(())
}

/// What the sound sidecars in a directory say, where the archives are there and have the right size. One after the other:
/// a manifest has a line for every file, and there may be hundreds of backups.
pub(super) fn for_each_sidecar(dir: &Path, read: &mut dyn FnMut(Manifest, ArchiveFile)) -> Result<(), BackupError> {
    for id in names(dir)?.into_keys() {
        let path = open::archive_path(dir, &id);
        if let Ok(Some((manifest, archive))) = open::sidecar(&path)
            && manifest.id == id
            && check_file(&path, &archive).is_ok()
        {
            read(manifest, archive);
        }
    }
    Ok(())
}

fn backup(path: &Path, manifest: &Manifest, bytes: u64, verified: Option<bool>, errors: Vec<BackupError>) -> Backup {
    Backup {
        file: path.to_owned(),
        created: Some(manifest.created),
        bytes,
        projects: manifest.projects(),
        seq: Some(manifest.seq),
        refers_to: manifest.refers_to(),
        renamed: path != open::archive_path(path.parent().unwrap_or(Path::new("")), &manifest.id),
        verified,
        errors,
    }
}
