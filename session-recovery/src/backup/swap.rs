//! Exchanging a directory of states for a staged one: in one rename, so that at every moment the old or the new one is
//! there, whole.
//!
//! Where that can't be (the directory is a mount point, or the file system can't exchange), the staged tree lies inside
//! of it, a marker says that it is complete, and its files are renamed into place one by one; whoever comes next goes on
//! where this was cut off. A restore takes nothing away, so every step leaves a state file that is whole.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use session_lock::replace::{
    ReplaceError, create_private_dir, exchange, hard_link, remove_dir_all, rename, replace_file, sync_dir,
};
use session_state::Saving;
use uuid::Uuid;

use super::{BackupError, open};

/// How the names of staging directories begin, inside of the directory of the states.
const INSIDE: &str = ".restore-";

/// The tree that takes the place of the old one.
const TREE: &str = "new";

/// In a staging directory inside: the tree is complete, and its files are being moved.
const COMPLETE: &str = "complete";

/// A directory in which the new content of another is prepared. Dropping it removes it.
#[derive(Debug)]
pub(super) struct Staging {
    live: PathBuf,
    outer: PathBuf,
    inside: bool,
    /// The files that were in `live`, by their paths below it: which files they were.
    copied: BTreeMap<PathBuf, u64>,
}

impl Staging {
    /// Prepares beside `live`, in the directory above it; inside of it if that can't be written or `live` is a mount
    /// point. `live` is resolved: a link to a directory stays, and what it leads to is exchanged.
    pub(super) fn new(live: &Path) -> Result<Self, BackupError> {
        let live = live.canonicalize().map_err(|error| open::unreadable(live, error))?;
        let random = Uuid::new_v4().simple();
        let beside = beside_prefix(&live).map(|prefix| live.with_file_name(format!("{prefix}{random}")));
        if !is_mount_point(&live)
            && let Some(outer) = beside
            && create_private_dir(&outer).is_ok()
        {
            return Self::filled(live, outer, false);
        }
        let outer = live.join(format!("{INSIDE}{random}"));
        create_private_dir(&outer)?;
        Self::filled(live, outer, true)
    }

    fn filled(live: PathBuf, outer: PathBuf, inside: bool) -> Result<Self, BackupError> {
        let mut staging = Self {
            live,
            outer,
            inside,
            copied: BTreeMap::new(),
        };
        create_private_dir(&staging.tree())?;
        create_private_dir(&staging.contents())?;
        let tree = staging.tree();
        copy_tree(&staging.live, &tree, Path::new(""), &mut staging.copied)?;
        Ok(staging)
    }

    /// The tree that will take the place of the old one; it begins as the same files.
    pub(super) fn tree(&self) -> PathBuf {
        self.outer.join(TREE)
    }

    /// What a save in the tree did, with the paths that its files will have.
    pub(super) fn as_live(&self, saving: Saving) -> Saving {
        let tree = self.tree();
        let live = |path: PathBuf| match path.strip_prefix(&tree) {
            Ok(below) => self.live.join(below),
            Err(_) => path,
        };
        Saving {
            path: live(saving.path),
            quarantined: saving.quarantined.map(live),
            ..saving
        }
    }

    /// A directory for what is not yet in the tree.
    pub(super) fn contents(&self) -> PathBuf {
        self.outer.join("contents")
    }

    /// The path of a lock for the tree.
    pub(super) fn lock_path(&self) -> PathBuf {
        self.outer.join("lock")
    }

    /// Puts the tree in the place of the old one.
    pub(super) fn swap(mut self) -> Result<(), BackupError> {
        sync_tree(&self.tree())?;
        if !self.inside {
            match exchange(&self.tree(), &self.live) {
                Ok(()) => {
                    // What is there now under the name of the tree is the old directory.
                    self.carry_over(Path::new(""))?;
                    sync_dir(&self.outer)?;
                    return Ok(sync_dir(self.live.parent().unwrap_or(Path::new("/")))?);
                }
                Err(error) if !cannot_exchange(&error) => return Err(error.into()),
                Err(_) => {
                    let inside = self.live.join(format!("{INSIDE}{}", Uuid::new_v4().simple()));
                    create_private_dir(&inside)?;
                    rename(&self.tree(), &inside.join(TREE))?;
                    remove_dir_all(&self.outer)?;
                    self.outer = inside;
                }
            }
        }
        replace_file(&self.outer.join(COMPLETE), b"")?;
        sync_dir(&self.live)?;
        move_files(&self.tree(), &self.live)
    }
}

impl Staging {
    /// States and their history are locked meanwhile; whatever else was written into the old directory after it was copied
    /// (what a pane showed, somebody's notes) gets its place in the new one, unless the restore replaced it.
    fn carry_over(&self, below: &Path) -> Result<(), BackupError> {
        let (old, live) = (self.tree().join(below), self.live.join(below));
        let failed = |error| open::unreadable(&old, error);
        let mut came = false;
        for entry in std::fs::read_dir(&old).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if is_passing(&name) {
                continue;
            }
            let (path, target) = (below.join(&name), live.join(&name));
            let there = std::fs::symlink_metadata(&target).ok();
            if entry.file_type().map_err(failed)?.is_dir() && there.is_some() {
                self.carry_over(&path)?;
                continue;
            }
            let inode = entry.metadata().map_err(failed)?.ino();
            let before = self.copied.get(&path).copied();
            let replaced_by_us = there.is_some_and(|there| Some(there.ino()) != before);
            if before != Some(inode) && !replaced_by_us {
                rename(&entry.path(), &target)?;
                came = true;
            }
        }
        if came {
            sync_dir(&live)?;
        }
        Ok(())
    }
}

