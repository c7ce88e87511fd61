//! Removing backups that a policy doesn't keep.

use std::collections::BTreeSet;
use std::path::PathBuf;

use session_lock::LockOptions;
use session_lock::replace::{remove_file, sync_dir};

use super::retention::{Candidate, Keep, RetentionPolicy, retention};
use super::{Backup, BackupError, BackupSet, list, open, verify};

/// What became, or would become, of one backup.
#[derive(Debug)]
pub struct Pruned {
    /// The archive.
    pub file: PathBuf,
    /// Why it stays; it goes if there is no reason.
    pub keep: BTreeSet<Keep>,
    /// What is wrong with it, where that is why it stays: nobody can tell what is in it.
    pub unreadable: bool,
    /// Whether it is gone.
    pub removed: bool,
}

impl BackupSet {
    /// Removes the backups that the policy doesn't keep. Before anything goes, every byte of what stays as the newest sound
    /// backup of a project is verified.
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
        let mut verified = BTreeSet::new();
        loop {
            let verdicts = retention(&candidates, now, policy)?;
            let guards = verdicts
                .iter()
                .filter(|verdict| verdict.keep.iter().any(|why| matches!(why, Keep::NewestSound(_))));
            let unproven = guards
                .map(|verdict| &verdict.id)
                .find(|id| !verified.contains(*id))
                .cloned();
            let Some(id) = unproven else {
                return Ok(backups.iter().map(|backup| pruned(backup, &verdicts)).collect());
            };
            if verify(&open::archive_path(&self.dir, &id)).is_err() {
                for candidate in candidates.iter_mut().filter(|candidate| candidate.id == id) {
                    candidate.sound = false;
                }
            }
            verified.insert(id);
        }
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
    })
}

fn pruned(backup: &Backup, verdicts: &[super::retention::Verdict]) -> Pruned {
    let verdict = verdicts
        .iter()
        .find(|verdict| stem(backup) == Some(verdict.id.as_str()));
    Pruned {
        file: backup.file.clone(),
        keep: verdict.map(|verdict| verdict.keep.clone()).unwrap_or_default(),
        unreadable: verdict.is_none(),
        removed: false,
    }
}
