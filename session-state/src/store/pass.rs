//! One pass that puts prepared states in their places: each step is done for all of them before the next begins.
//!
//! Write and sync the new files beside the old ones; read them back; give the old ones their second name in the history
//! and sync that; rename; sync the directory. Until the rename nothing has changed, and what fails after it is undone,
//! so that a save which reports an error has left the old state.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use session_lock::replace::{
    PrivateDir, ReplaceError, Staged, create_private_dir, hard_link, remove_file, rename, replace_file, stage_all,
    sweep_leftovers, sync_dir, sync_dirs,
};

use super::former::Former;
use super::history::entry;
use super::{ExclusiveStore, HistoryEntry, Loaded, Saving, StoreError, Thinning, file, keep_plan};
use crate::SessionState;

/// A state that is to take its place.
pub(super) struct Prepared {
    pub(super) project: String,
    pub(super) path: PathBuf,
    /// `None` if it is there already.
    pub(super) bytes: Option<Vec<u8>>,
    pub(super) former: Former,
    pub(super) changed: bool,
    /// Whether the former state needs no place in the history.
    pub(super) amends: bool,
}

/// A state on its way.
struct Job {
    saving: Saving,
    project: String,
    former: Former,
    amends: bool,
    staged: Option<Staged>,
    /// The second name of the old file.
    second_name: Option<PathBuf>,
    /// The history with it, newest first.
    history: Vec<HistoryEntry>,
    /// Whether the new file has the old one's place.
    in_place: bool,
}

/// States that are on the disk beside those whose places they are to take ([`ExclusiveStore::stage_all`]). Those that are
/// there when it is dropped leave everything as it was.
#[must_use = "nothing has its place yet"]
pub struct StagedStates<'a> {
    store: &'a ExclusiveStore<'a>,
    /// With the project of each.
    jobs: Vec<(String, Result<Job, StoreError>)>,
}

impl StagedStates<'_> {
    /// Gives those of the projects that are `wanted` their places, with one result for each in their order. The others stay
    /// beside theirs.
    pub fn commit(&mut self, wanted: impl Fn(&str) -> bool) -> Vec<Result<Saving, StoreError>> {
        let jobs = std::mem::take(&mut self.jobs).into_iter();
        let (wanted, others): (Vec<_>, Vec<_>) = jobs.partition(|(project, _)| wanted(project));
        self.jobs = others;
        self.store.commit(wanted.into_iter().map(|(_, job)| job).collect())
    }
}

impl Drop for StagedStates<'_> {
    fn drop(&mut self) {
        let jobs = self.jobs.iter_mut().filter_map(|(_, job)| job.as_mut().ok());
        jobs.for_each(Job::forget_second_name);
    }
}

