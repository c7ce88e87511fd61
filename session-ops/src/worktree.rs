//! Git's worktrees, read from the files that git keeps of them: no git is started, except to make one (`make.rs`).

mod make;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

pub(crate) use make::{Wanted, make, unusable};

/// Such a file has one line.
const MAX_BYTES: u64 = 8 * 1024;

/// More of one repository are an accident.
const MAX_WORKTREES: usize = 1000;

/// A worktree beside the repository's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    /// Its directory.
    pub path: PathBuf,
    /// Its branch, else what git calls it.
    pub branch: String,
    /// What git calls it.
    pub name: String,
}

/// The worktrees of the repository in a directory, sorted by branch; none if there is no repository.
pub fn worktrees(repository: &Path) -> Vec<Worktree> {
    let Some(common) = common_dir(&repository.join(".git")) else {
        return Vec::new();
    };
    let Ok(entries) = common.join("worktrees").read_dir() else {
        return Vec::new();
    };
    let admin = entries.flatten().take(MAX_WORKTREES).map(|entry| entry.path());
    let mut found: Vec<Worktree> = admin.filter_map(|admin| worktree(&admin)).collect();
    found.sort_by(|a, b| a.branch.cmp(&b.branch));
    found
}

/// The branch that a repository's own worktree is on.
pub fn branch(repository: &Path) -> Option<String> {
    let git = repository.join(".git");
    let directory = if git.is_dir() { git } else { git_dir(&git)? };
    branch_of(&directory)
}

/// The worktree that a directory is in and the repository that it belongs to, if it isn't that one's own.
pub fn containing(directory: &Path) -> Option<(PathBuf, Worktree)> {
    let root = directory.ancestors().find(|above| above.join(".git").exists())?;
    let git = root.join(".git");
    if git.is_dir() {
        return None;
    }
    let admin = git_dir(&git)?;
    // A submodule has such a file, too.
    if admin.parent()?.file_name()? != "worktrees" {
        return None;
    }
    let common = admin.parent()?.parent()?;
    let repository = common.parent().filter(|_| common.ends_with(".git"))?;
    let name = admin.file_name()?.to_string_lossy().into_owned();
    let tree = Worktree {
        path: root.to_owned(),
        branch: branch_of(&admin).unwrap_or_else(|| name.clone()),
        name,
    };
    Some((repository.to_owned(), tree))
}

fn worktree(admin: &Path) -> Option<Worktree> {
    let git = one_line(&admin.join("gitdir"))?;
    // Relative if `worktree.useRelativePaths` is set.
    let path = admin.join(git).parent()?.canonicalize().ok()?;
    let name = admin.file_name()?.to_str()?.to_owned();
    Some(Worktree {
        path,
        branch: branch_of(admin).unwrap_or_else(|| name.clone()),
        name,
    })
}

fn branch_of(git_dir: &Path) -> Option<String> {
    let head = one_line(&git_dir.join("HEAD"))?;
    Some(head.strip_prefix("ref: refs/heads/")?.to_owned())
}

/// Where the worktrees of a repository are kept, from its `.git`.
fn common_dir(git: &Path) -> Option<PathBuf> {
    if git.is_dir() {
        return Some(git.to_owned());
    }
    let directory = git_dir(git)?;
    match one_line(&directory.join("commondir")) {
        Some(common) => Some(directory.join(common)),
        None => Some(directory),
    }
}

/// Where a `.git` that is a file leads.
fn git_dir(git: &Path) -> Option<PathBuf> {
    let line = one_line(git)?;
    let target = git.parent()?.join(line.strip_prefix("gitdir: ")?);
    target.canonicalize().ok()
}

fn one_line(path: &Path) -> Option<String> {
    let file = File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    let _bounded = file.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    let line = text.lines().next()?.trim_end();
    (!line.is_empty()).then(|| line.to_owned())
}
