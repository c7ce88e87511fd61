//! The states that a project had before: `<dir>/history/<project>/<number>_<time>_<panes>.state`.

use std::cmp::Reverse;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::load::interpret;
use super::{EXTENSION, Loaded, Store, StoreError, file};

/// The directory of the histories.
pub(super) const HISTORY: &str = "history";

/// One earlier state of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its number: a later state has a higher one, whatever the clock said.
    pub seq: u64,
    /// When it was saved, in seconds since 1970 UTC.
    pub at: i64,
    /// How many panes the session had; 0 if the name doesn't say so.
    pub panes: usize,
    /// Its file.
    pub path: PathBuf,
}

/// Which earlier state is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The history entry of this number.
    Sequence(u64),
    /// The newest state that was saved at this time or before, in seconds since 1970 UTC; the current one counts.
    Time(i64),
}

impl fmt::Display for At {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sequence(seq) => write!(out, "with number {seq}"),
            Self::Time(at) => write!(out, "from {at} (seconds since 1970) or before"),
        }
    }
}

impl HistoryEntry {
    /// The entry whose file this is; `None` if its name is none of an entry.
    pub fn of_path(path: PathBuf) -> Option<Self> {
        let (seq, rest) = path.file_name()?.to_str()?.strip_suffix(".state")?.split_once('_')?;
        // Early versions didn't count panes.
        let (at, panes) = rest.split_once('_').unwrap_or((rest, "0"));
        Some(Self {
            seq: seq.parse().ok().filter(|seq| *seq <= MAX_SEQ)?,
            at: at.parse().ok()?,
            panes: panes.parse().ok()?,
            path,
        })
    }
}

impl Store {
    /// The earlier states of a project, newest first. The current one is not among them.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the name is none, or the directory can't be read.
    pub fn history(&self, project: &str) -> Result<Vec<HistoryEntry>, StoreError> {
        let directory = self.history_dir(project)?;
        let unreadable = |source| StoreError::Read {
            path: directory.clone(),
            source,
        };
        let entries = match directory.read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut history = Vec::new();
        for entry in entries {
            history.extend(HistoryEntry::of_path(entry.map_err(unreadable)?.path()));
        }
        history.sort_unstable_by_key(|entry| Reverse(entry.seq));
        Ok(history)
    }

    /// An earlier state of a project. Damaged entries on the way to a time are passed over.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoSuchEntry`] if there is none, [`StoreError::Corrupt`] if the one that was named is damaged.
    pub fn load_at(&self, project: &str, at: At) -> Result<Loaded, StoreError> {
        let history = self.history(project)?;
        match at {
            At::Sequence(seq) => {
                let entry = history.into_iter().find(|entry| entry.seq == seq);
                let loaded = entry.map(|entry| load_entry(project, entry)).transpose()?.flatten();
                loaded.ok_or_else(|| StoreError::NoSuchEntry {
                    project: project.to_owned(),
                    at,
                })
            }
            At::Time(time) => {
                // One that can't be read may still have readable ones behind it.
                let current = self.load(project);
                if let Ok(Some(current)) = &current
                    && current.state.saved.at <= time
                {
                    return Ok(current.clone());
                }
                for entry in history.into_iter().filter(|entry| entry.at <= time) {
                    if let Ok(Some(loaded)) = load_entry(project, entry) {
                        return Ok(loaded);
                    }
                }
                current?;
                Err(StoreError::NoSuchEntry {
                    project: project.to_owned(),
                    at,
                })
            }
        }
    }

    /// Where the earlier states of a project lie: `<dir>/history/<project>`.
    pub(super) fn history_dir(&self, project: &str) -> Result<PathBuf, StoreError> {
        super::check_name(project)?;
        Ok(self.dir.join(HISTORY).join(project))
    }
}

/// A new entry. Its name has its number, when the state was saved, and how much is in it: so no file needs to be opened to
/// find the state of a time, or to thin the history out.
pub(super) fn entry(directory: &Path, seq: u64, at: i64, panes: usize) -> HistoryEntry {
    HistoryEntry {
        seq,
        at,
        panes,
        path: directory.join(format!("{seq:08}_{at}_{panes}.{EXTENSION}")),
    }
}

/// A number that nobody reaches by saving is none of ours: there would be none to come after it.
const MAX_SEQ: u64 = u32::MAX as u64;

fn load_entry(project: &str, entry: HistoryEntry) -> Result<Option<Loaded>, StoreError> {
    let Some(content) = file::read(&entry.path)? else {
        return Ok(None);
    };
    let corrupt = |damage| StoreError::Corrupt {
        path: entry.path,
        damage,
    };
    content
        .and_then(|bytes| interpret(project, bytes))
        .map(Some)
        .map_err(corrupt)
}
