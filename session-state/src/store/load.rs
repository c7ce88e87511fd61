//! Reading states, without changing anything.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use super::history::HISTORY;
use super::{Damage, Store, StoreError, file};
use crate::SessionState;
use crate::codec::CodecError;
use crate::name::is_project_name;

/// So many are read by two threads.
const MANY: usize = 32;

/// A state and the file that it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The state.
    pub state: SessionState,
    /// What the user should be told about it.
    pub notice: Option<Notice>,
    /// The file's content.
    pub bytes: Vec<u8>,
}

/// What is unusual about a state that could be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The current file can't be used; this is the newest history entry that can.
    FellBack {
        /// What is wrong with the current file.
        damage: Damage,
        /// The entry that was used.
        seq: u64,
        /// When that was saved, in seconds since 1970 UTC.
        at: i64,
    },
    /// Somebody edited the file, or a bit of it flipped: its digest doesn't match.
    Edited,
    /// The original scripts wrote it.
    OriginalScript,
    /// A newer tsm wrote it, in this format version: there may be more in it, and it can't be saved over.
    NewerVersion(u32),
}

impl Store {
    /// The projects that have a state, sorted: also if only its history is left.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] if the directory exists and can't be read.
    pub fn projects(&self) -> Result<Vec<String>, StoreError> {
        let mut projects = BTreeSet::new();
        for name in names_in(&self.dir)? {
            let project = name.to_str().and_then(|name| name.strip_suffix(".state"));
            projects.extend(project.filter(|project| is_project_name(project)).map(str::to_owned));
        }
        for name in names_in(&self.dir.join(HISTORY))? {
            let unknown = |project: &&str| is_project_name(project) && !projects.contains(*project);
            let Some(project) = name.to_str().filter(unknown).map(str::to_owned) else {
                continue;
            };
            if !self.history(&project)?.is_empty() {
                projects.insert(project);
            }
        }
        Ok(projects.into_iter().collect())
    }

    /// The state of a project; `None` if it has none. If the file can't be used or is missing, the newest good history
    /// entry with a notice that says so.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if neither the file nor any entry can be used, [`StoreError::NewerVersion`] if a newer
    /// tsm wrote it in a form that can't be understood at all.
    pub fn load(&self, project: &str) -> Result<Option<Loaded>, StoreError> {
        let path = self.checked_path(project)?;
        let Some(content) = file::read(&path)? else {
            return match self.history(project)?.is_empty() {
                true => Ok(None),
                false => self.fall_back(project, path, Damage::Missing).map(Some),
            };
        };
        match content.and_then(|bytes| interpret(project, bytes)) {
            Ok(loaded) => Ok(Some(loaded)),
            Err(Damage::Content(CodecError::NewerVersion { version })) => {
                Err(StoreError::NewerVersion { path, version })
            }
            Err(damage) => self.fall_back(project, path, damage).map(Some),
        }
    }

    /// The states of all projects, sorted by name; what is wrong with one keeps none of the others from being loaded.
    ///
    /// # Errors
    ///
    /// [`StoreError::Read`] if the directory can't be read.
    #[expect(clippy::type_complexity, reason = "a name for it would say no more")]
    pub fn load_all(&self) -> Result<Vec<(String, Result<Loaded, StoreError>)>, StoreError> {
        let projects = self.projects()?;
        if projects.len() < MANY {
            return Ok(self.load_each(&projects));
        }
        let (some, others) = projects.split_at(projects.len() / 2);
        Ok(thread::scope(|scope| {
            let reading = thread::Builder::new().spawn_scoped(scope, || self.load_each(others));
            let mut all = self.load_each(some);
            all.extend(match reading {
                // A panic in there is one here.
                Ok(reading) => reading.join().unwrap_or_else(|panic| resume_unwind(panic)),
                // The machine gives no more threads.
                Err(_) => self.load_each(others),
            });
            all
        }))
    }

    fn load_each(&self, projects: &[String]) -> Vec<(String, Result<Loaded, StoreError>)> {
        let load = |project: &String| match self.load(project) {
            Ok(Some(loaded)) => Some((project.clone(), Ok(loaded))),
            // Removed since the directory was read.
            Ok(None) => None,
            Err(error) => Some((project.clone(), Err(error))),
        };
        projects.iter().filter_map(load).collect()
    }

    /// The newest entry that is as it was written; only if there is none, the newest that can be read at all.
    fn fall_back(&self, project: &str, path: PathBuf, damage: Damage) -> Result<Loaded, StoreError> {
        let mut second_best = None;
        for entry in self.history(project)? {
            // One that the disk doesn't give any more keeps none of the others from being used.
            let Ok(Some(Ok(bytes))) = file::read(&entry.path) else {
                continue;
            };
            let Ok(loaded) = interpret(project, bytes) else {
                continue;
            };
            let found = (entry.seq, loaded);
            if matches!(found.1.notice, None | Some(Notice::OriginalScript)) {
                return Ok(fallen_back(damage, found));
            }
            second_best.get_or_insert(found);
        }
        match second_best {
            Some(found) => Ok(fallen_back(damage, found)),
            None => Err(StoreError::Corrupt { path, damage }),
        }
    }
}

fn fallen_back(damage: Damage, (seq, loaded): (u64, Loaded)) -> Loaded {
    let at = loaded.state.saved.at;
    Loaded {
        notice: Some(Notice::FellBack { damage, seq, at }),
        ..loaded
    }
}

/// The names in a directory; none if it doesn't exist.
fn names_in(directory: &Path) -> Result<Vec<OsString>, StoreError> {
    let unreadable = |source| StoreError::Read {
        path: directory.to_owned(),
        source,
    };
    let entries = match directory.read_dir() {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    entries
        .map(|entry| Ok(entry.map_err(unreadable)?.file_name()))
        .collect()
}

pub(super) fn interpret(project: &str, bytes: Vec<u8>) -> Result<Loaded, Damage> {
    let (state, notice) = file::interpret(project, &bytes)?;
    Ok(Loaded { state, notice, bytes })
}
