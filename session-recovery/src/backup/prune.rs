//! Removing backups that a policy doesn't keep.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use session_lock::LockOptions;
use session_lock::replace::{remove_file, sync_dir};

use super::retention::{Candidate, Keep, RetentionPolicy, retention};
use super::{Backup, BackupError, BackupSet, known, list, open, verify};

/// What became, or would become, of one backup.
#[derive(Debug)]
pub struct Pruned {
    /// The archive.
    pub file: PathBuf,
    /// Why it stays; it goes if there is no reason.
    pub keep: BTreeSet<Keep>,
    /// What is wrong with it, where that is why it stays: nobody can tell what is in it.
    pub unreadable: bool,
    /// Whether something is wrong with it: it takes no place among those that stay.
    pub damaged: bool,
    /// Whether it is gone.
    pub removed: bool,
}

impl BackupSet {
    /// Removes the backups that the policy doesn't keep. What isn't as it was written takes no place among them: every byte
    /// of what stays as the newest sound backup of a project is verified, and before anything goes the digests of all that
    /// stay because so many are to be kept.
    ///
    /// Only files whose manifest is ours are looked at. The sidecar goes first: a crash between the two leaves an archive
    /// that is a whole backup, never a manifest without archive.
    ///
    /// # Errors
    ///
    /// [`BackupError::Retention`], or what keeps a file from being removed.
    pub fn prune(
        &self,
        policy: &RetentionPolicy,
        now: i64,
        dry_run: bool,
        options: &LockOptions,
    ) -> Result<Vec<Pruned>, BackupError> {
        if !self.dir.exists() {
            let _empty = retention(&[], now, policy)?;
            return Ok(Vec::new());
        }
        let lock = if dry_run { None } else { Some(self.lock(options)?) };
        let backups = list(&self.dir)?;
        let mut pruned = self.judge(&backups, policy, now)?;
        if !dry_run {
            for backup in pruned
                .iter_mut()
                .filter(|backup| backup.keep.is_empty() && !backup.unreadable)
            {
                self.remove(&backup.file)?;
                backup.removed = true;
            }
        }
        if let Some(lock) = lock {
            lock.guard.release();
        }
        Ok(pruned)
    }

    fn judge(&self, backups: &[Backup], policy: &RetentionPolicy, now: i64) -> Result<Vec<Pruned>, BackupError> {
        let mut candidates: Vec<Candidate> = backups.iter().filter_map(candidate).collect();
        let mut proven = BTreeSet::new();
        let mut digests = BTreeMap::new();
        loop {
            let verdicts = retention(&candidates, now, policy)?;
            let something_goes = verdicts.iter().any(|verdict| verdict.keep.is_empty());
            let unproven = verdicts.iter().find_map(|verdict| {
                let guards = verdict.keep.iter().any(|why| matches!(why, Keep::NewestSound(_)));
                let counts = something_goes && verdict.keep.iter().any(Keep::counts);
                let wanted = (guards || counts) && !proven.contains(&(verdict.id.clone(), guards));
                wanted.then(|| (verdict.id.clone(), guards))
            });
            let Some((id, guards)) = unproven else {
                return Ok(backups
                    .iter()
                    .map(|backup| pruned(backup, &verdicts, &candidates))
                    .collect());
            };
            let is_sound = if guards {
                verify(&open::archive_path(&self.dir, &id)).is_ok()
            } else {
                self.has_its_digests(&id, &mut digests)
            };
            for candidate in candidates.iter_mut().filter(|candidate| candidate.id == id) {
                candidate.sound &= is_sound;
            }
            proven.insert((id.clone(), guards));
            proven.insert((id, false));
        }
    }

    /// Whether the archive of a backup and those that it refers to have the digests that they had when they were verified.
    /// Each is read once. One without sidecar was verified when it was listed.
    fn has_its_digests(&self, id: &str, digests: &mut BTreeMap<String, bool>) -> bool {
        let path = open::archive_path(&self.dir, id);
        let refers_to = match open::sidecar(&path) {
            Ok(Some((manifest, _))) => manifest.refers_to(),
            Ok(None) => return true,
            Err(_) => return false,
        };
        refers_to.into_iter().chain([id.to_owned()]).all(|id| {
            let path = open::archive_path(&self.dir, &id);
            *digests.entry(id).or_insert_with(|| match open::sidecar(&path) {
                Ok(Some((_, recorded))) => known::digest_of(&path).is_ok_and(|found| found == recorded),
                Ok(None) => verify(&path).is_ok(),
                Err(_) => false,
            })
        })
    }

    fn remove(&self, archive: &std::path::Path) -> Result<(), BackupError> {
        if let Some(sidecar) = open::sidecar_path(archive).filter(|path| path.exists()) {
            remove_file(&sidecar)?;
            sync_dir(&self.dir)?;
        }
        if archive.exists() {
            remove_file(archive)?;
            sync_dir(&self.dir)?;
        }
        Ok(())
    }
}

fn stem(backup: &Backup) -> Option<&str> {
    open::archive_stem(backup.file.file_name()?.to_str()?)
}

/// `None` if nobody can tell what is in it.
fn candidate(backup: &Backup) -> Option<Candidate> {
    Some(Candidate {
        id: stem(backup)?.to_owned(),
        seq: backup.seq?,
        created: backup.created?,
        projects: backup.projects.clone(),
        sound: backup.errors.is_empty(),
        refers_to: backup.refers_to.clone(),
        renamed: backup.renamed,
    })
}

fn pruned(backup: &Backup, verdicts: &[super::retention::Verdict], candidates: &[Candidate]) -> Pruned {
    let found_damaged = candidates
        .iter()
        .any(|candidate| stem(backup) == Some(candidate.id.as_str()) && !candidate.sound);
    let verdict = verdicts
        .iter()
        .find(|verdict| stem(backup) == Some(verdict.id.as_str()));
    Pruned {
        file: backup.file.clone(),
        keep: verdict.map(|verdict| verdict.keep.clone()).unwrap_or_default(),
        unreadable: verdict.is_none(),
        damaged: found_damaged,
        removed: false,
    }
}