impl ExclusiveStore<'_> {
    /// One result for each, in their order.
    pub(super) fn pass(&self, prepared: Vec<Result<Prepared, StoreError>>) -> Vec<Result<Saving, StoreError>> {
        self.commit(self.begin(prepared))
    }

    /// The same of states of these projects, up to the renames.
    pub(super) fn begin_pass(
        &self,
        projects: impl Iterator<Item = String>,
        prepared: Vec<Result<Prepared, StoreError>>,
    ) -> StagedStates<'_> {
        StagedStates {
            store: self,
            jobs: projects.zip(self.begin(prepared)).collect(),
        }
    }

    fn begin(&self, prepared: Vec<Result<Prepared, StoreError>>) -> Vec<Result<Job, StoreError>> {
        let mut jobs = self.staged(prepared);
        each(&mut jobs, |job| self.keep_former(job));
        self.sync_second_names(&mut jobs);
        jobs
    }

    fn commit(&self, mut jobs: Vec<Result<Job, StoreError>>) -> Vec<Result<Saving, StoreError>> {
        each(&mut jobs, |job| {
            let Some(staged) = job.staged.take() else { return Ok(()) };
            if let Err(error) = staged.commit() {
                job.forget_second_name();
                return Err(error.into());
            }
            job.in_place = true;
            Ok(())
        });
        // Also if nothing was written: whoever wrote what is there may have died before this.
        if let Err(error) = sync_dir(&self.store.dir) {
            // What isn't durable isn't saved, for none of them.
            each(&mut jobs, |job| {
                job.put_back();
                Err(not_durable(&error))
            });
        }
        let saved = jobs.into_iter().map(|job| {
            let job = job?;
            if let (Former::Good(loaded), Some(_)) = (&job.former, job.saving.kept) {
                Self::thin_out(&loaded.state, &job.history);
            }
            Ok(job.saving)
        });
        saved.collect()
    }

    /// All files written, synced and read back.
    fn staged(&self, prepared: Vec<Result<Prepared, StoreError>>) -> Vec<Result<Job, StoreError>> {
        let to_write = prepared.iter().flatten().filter_map(|prepared| {
            let bytes = prepared.bytes.as_deref()?;
            Some((prepared.path.as_path(), bytes))
        });
        let mut staged = stage_all(to_write).into_iter();
        let jobs = prepared.into_iter().map(|prepared| {
            let prepared = prepared?;
            let staged = match &prepared.bytes {
                Some(bytes) => staged.next().transpose()?.map(|staged| (staged, bytes)),
                None => None,
            };
            let staged = match staged {
                Some((staged, bytes)) if !reads_back(&staged, bytes)? => {
                    drop(staged);
                    return Err(StoreError::SelfCheck {
                        project: prepared.project,
                    });
                }
                other => other.map(|(staged, _bytes)| staged),
            };
            Ok(Job {
                saving: Saving {
                    path: prepared.path,
                    changed: prepared.changed,
                    kept: None,
                    quarantined: None,
                },
                project: prepared.project,
                former: prepared.former,
                amends: prepared.amends,
                staged,
                second_name: None,
                history: Vec::new(),
                in_place: false,
            })
        });
        jobs.collect()
    }

    /// A second name for the old file: in the history, or in the quarantine.
    fn keep_former(&self, job: &mut Job) -> Result<(), StoreError> {
        if job.staged.is_none() {
            return Ok(());
        }
        match &job.former {
            Former::Good(loaded) if job.saving.changed && !job.amends => {
                job.history = self.keep(&job.saving.path, &job.project, loaded)?;
                job.saving.kept = job.history.first().map(|entry| entry.seq);
                job.second_name = job.history.first().map(|entry| entry.path.clone());
            }
            Former::Damaged(damage) => {
                let aside = self.quarantine(&job.saving.path, damage)?;
                job.saving.quarantined = Some(aside.clone());
                job.second_name = Some(aside);
            }
            Former::Good(_) | Former::None => {}
        }
        Ok(())
    }

    /// The history with the former state as its newest.
    fn keep(&self, path: &Path, project: &str, former: &Loaded) -> Result<Vec<HistoryEntry>, StoreError> {
        let directory = self.store.history_dir(project)?;
        make_directory(&directory)?;
        let mut history = self.store.history(project)?;
        // A save that was cut off before its rename has kept this very file already.
        if history.first().is_some_and(|newest| is_same_file(&newest.path, path)) {
            return Ok(history);
        }
        let seq = history.first().map_or(0, |newest| newest.seq).saturating_add(1);
        let panes = former.state.windows.iter().map(|window| window.panes.len()).sum();
        let entry = entry(&directory, seq, former.state.saved.at, panes);
        if hard_link(path, &entry.path).is_err() {
            // Some file systems have no second names.
            let _removed = sweep_leftovers(&directory)?;
            replace_file(&entry.path, &former.bytes)?;
        }
        history.insert(0, entry);
        Ok(history)
    }

    fn sync_second_names(&self, jobs: &mut [Result<Job, StoreError>]) {
        let names = jobs.iter().flatten().filter_map(|job| job.second_name.as_deref());
        let directories: BTreeSet<PathBuf> = names.filter_map(Path::parent).map(Path::to_owned).collect();
        let synced = sync_dirs(directories.iter().cloned().collect());
        for (directory, synced) in directories.iter().zip(synced) {
            let Err(error) = synced else { continue };
            for job in jobs.iter_mut() {
                let in_there = |job: &Job| job.second_name.as_deref().and_then(Path::parent) == Some(directory);
                if let Ok(found) = job
                    && in_there(found)
                {
                    found.forget_second_name();
                    *job = Err(not_durable(&error));
                }
            }
        }
    }

    /// Entries that are old enough go. The save is done by now: what can't be removed goes another time.
    fn thin_out(former: &SessionState, history: &[HistoryEntry]) {
        let thinning = Thinning::default();
        // The oldest time among the newest entries: a clock that is years ahead for a while makes nothing old.
        let newest = history.iter().take(thinning.last).map(|entry| entry.at);
        let now = newest.chain([former.saved.at]).min().unwrap_or_default();
        let keep = keep_plan(history, now, thinning);
        for entry in history.iter().filter(|entry| !keep.contains(&entry.seq)) {
            let _another_time = remove_file(&entry.path);
        }
    }
}

