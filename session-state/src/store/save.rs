//! Writing states, so that at every moment the old or the new one is there, whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use session_lock::replace::{Staged, create_private_dir, hard_link, remove_file, stage, sync_dir};

use super::history::entry_name;
use super::load::interpret;
use super::{Damage, ExclusiveStore, Loaded, Notice, StoreError, Thinning, file, keep_plan};
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
    /// Makes `state` the current state of its project, durably. The former one goes to the history, unless only the time
    /// of saving differs.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the file is then as it was.
    pub fn save(&self, state: &SessionState) -> Result<Saving, StoreError> {
        let saving = self.commit(self.prepare(state)?)?;
        sync_dir(&self.store.dir)?;
        Ok(saving)
    }

    /// Saves many states, with one result for each in their order: all are written and synced, then all take their
    /// places, then the directory is synced once.
    pub fn save_all(&self, states: &[SessionState]) -> Vec<Result<Saving, StoreError>> {
        let mut seen = BTreeSet::new();
        let prepared: Vec<_> = states
            .iter()
            .map(|state| match seen.insert(state.project.as_str()) {
                true => self.prepare(state),
                false => Err(StoreError::Twice {
                    project: state.project.clone(),
                }),
            })
            .collect();
        let mut saved: Vec<_> = prepared.into_iter().map(|prepared| self.commit(prepared?)).collect();
        if let Err(error) = sync_dir(&self.store.dir)
            && let Some(last) = saved.iter_mut().rev().find(|saved| saved.is_ok())
        {
            *last = Err(error.into());
        }
        saved
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
        let staged = stage(&path, bytes)?;
        let saving = self.commit(Prepared {
            path,
            staged,
            changed: former.differs_from(&state),
            former,
        })?;
        sync_dir(&self.store.dir)?;
        Ok(saving)
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

    /// Everything that can fail before anything is changed.
    fn prepare(&self, state: &SessionState) -> Result<Prepared, StoreError> {
        let project = state.project.clone();
        let path = self.store.checked_path(&project)?;
        let bytes = codec::encode(state).map_err(|source| StoreError::Encode {
            project: project.clone(),
            source,
        })?;
        let read_back = codec::decode(&bytes).ok().map(|decoded| decoded.state);
        if read_back.as_ref().map(comparable) != Some(comparable(state)) {
            return Err(StoreError::SelfCheck { project });
        }
        let former = self.former(&project, &path)?;
        let staged = stage(&path, &bytes)?;
        Ok(Prepared {
            changed: former.differs_from(state),
            path,
            staged,
            former,
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
            Ok(loaded) => Ok(Former::Good(Box::new(loaded.state))),
            Err(damage) => Ok(Former::Damaged(damage)),
        }
    }

    fn commit(&self, prepared: Prepared) -> Result<Saving, StoreError> {
        let Prepared {
            path,
            staged,
            former,
            changed,
        } = prepared;
        let mut saving = Saving {
            path,
            changed,
            kept: None,
            quarantined: None,
        };
        match &former {
            Former::Good(state) if changed => saving.kept = Some(self.keep(&saving.path, state)?),
            Former::Damaged(damage) => saving.quarantined = Some(self.quarantine(&saving.path, damage)?),
            Former::Good(_) | Former::None => {}
        }
        staged.commit()?;
        Ok(saving)
    }

    /// A second name for the current file, in the history; then entries that are old enough go.
    fn keep(&self, path: &Path, state: &SessionState) -> Result<u64, StoreError> {
        let directory = self.store.history_dir(&state.project)?;
        create_private_dir(&directory)?;
        let history = self.store.history(&state.project)?;
        let seq = history.first().map_or(1, |newest| newest.seq.saturating_add(1));
        hard_link(path, &directory.join(entry_name(seq, state.saved.at)))?;
        sync_dir(&directory)?;
        let times: Vec<_> = history.iter().map(|entry| (entry.seq, entry.at)).collect();
        let keep = keep_plan(&times, state.saved.at, Thinning::default());
        for entry in history.iter().filter(|entry| !keep.contains(&entry.seq)) {
            remove_file(&entry.path)?;
        }
        Ok(seq)
    }
}

/// A state that is written and synced, and waits to take its place.
struct Prepared {
    path: PathBuf,
    staged: Staged,
    former: Former,
    changed: bool,
}

/// What is in the place now.
enum Former {
    None,
    Good(Box<SessionState>),
    Damaged(Damage),
}

impl Former {
    /// Whether the state differs from it in more than the time of saving.
    fn differs_from(&self, state: &SessionState) -> bool {
        match self {
            Self::Good(former) => {
                let timeless = |state: &SessionState| {
                    let mut state = comparable(state);
                    state.saved.at = 0;
                    state.saved.reason.clear();
                    state
                };
                timeless(former) != timeless(state)
            }
            Self::None | Self::Damaged(_) => true,
        }
    }
}

/// Unknown keys have no order.
fn comparable(state: &SessionState) -> SessionState {
    let mut state = state.clone();
    state.unknown.sort_by(|a, b| a.key.cmp(&b.key));
    state
}
