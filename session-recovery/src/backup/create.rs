//! Making a backup.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use session_lock::LockOptions;
use session_lock::replace::{replace_file, stage_writer, sync_dir};
use session_state::{Notice, Store, StoreError};

use super::archive::Writer;
use super::known::Known;
use super::limits::{MAX_FILES, MAX_TOTAL};
use super::manifest::{Manifest, ManifestFile, Reason};
use super::sources::{self, Content, Source};
use super::spool::{Added, Spool, Spooled};
use super::{ArchiveFile, BackupError, BackupSet, Damage, id, open, verify};

/// What to back up.
#[derive(Debug, Clone, Copy)]
pub struct BackupRequest<'a> {
    /// Where the states are.
    pub states: &'a Store,
    /// The projects whose states are backed up; all that have one if `None`.
    pub projects: Option<&'a [String]>,
    /// Further files: configuration, conversations of agents.
    pub extra: &'a [Extra],
    /// Refers to no other backup: the archive alone is all that is needed.
    pub full: bool,
    /// Why, for the manifest.
    pub reason: Reason,
    /// The time, in seconds since 1970 UTC.
    pub now: i64,
    /// The program that asks, with its version, for the manifest.
    pub by: &'a str,
    /// How the lock of the backups is taken.
    pub lock: &'a LockOptions,
}

/// A file that belongs into a backup beside the states.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Extra {
    /// Its name in the tree: [`super::CONFIG`], or one of [`super::transcript_name`].
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
}

/// How far a backup is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Files that have been read.
    pub files: usize,
    /// Files in all.
    pub of: usize,
    /// Bytes that have been read.
    pub bytes: u64,
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
    /// How many of them lie in earlier archives.
    pub reused_files: usize,
    /// The files that were written whenever they were read: they are in it as far as they were.
    pub changing: Vec<String>,
    /// What can't be used, and so is not in it.
    pub skipped: Vec<Skipped>,
    /// What the user should be told about states that are in it.
    pub notices: Vec<(String, Notice)>,
}

/// Something that is not in a backup.
#[derive(Debug)]
pub struct Skipped {
    /// The project whose state it is, or the file's name in the tree.
    pub name: String,
    /// What is wrong with it.
    pub error: BackupError,
}

/// Everything that a new backup holds.
struct Captured {
    files: Vec<ManifestFile>,
    skipped: Vec<Skipped>,
    notices: Vec<(String, Notice)>,
    spooled: Spooled,
}

impl BackupSet {
    /// Backs states up. The new archive is read back and every byte verified before it counts as a backup. What can't be
    /// used keeps nothing else from being backed up: it is reported.
    ///
    /// # Errors
    ///
    /// [`BackupError::Nothing`] if no state can be used, [`StoreError::NoState`] if a named project has none. No backup
    /// is then made; if only the last step failed, an archive without sidecar may be left, which is whole.
    pub fn create(
        &self,
        request: &BackupRequest<'_>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<BackupReport, BackupError> {
        let sources = sources::find(request)?;
        let lock = self.lock(request.lock)?;
        let mut known = Known::read(&self.dir)?;
        if request.full {
            known = known.without_contents();
        }
        let captured = self.capture(request, &sources, &mut known, progress)?;
        let manifest = Manifest {
            id: id::new(request.now)?,
            seq: known.seq.saturating_add(1),
            created: request.now,
            tool: request.by.to_owned(),
            reason: request.reason,
            files: captured.files,
        };
        let file = open::archive_path(&self.dir, &manifest.id);
        let written = self.write(&file, &manifest, captured.spooled)?;
        lock.guard.release();
        let reused = manifest.files.iter().filter(|file| file.archive.is_some()).count();
        let changing = manifest.files.iter().filter(|file| file.changing);
        Ok(BackupReport {
            file,
            bytes: written.bytes,
            projects: manifest.projects(),
            files: manifest.files.len(),
            reused_files: reused,
            changing: changing.map(|file| file.name.clone()).collect(),
            skipped: captured.skipped,
            notices: captured.notices,
        })
    }

