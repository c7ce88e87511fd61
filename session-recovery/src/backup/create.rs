//! Making a backup.

use std::fs::File;
use std::path::{Path, PathBuf};

use session_lock::LockOptions;
use session_lock::replace::{StagedWriter, replace_file, stage_writer, sync_dir};
use session_state::{Notice, Store, StoreError};

use super::archive::{DATA, MANIFEST, Writer};
use super::limits::{MAX_FILES, MAX_TOTAL};
use super::manifest::{FORMAT, Manifest, ManifestFile, Reason, state_name};
use super::{ArchiveFile, BackupError, BackupSet, Damage, digest, id, open, verify};

/// What to back up.
#[derive(Debug, Clone, Copy)]
pub struct BackupRequest<'a> {
    /// Where the states are.
    pub states: &'a Store,
    /// The projects whose states are backed up; all that have one if `None`.
    pub projects: Option<&'a [String]>,
    /// Why, for the manifest.
    pub reason: Reason,
    /// The time, in seconds since 1970 UTC.
    pub now: i64,
    /// The program that asks, with its version, for the manifest.
    pub by: &'a str,
    /// How the lock of the backups is taken.
    pub lock: &'a LockOptions,
}

/// A backup that was made and verified.
#[derive(Debug)]
pub struct BackupReport {
    /// The archive.
    pub file: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// The projects in it, sorted.
    pub projects: Vec<String>,
    /// How many files it holds.
    pub files: usize,
    /// How many of them lie in earlier archives. Always 0 so far: each backup holds all that it lists.
    pub reused_files: usize,
    /// Projects whose states can't be used, and so are not in it.
    pub skipped: Vec<Skipped>,
    /// What the user should be told about states that are in it.
    pub notices: Vec<(String, Notice)>,
}

/// A project that is not in a backup.
#[derive(Debug)]
pub struct Skipped {
    /// The project.
    pub project: String,
    /// What is wrong with its state.
    pub error: StoreError,
}

/// States as they were at one moment each: a file that changes while it is archived would make a corrupt archive.
#[derive(Default)]
struct Captured {
    files: Vec<ManifestFile>,
    contents: Vec<Vec<u8>>,
    skipped: Vec<Skipped>,
    notices: Vec<(String, Notice)>,
}

impl BackupSet {
    /// Backs states up. The new archive is read back and every byte verified before it counts as a backup. States that
    /// can't be used keep the others from nothing: they are reported.
    ///
    /// # Errors
    ///
    /// [`BackupError::Nothing`] if no state can be used, [`StoreError::NoState`] if a named project has none. No backup
    /// is then made; if only the last step failed, an archive without sidecar may be left, which is whole.
    pub fn create(&self, request: &BackupRequest<'_>) -> Result<BackupReport, BackupError> {
        let captured = capture(request)?;
        let manifest = Manifest {
            format: FORMAT,
            id: id::new(request.now)?,
            created: request.now,
            created_at: id::rfc3339(request.now)?,
            tool: request.by.to_owned(),
            reason: request.reason,
            archive: None,
            files: captured.files,
        };
        let lock = self.lock(request.lock)?;
        let file = open::archive_path(&self.dir, &manifest.id);
        let written = self.write(&file, &manifest, &captured.contents)?;
        lock.guard.release();
        Ok(BackupReport {
            file,
            bytes: written.bytes,
            projects: manifest.projects(),
            files: manifest.files.len(),
            reused_files: 0,
            skipped: captured.skipped,
            notices: captured.notices,
        })
    }

    /// The order is what makes a backup safe: archive durable, verified, named; then the sidecar.
    pub(super) fn write(
        &self,
        path: &Path,
        manifest: &Manifest,
        contents: &[Vec<u8>],
    ) -> Result<ArchiveFile, BackupError> {
        let damaged = |damage| open::damaged(path, damage);
        let text = manifest.to_text().map_err(damaged)?;
        let (writer, archive) =
            archive(stage_writer(path)?, text.as_bytes(), manifest, contents).map_err(|source| BackupError::Write {
                path: path.to_owned(),
                source,
            })?;
        let staged = writer.finish()?;
        let temporary = staged.temporary_path();
        let file = File::open(temporary).map_err(|source| open::unreadable(temporary, source))?;
        verify::verify_open(file, path, Some((manifest.clone(), archive.clone())))?;
        let sidecar = manifest.seal(archive.clone()).map_err(damaged)?;
        let sidecar_path = open::sidecar_path(path).ok_or_else(|| damaged(Damage::NotZstd))?;
        staged.commit()?;
        sync_dir(&self.dir)?;
        replace_file(&sidecar_path, sidecar.as_bytes())?;
        Ok(archive)
    }
}

fn archive(
    out: StagedWriter,
    manifest_text: &[u8],
    manifest: &Manifest,
    contents: &[Vec<u8>],
) -> std::io::Result<(StagedWriter, ArchiveFile)> {
    let mut writer = Writer::new(out)?;
    writer.add(MANIFEST, manifest_text)?;
    let mut written = std::collections::BTreeSet::new();
    for (file, content) in manifest.files.iter().zip(contents) {
        if written.insert(&file.sha256) {
            writer.add(&format!("{DATA}{}", file.sha256), content)?;
        }
    }
    writer.finish()
}

fn capture(request: &BackupRequest<'_>) -> Result<Captured, BackupError> {
    let dir = request.states.dir();
    let mut projects = match request.projects {
        Some(named) => named.to_vec(),
        None => request.states.projects()?,
    };
    projects.sort();
    projects.dedup();
    if projects.len() > MAX_FILES {
        return Err(too_much(dir, MAX_FILES as u64, "files"));
    }
    let mut captured = Captured::default();
    let mut total = 0_u64;
    for project in projects {
        let loaded = match request.states.load(&project) {
            Ok(Some(loaded)) => loaded,
            // Without names: it went away since the directory was listed.
            Ok(None) if request.projects.is_none() => continue,
            Ok(None) => return Err(StoreError::NoState { project }.into()),
            Err(error @ StoreError::InvalidName { .. }) => return Err(error.into()),
            Err(error) => {
                captured.skipped.push(Skipped { project, error });
                continue;
            }
        };
        let size = loaded.bytes.len() as u64;
        total = total.saturating_add(size);
        if total > MAX_TOTAL {
            return Err(too_much(dir, MAX_TOTAL, "bytes"));
        }
        captured.files.push(ManifestFile {
            name: state_name(&project),
            size,
            sha256: digest::of(&loaded.bytes),
            project: project.clone(),
        });
        captured.contents.push(loaded.bytes);
        captured.notices.extend(loaded.notice.map(|notice| (project, notice)));
    }
    if captured.files.is_empty() {
        return Err(BackupError::Nothing {
            dir: dir.to_owned(),
            damaged: captured.skipped.len(),
        });
    }
    Ok(captured)
}

fn too_much(dir: &Path, limit: u64, unit: &'static str) -> BackupError {
    BackupError::TooMuch {
        dir: dir.to_owned(),
        limit,
        unit,
    }
}