impl Job {
    /// Nothing has taken the old file's place: its second name goes again, or becomes its name again.
    fn forget_second_name(&mut self) {
        let Some(name) = self.second_name.take() else { return };
        let place = &self.saving.path;
        let _as_far_as_it_goes = if is_same_file(&name, place) {
            remove_file(&name)
        } else if std::fs::symlink_metadata(place).is_err() {
            rename(&name, place)
        } else {
            Ok(())
        };
    }

    /// The old file takes its place again, or there is none again. There is nobody to tell if that fails too: the file
    /// is then the new one, whole, and the caller knows that it may not last.
    fn put_back(&mut self) {
        if !self.in_place {
            return;
        }
        let _as_far_as_it_goes = match (self.second_name.take(), &self.former) {
            (Some(name), _) => rename(&name, &self.saving.path),
            (None, Former::None) => remove_file(&self.saving.path),
            (None, Former::Good(loaded)) => replace_file(&self.saving.path, &loaded.bytes),
            // There always is a second name of it.
            (None, Former::Damaged(_)) => Ok(()),
        };
    }
}

/// Does `step` for those that came through so far.
fn each(jobs: &mut [Result<Job, StoreError>], mut step: impl FnMut(&mut Job) -> Result<(), StoreError>) {
    for job in jobs {
        if let Ok(found) = job
            && let Err(error) = step(found)
        {
            *job = Err(error);
        }
    }
}

/// Whether the new file holds what it should, as another process would read it.
fn reads_back(staged: &Staged, bytes: &[u8]) -> Result<bool, StoreError> {
    let found = file::read(staged.temporary_path())?;
    Ok(matches!(found, Some(Ok(found)) if found == bytes))
}

pub(super) fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path| std::fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()));
    matches!((identity(one), identity(other)), (Ok(one), Ok(other)) if one == other)
}

/// A private directory whose own name survives a power cut.
pub(super) fn make_directory(path: &Path) -> Result<(), StoreError> {
    if create_private_dir(path)? == PrivateDir::Created {
        for above in path.ancestors().skip(1).take(2) {
            sync_dir(above)?;
        }
    }
    Ok(())
}

fn not_durable(error: &ReplaceError) -> StoreError {
    let (path, kind) = match error {
        ReplaceError::Io { path, source, .. } => (path.clone(), source.kind()),
        ReplaceError::Unsafe { path, .. } => (path.clone(), io::ErrorKind::PermissionDenied),
        _ => (PathBuf::new(), io::ErrorKind::Other),
    };
    ReplaceError::Io {
        action: "make durable",
        path,
        source: kind.into(),
    }
    .into()
}
