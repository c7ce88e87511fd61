//! Which contents earlier backups hold, so that a new one needn't.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::digest::Digesting;
use super::manifest::ArchiveFile;
use super::{BackupError, list, open};

/// So many archives may one backup refer to: with each, more can be lost by one damage.
const MOST: usize = 20;

/// The contents of the backups beside a new one.
#[derive(Default)]
pub(super) struct Known {
    dir: PathBuf,
    contents: BTreeMap<String, Held>,
    sizes: BTreeSet<u64>,
    archives: BTreeMap<String, Archive>,
    /// The number of the newest backup.
    pub(super) seq: u64,
}

/// Where a content is.
struct Held {
    size: u64,
    id: String,
    seq: u64,
}

struct Archive {
    file: ArchiveFile,
    total: u64,
    /// Whether its bytes were found to be those that were verified.
    sound: Option<bool>,
}

impl Known {
    /// What the sidecars in a directory say. Archives without a sound sidecar are not referred to.
    pub(super) fn read(dir: &Path) -> Result<Self, BackupError> {
        let mut known = Self {
            dir: dir.to_owned(),
            ..Self::default()
        };
        list::for_each_sidecar(dir, &mut |manifest, file| {
            let seq = manifest.seq;
            known.seq = known.seq.max(seq);
            let mut total = 0_u64;
            for (sha256, size) in manifest.contents(None) {
                total = total.saturating_add(size);
                known.sizes.insert(size);
                // The newest that holds it.
                if known.contents.get(sha256).is_none_or(|held| held.seq <= seq) {
                    let id = manifest.id.clone();
                    known.contents.insert(sha256.to_owned(), Held { size, id, seq });
                }
            }
            let sound = None;
            known.archives.insert(manifest.id, Archive { file, total, sound });
        })?;
        Ok(known)
    }

    /// The same without contents, for a backup that refers to none.
    pub(super) fn without_contents(self) -> Self {
        Self {
            seq: self.seq,
            ..Self::default()
        }
    }

    /// Whether a content of this size can be among them.
    pub(super) fn may_have(&self, size: u64) -> bool {
        self.sizes.contains(&size)
    }

    /// The backup whose archive holds this content. Every byte of the archive is read before it is referred to, once.
    pub(super) fn archive_of(&mut self, sha256: &str, size: u64) -> Option<String> {
        let held = self.contents.get(sha256)?;
        let archive = self.archives.get_mut(&held.id)?;
        let path = open::archive_path(&self.dir, &held.id);
        let sound = *archive
            .sound
            .get_or_insert_with(|| digest_of(&path).is_ok_and(|found| found == archive.file));
        (sound && held.size == size).then(|| held.id.clone())
    }

    /// The archives to which a backup with these references shouldn't refer: all of them if there are too many, else
    /// those of which less than half is still needed, which could not go while it exists.
    pub(super) fn not_worth_it(&self, references: &BTreeMap<String, u64>) -> BTreeSet<String> {
        let all = references.len() > MOST;
        references
            .iter()
            .filter(|(id, wanted)| {
                let total = self.archives.get(*id).map_or(0, |archive| archive.total);
                all || wanted.saturating_mul(2) < total
            })
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Nothing refers to these archives any more.
    pub(super) fn forget(&mut self, ids: &BTreeSet<String>) {
        self.contents.retain(|_, held| !ids.contains(&held.id));
    }
}

/// Size and digest of an archive as it is now.
pub(super) fn digest_of(path: &Path) -> io::Result<ArchiveFile> {
    let mut reader = Digesting::new(File::open(path)?);
    io::copy(&mut reader, &mut io::sink())?;
    let (_, sha256, bytes) = reader.finish();
    Ok(ArchiveFile { bytes, sha256 })
}
