//! Writing states, so that at every moment the old or the new one is there, whole.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use session_lock::replace::{
    PrivateDir, ReplaceError, Staged, create_private_dir, hard_link, remove_file, replace_file, stage, sync_dir,
};

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
    /// Makes `state` the current state of its project, durably, and keeps the former one in the history.
    ///
    /// A state that differs from the current one only in when and why it was saved is not written: the file stays as it
    /// is, with the time from which on it holds.
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
        let saved: Vec<_> = prepared.into_iter().map(|prepared| self.commit(prepared?)).collect();
        match sync_dir(&self.store.dir) {
            Ok(()) => saved,
            // What isn't durable isn't saved, for none of them.
            Err(error) => saved
                .into_iter()
                .map(|saved| saved.and_then(|_lost| Err(not_durable(&error))))
                .collect(),
        }
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
        let staged = Some(stage(&path, bytes)?);
        let saving = self.commit(Prepared {
            path,
            changed: former.differs_from(&state),
            staged,
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
        let changed = former.differs_from(state);
        let staged = if changed { Some(stage(&path, &bytes)?) } else { None };
        Ok(Prepared {
            path,
            staged,
            former,
            changed,
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
        let Some(staged) = staged else { return Ok(saving) };
        match &former {
            Former::Good(loaded) if changed => saving.kept = Some(self.keep(&saving.path, loaded)?),
            Former::Damaged(damage) => saving.quarantined = Some(self.quarantine(&saving.path, damage)?),
            Former::Good(_) | Former::None => {}
        }
        staged.commit()?;
        if let (Former::Good(loaded), Some(_)) = (&former, saving.kept) {
            self.thin_out(&loaded.state);
        }
        Ok(saving)
    }

    /// A second name for the current file, in the history.
    fn keep(&self, path: &Path, former: &Loaded) -> Result<u64, StoreError> {
        let directory = self.store.history_dir(&former.state.project)?;
        make_directory(&directory)?;
        let newest = self
            .store
            .history(&former.state.project)?
            .first()
            .map_or(0, |newest| newest.seq);
        let seq = newest.saturating_add(1);
        let entry = directory.join(entry_name(seq, former.state.saved.at));
        if hard_link(path, &entry).is_err() {
            // Some file systems have no second names.
            replace_file(&entry, &former.bytes)?;
        }
        sync_dir(&directory)?;
        Ok(seq)
    }

    /// Entries that are old enough go. The save is done by now: what can't be removed goes another time.
    fn thin_out(&self, former: &SessionState) {
        let history = self.store.history(&former.project).unwrap_or_default();
        let times: Vec<_> = history.iter().map(|entry| (entry.seq, entry.at)).collect();
        let keep = keep_plan(&times, former.saved.at, Thinning::default());
        for entry in history.iter().filter(|entry| !keep.contains(&entry.seq)) {
            let _another_time = remove_file(&entry.path);
        }
    }
}

/// A private directory whose own name survives a power cut.
pub(super) fn make_directory(path: &Path) -> Result<(), StoreError> {
    if create_private_dir(path)? == PrivateDir::Created {
        for above in path.ancestors().skip(1).take(2) {
            sync_dir(above)?;
        }
    }
    Ok(())
}

fn not_durable(error: &ReplaceError) -> StoreError {
    let (path, kind) = match error {
        ReplaceError::Io { path, source, .. } => (path.clone(), source.kind()),
        ReplaceError::Unsafe { path, .. } => (path.clone(), io::ErrorKind::PermissionDenied),
        _ => (PathBuf::new(), io::ErrorKind::Other),
    };
    ReplaceError::Io {
        action: "sync",
        path,
        source: kind.into(),
    }
    .into()
}

/// A state that waits to take its place, written and synced; nothing is written if it is there already.
struct Prepared {
    path: PathBuf,
    staged: Option<Staged>,
    former: Former,
    changed: bool,
}

/// What is in the place now.
enum Former {
    None,
    Good(Box<Loaded>),
    Damaged(Damage),
}

impl Former {
    /// Whether it must be written: the state differs in more than when and why it was saved, or the file isn't as tsm
    /// would have written it.
    fn differs_from(&self, state: &SessionState) -> bool {
        match self {
            Self::Good(former) if former.notice.is_none() => {
                let timeless = |state: &SessionState| {
                    let mut state = comparable(state);
                    state.saved.at = 0;
                    state.saved.reason.clear();
                    state
                };
                timeless(&former.state) != timeless(state)
            }
            _ => true,
        }
    }
}

/// Unknown keys have no order.
fn comparable(state: &SessionState) -> SessionState {
    let mut state = state.clone();
    state.unknown.sort_by(|a, b| a.key.cmp(&b.key));
    state
}
