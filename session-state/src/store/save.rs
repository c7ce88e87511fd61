//! Writing states, so that at every moment the old or the new one is there, whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::former::{Former, is_same};
use super::load::interpret;
use super::pass::{Prepared, StagedStates};
use super::{Damage, ExclusiveStore, Loaded, Notice, StoreError, file};
use crate::codec::{self, CodecError};
use crate::{Lifecycle, SessionState};

/// What a save did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saving {
    /// The state file.
    pub path: PathBuf,
    /// Whether anything but the time differs from what was there before.
    pub changed: bool,
    /// The number under which the former state is kept in the history, if it was put there now.
    pub kept: Option<u64>,
    /// Where the former file was put because it couldn't be used.
    pub quarantined: Option<PathBuf>,
}

impl ExclusiveStore<'_> {
    /// Makes `state` the current state of its project, durably, and keeps the former one in the history.
    ///
    /// A state that differs from the current one only in when and why it was saved is not written: the file stays as it
    /// is, with the time from which on it holds.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the file is then as it was.
    pub fn save(&self, state: &SessionState) -> Result<Saving, StoreError> {
        self.pass_one(self.prepare(state))
    }

    /// From now on, a state of which `same` says that it tells the same as the current one amends it: it takes its place
    /// with its time, and the history gets no entry. It is asked with the current state and the new one, and not for a
    /// current one that was edited or can't be used.
    pub fn amending(mut self, same: fn(&SessionState, &SessionState) -> bool) -> Self {
        self.same = Some(same);
        self
    }

    /// Saves many states in one pass, with one result for each in their order: all are written and synced, then all take
    /// their places, then the directory is synced once.
    pub fn save_all(&self, states: &[SessionState]) -> Vec<Result<Saving, StoreError>> {
        self.stage_all(states).commit(|_| true)
    }

    /// The part of [`save_all`](Self::save_all) that takes long: all are written, synced and read back, and the former ones
    /// have their names in the history. What is left is the renames, for whoever doesn't know yet whether all of it will
    /// come true.
    pub fn stage_all(&self, states: &[SessionState]) -> StagedStates<'_> {
        let mut seen = BTreeSet::new();
        let prepared = states.iter().map(|state| match seen.insert(state.project.as_str()) {
            true => self.prepare(state),
            false => Err(StoreError::Twice {
                project: state.project.clone(),
            }),
        });
        let prepared = prepared.collect();
        self.begin_pass(states.iter().map(|state| state.project.clone()), prepared)
    }

    /// Makes `bytes`, which must be a state of `project`, its state file.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotItsState`] if they aren't.
    pub fn put_bytes(&self, project: &str, bytes: &[u8]) -> Result<Saving, StoreError> {
        let path = self.store.checked_path(project)?;
        let (state, _notice) = file::interpret(project, bytes).map_err(|damage| StoreError::NotItsState {
            project: project.to_owned(),
            damage,
        })?;
        let former = self.former(project, &path)?;
        self.pass_one(Ok(Prepared {
            project: project.to_owned(),
            path,
            changed: former.differs_from(&state),
            bytes: Some(bytes.to_owned()),
            former,
            amends: false,
        }))
    }

    /// Records whether the session is to be expected on the server.
    ///
    /// # Errors
    ///
    /// [`StoreError::NoState`] if the project has none.
    pub fn mark(&self, project: &str, lifecycle: Lifecycle) -> Result<Saving, StoreError> {
        let loaded = self.store.load(project)?.ok_or_else(|| StoreError::NoState {
            project: project.to_owned(),
        })?;
        self.save(&SessionState {
            lifecycle,
            ..loaded.state
        })
    }

    fn pass_one(&self, prepared: Result<Prepared, StoreError>) -> Result<Saving, StoreError> {
        let project = match &prepared {
            Ok(prepared) => prepared.project.clone(),
            Err(_) => String::new(),
        };
        let saved = self.pass(vec![prepared]).pop();
        saved.unwrap_or(Err(StoreError::SelfCheck { project }))
    }

    /// Everything that can fail before a file is touched.
    fn prepare(&self, state: &SessionState) -> Result<Prepared, StoreError> {
        let project = state.project.clone();
        let path = self.store.checked_path(&project)?;
        let former = self.former(&project, &path)?;
        let changed = former.differs_from(state);
        let amended = self
            .same
            .filter(|_| changed)
            .and_then(|same| former.amended(state, same));
        let state = amended.as_ref().unwrap_or(state);
        let bytes = codec::encode(state).map_err(|source| StoreError::Encode {
            project: project.clone(),
            source,
        })?;
        let read_back = codec::decode(&bytes).ok().map(|decoded| decoded.state);
        if !read_back.is_some_and(|read_back| is_same(&read_back, state)) {
            return Err(StoreError::SelfCheck { project });
        }
        Ok(Prepared {
            project,
            path,
            bytes: changed.then_some(bytes),
            former,
            changed,
            amends: amended.is_some(),
        })
    }

    fn former(&self, project: &str, path: &Path) -> Result<Former, StoreError> {
        let Some(content) = file::read(path)? else {
            return Ok(Former::None);
        };
        match content.and_then(|bytes| interpret(project, bytes)) {
            Ok(Loaded {
                notice: Some(Notice::NewerVersion(version)),
                ..
            })
            | Err(Damage::Content(CodecError::NewerVersion { version })) => Err(StoreError::NewerVersion {
                path: path.to_owned(),
                version,
            }),
            Ok(loaded) => Ok(Former::Good(Box::new(loaded))),
            Err(damage) => Ok(Former::Damaged(damage)),
        }
    }
}
