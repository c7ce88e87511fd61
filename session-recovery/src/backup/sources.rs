//! What there is to back up: names in the tree, and where their contents come from.

use std::io;
use std::path::{Path, PathBuf};

use super::create::{BackupRequest, no_state, too_much};
use super::limits::MAX_FILES;
use super::tree::{self, state_name};
use super::{BackupError, open};

/// A file that belongs into a backup.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) content: Content,
}

/// Where a content comes from.
pub(super) enum Content {
    /// The state of this project, or of its history where that is damaged.
    State(String),
    /// This file.
    File(PathBuf),
}

/// Everything that the request is about, sorted by name.
pub(super) fn find(request: &BackupRequest<'_>) -> Result<Vec<Source>, BackupError> {
    let dir = request.states.dir();
    let mut projects = match request.projects {
        Some(named) => named.to_vec(),
        None => request.states.projects()?,
    };
    projects.sort();
    projects.dedup();
    let mut sources = Vec::new();
    for project in projects {
        // Of a name that is none this is the error.
        let history = request.states.history(&project)?;
        if request.projects.is_some() && std::fs::symlink_metadata(request.states.path(&project)).is_err() {
            return Err(no_state(&project));
        }
        for (name, path) in history.into_iter().map(|entry| entry.path).filter_map(named) {
            sources.push(file(format!("states/history/{project}/{name}"), path));
        }
        for (name, path) in files(&dir.join("scrollback").join(&project))? {
            sources.push(file(format!("states/scrollback/{project}/{name}"), path));
        }
        sources.push(Source {
            name: state_name(&project),
            content: Content::State(project),
        });
    }
    sources.extend(
        request
            .extra
            .iter()
            .map(|extra| file(extra.name.clone(), extra.path.clone())),
    );
    // Names that no backup can have belong to files that aren't tsm's.
    sources.retain(|source| tree::place(&source.name).is_some());
    sources.sort_by(|one, other| one.name.cmp(&other.name));
    sources.dedup_by(|one, other| one.name == other.name);
    if sources.len() > MAX_FILES {
        return Err(too_much(dir, MAX_FILES as u64, "files"));
    }
    Ok(sources)
}

fn file(name: String, path: PathBuf) -> Source {
    Source {
        name,
        content: Content::File(path),
    }
}

/// The entries of a directory by name; none if there is no such directory.
fn files(dir: &Path) -> Result<Vec<(String, PathBuf)>, BackupError> {
    let entries = match std::fs::read_dir(dir) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries.map_err(|error| open::unreadable(dir, error))?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let paths: Result<Vec<_>, _> = paths.collect();
    let paths = paths.map_err(|error| open::unreadable(dir, error))?;
    Ok(paths.into_iter().filter_map(named).collect())
}

fn named(path: PathBuf) -> Option<(String, PathBuf)> {
    let name = path.file_name()?.to_str()?.to_owned();
    Some((name, path))
}