/// What is there for a moment only, or belongs to a restore.
fn is_passing(name: &OsStr) -> bool {
    let name = name.to_str().unwrap_or_default();
    name.starts_with(INSIDE) || name.starts_with(".tmp-")
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What stays is removed by the next who restores.
        let _swept_later = remove_dir_all(&self.outer);
    }
}

/// Finishes what a restore that was cut off had begun, and removes what it left. The lock of the states is held, so
/// nobody restores now.
///
/// # Errors
///
/// If the system refuses.
pub fn finish_restores(states: &Path) -> Result<usize, BackupError> {
    let Ok(live) = states.canonicalize() else { return Ok(0) };
    let mut count = 0;
    for leftover in leftovers(&live) {
        if leftover.parent() == Some(live.as_path()) && leftover.join(COMPLETE).exists() {
            move_files(&leftover.join(TREE), &live)?;
        }
        remove_dir_all(&leftover)?;
        count += 1;
    }
    Ok(count)
}

/// What restores of this directory left that were cut off.
pub fn leftovers(states: &Path) -> Vec<PathBuf> {
    let Ok(live) = states.canonicalize() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let beside = live.parent().zip(beside_prefix(&live));
    for (directory, prefix) in beside.into_iter().chain([(live.as_path(), INSIDE.to_owned())]) {
        for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let random = name.to_str().and_then(|name| name.strip_prefix(&prefix));
            let is_ours = random.is_some_and(|random| Uuid::try_parse(random).is_ok());
            if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                found.push(entry.path());
            }
        }
    }
    found
}

fn beside_prefix(live: &Path) -> Option<String> {
    Some(format!(".{}{INSIDE}", live.file_name()?.to_str()?))
}

fn is_mount_point(path: &Path) -> bool {
    let device = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.dev()).ok();
    path.parent().is_none_or(|above| device(path) != device(above))
}

/// Whether another way may do it.
fn cannot_exchange(error: &ReplaceError) -> bool {
    let ReplaceError::Io { source, .. } = error else {
        return false;
    };
    let errno = source.raw_os_error();
    [
        rustix::io::Errno::INVAL,
        rustix::io::Errno::NOSYS,
        rustix::io::Errno::BUSY,
        rustix::io::Errno::XDEV,
    ]
    .iter()
    .any(|known| errno == Some(known.raw_os_error()))
}

/// The same files under second names: none of them is ever written to, only replaced.
fn copy_tree(from: &Path, to: &Path, below: &Path, copied: &mut BTreeMap<PathBuf, u64>) -> Result<(), BackupError> {
    let failed = |error| open::unreadable(from, error);
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (name, kind) = (entry.file_name(), entry.file_type().map_err(failed)?);
        if is_passing(&name) {
            continue;
        }
        let (target, path) = (to.join(&name), below.join(&name));
        if kind.is_dir() {
            create_private_dir(&target)?;
            copy_tree(&entry.path(), &target, &path, copied)?;
            continue;
        }
        // By its own account the same file, also if it is replaced before it is linked.
        let inode = match hard_link(&entry.path(), &target) {
            Ok(()) => std::fs::symlink_metadata(&target).map_err(failed)?.ino(),
            Err(error) if !kind.is_file() => return Err(error.into()),
            Err(_) => {
                let inode = entry.metadata().map_err(failed)?.ino();
                let content = std::fs::read(entry.path()).map_err(|error| open::unreadable(&entry.path(), error))?;
                replace_file(&target, &content)?;
                inode
            }
        };
        copied.insert(path, inode);
    }
    Ok(())
}

/// Makes the names in a tree durable.
fn sync_tree(tree: &Path) -> Result<(), BackupError> {
    for directory in directories(tree)? {
        sync_tree(&directory)?;
    }
    Ok(sync_dir(tree)?)
}

fn directories(tree: &Path) -> Result<Vec<PathBuf>, BackupError> {
    let failed = |error| open::unreadable(tree, error);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(tree).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_type().map_err(failed)?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Gives every file of a tree its place below `to`. Doing it twice is doing it once.
fn move_files(from: &Path, to: &Path) -> Result<(), BackupError> {
    let failed = |error: io::Error| open::unreadable(from, error);
    create_private_dir(to)?;
    for directory in directories(from)? {
        move_files(&directory, &to.join(directory.file_name().unwrap_or_default()))?;
    }
    for entry in std::fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if !entry.file_type().map_err(failed)?.is_dir() {
            rename(&entry.path(), &to.join(entry.file_name()))?;
        }
    }
    Ok(sync_dir(to)?)
}