    /// The order is what makes a backup safe: archive durable, verified, named; then the sidecar.
    pub(super) fn write(
        &self,
        path: &Path,
        manifest: &Manifest,
        mut contents: Spooled,
    ) -> Result<ArchiveFile, BackupError> {
        let damaged = |damage| open::damaged(path, damage);
        let failed = |source| BackupError::Write {
            path: path.to_owned(),
            source,
        };
        let text = manifest.to_text().map_err(damaged)?;
        let mut writer = Writer::new(stage_writer(path)?, manifest, &text).map_err(failed)?;
        contents
            .for_each(&manifest.contents(None), &mut |sha256, size, frame| {
                writer.add(sha256, size, frame)
            })
            .map_err(failed)?;
        drop(contents);
        let (writer, archive) = writer.finish().map_err(failed)?;
        let staged = writer.finish()?;
        let temporary = staged.temporary_path();
        let file = File::open(temporary).map_err(|source| open::unreadable(temporary, source))?;
        // It is durable by now: what is read back shall come from the disk. Not every file system does as it is told.
        let _from_memory_then = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
        let verified = verify::verify_open(file, path, Some((manifest.clone(), archive.clone())));
        drop(verified?);
        let sidecar = manifest.seal(archive.clone()).map_err(damaged)?;
        let sidecar_path = open::sidecar_path(path).ok_or_else(|| damaged(Damage::NotZstd))?;
        staged.commit()?;
        sync_dir(&self.dir)?;
        replace_file(&sidecar_path, sidecar.as_bytes())?;
        Ok(archive)
    }

    fn capture(
        &self,
        request: &BackupRequest<'_>,
        sources: &[Source],
        known: &mut Known,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Captured, BackupError> {
        loop {
            let captured = self.capture_once(request, sources, known, progress)?;
            let mut references: BTreeMap<String, u64> = BTreeMap::new();
            for file in &captured.files {
                if let Some(archive) = &file.archive {
                    *references.entry(archive.clone()).or_default() += file.size;
                }
            }
            let not_worth_it = known.not_worth_it(&references);
            if not_worth_it.is_empty() {
                return Ok(captured);
            }
            known.forget(&not_worth_it);
        }
    }

    fn capture_once(
        &self,
        request: &BackupRequest<'_>,
        sources: &[Source],
        known: &mut Known,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Captured, BackupError> {
        let dir = request.states.dir();
        let mut spool = Spool::new(&self.dir)?;
        let mut files = Vec::new();
        let (mut skipped, mut notices) = (Vec::new(), Vec::new());
        let (mut total, mut states) = (0_u64, 0);
        for (n, source) in sources.iter().enumerate() {
            progress(Progress {
                files: n,
                of: sources.len(),
                bytes: total,
            });
            let added = match &source.content {
                Content::State(project) => match request.states.load(project) {
                    Ok(Some(loaded)) => {
                        states += 1;
                        notices.extend(loaded.notice.map(|notice| (project.clone(), notice)));
                        Some(spool.add_bytes(&loaded.bytes, known)?)
                    }
                    // It went away since the directory was listed.
                    Ok(None) => None,
                    Err(error) => {
                        let (name, error) = (project.clone(), error.into());
                        skipped.push(Skipped { name, error });
                        None
                    }
                },
                Content::File(path) => match spool.add_file(path, known) {
                    Ok(added) => added,
                    Err(error @ (BackupError::Refused { .. } | BackupError::Read { .. })) => {
                        let name = source.name.clone();
                        skipped.push(Skipped { name, error });
                        None
                    }
                    Err(error) => return Err(error),
                },
            };
            let Some(added) = added else { continue };
            total = total.saturating_add(added.size);
            if total > MAX_TOTAL {
                return Err(too_much(dir, MAX_TOTAL, "bytes"));
            }
            files.push(listed(source, added));
        }
        if states == 0 {
            return Err(BackupError::Nothing {
                dir: dir.to_owned(),
                damaged: skipped.len(),
            });
        }
        if files.len() > MAX_FILES {
            return Err(too_much(dir, MAX_FILES as u64, "files"));
        }
        progress(Progress {
            files: sources.len(),
            of: sources.len(),
            bytes: total,
        });
        Ok(Captured {
            files,
            skipped,
            notices,
            spooled: spool.finish()?,
        })
    }
}

fn listed(source: &Source, added: Added) -> ManifestFile {
    ManifestFile {
        name: source.name.clone(),
        size: added.size,
        sha256: added.sha256,
        archive: added.archive,
        changing: added.changing,
    }
}

pub(super) fn too_much(dir: &Path, limit: u64, unit: &'static str) -> BackupError {
    BackupError::TooMuch {
        dir: dir.to_owned(),
        limit,
        unit,
    }
}

/// A project that was named and has no state.
pub(super) fn no_state(project: &str) -> BackupError {
    StoreError::NoState {
        project: project.to_owned(),
    }
    .into()
}
