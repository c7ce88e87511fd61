//! What is there now: the server's sessions beside the records, and which of them are ours.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::panic::resume_unwind;
use std::thread;

use session_lock::Liveness;
use session_recovery::ours;
use session_state::{Lifecycle, Loaded, ServerIdentity, SessionState, StoreError};
use tmux_core::{BriefPanes, Server, Session, Snapshot};

use crate::context::Context;
use crate::error::Error;
use crate::event::Events;
use crate::project::{KnownProjects, Project};
use crate::state;

/// All records by project, each with what is wrong with it.
pub(crate) type LoadedRecords = Vec<(String, Result<Loaded, StoreError>)>;

/// The server and the records at one moment.
#[derive(Debug)]
pub struct Live {
    /// The server; `None` if there is none.
    pub snapshot: Option<Snapshot>,
    /// The server's identity.
    pub server: Option<ServerIdentity>,
    records: BTreeMap<String, Result<Loaded, StoreError>>,
    /// By project, where its session is in the snapshot.
    ours: BTreeMap<String, usize>,
}

/// A session of ours with its record.
#[derive(Debug, Clone, Copy)]
pub struct Ours<'a> {
    /// The session.
    pub session: &'a Session,
    /// Its record.
    pub record: &'a SessionState,
}

impl Live {
    /// Reads the records, and everything on the server in one call.
    ///
    /// # Errors
    ///
    /// [`Error::Tmux`], [`Error::Store`]. A damaged record is no error until it is asked for.
    pub fn read(context: &Context) -> Result<Self, Error> {
        let snapshot = context.snapshot()?;
        Self::with_snapshot(context, snapshot)
    }

    /// As [`Live::read`], without how windows and panes look ([`Server::brief_snapshot`]), and with the records read while
    /// tmux answers: what was done before this began is in both, what is done meanwhile in one, the other or none.
    ///
    /// # Errors
    ///
    /// As [`Live::read`].
    ///
    /// [`Server::brief_snapshot`]: tmux_core::Server::brief_snapshot
    pub(crate) fn brief(context: &Context, panes: BriefPanes) -> Result<Self, Error> {
        let (live, ()) = Self::brief_and(context, panes, &|_records| ())?;
        Ok(live)
    }

    /// The same, and what is read of the records in the same while.
    pub(crate) fn brief_and<T: Send>(
        context: &Context,
        panes: BriefPanes,
        read: &(dyn Fn(&LoadedRecords) -> T + Sync),
    ) -> Result<(Self, T), Error> {
        let snapshot = || context.brief_snapshot_of(&context.server, panes);
        let (snapshot, loaded) = thread::scope(|scope| {
            let load = || {
                let records = context.store.load_all()?;
                let also = read(&records);
                Ok::<_, StoreError>((records, also))
            };
            match thread::Builder::new().spawn_scoped(scope, load) {
                Ok(loading) => {
                    let snapshot = snapshot();
                    (snapshot, loading.join().unwrap_or_else(|panic| resume_unwind(panic)))
                }
                // There is no room for another thread.
                Err(_) => (snapshot(), load()),
            }
        });
        let (snapshot, (records, also)) = (snapshot?, loaded?);
        Ok((Self::of(context, snapshot, records)?, also))
    }

    /// As [`Live::read`], with a snapshot that was just taken.
    ///
    /// # Errors
    ///
    /// As [`Live::read`].
    pub fn with_snapshot(context: &Context, snapshot: Option<Snapshot>) -> Result<Self, Error> {
        let records = context.store.load_all()?;
        Self::of(context, snapshot, records)
    }

    fn of(context: &Context, snapshot: Option<Snapshot>, records: LoadedRecords) -> Result<Self, Error> {
        let server = match &snapshot {
            Some(snapshot) => context.server_identity(&snapshot.server)?,
            None => None,
        };
        let mut live = Self {
            snapshot,
            server,
            records: records.into_iter().collect(),
            ours: BTreeMap::new(),
        };
        // Of two sessions with one mark the first is the project's.
        let sessions = live.sessions().iter().enumerate().rev();
        let ours = sessions.filter_map(|(n, session)| Some((live.ours(session)?.record.project.clone(), n)));
        live.ours = ours.collect();
        Ok(live)
    }

    /// No server and no records: what is left where neither can be read.
    pub(crate) fn nothing() -> Self {
        Self {
            snapshot: None,
            server: None,
            records: BTreeMap::new(),
            ours: BTreeMap::new(),
        }
    }

    /// The record of a project; `None` if it has none.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if it is damaged beyond its history.
    pub fn record(&self, context: &Context, project: &str) -> Result<Option<&SessionState>, Error> {
        match self.records.get(project) {
            Some(Ok(loaded)) => Ok(Some(&loaded.state)),
            None => Ok(None),
            // The error can't be copied out of the map; reading again gives it anew.
            Some(Err(_)) => match context.store.load(project) {
                Err(error) => Err(error.into()),
                Ok(_) => Ok(None),
            },
        }
    }

    /// The records that could be read, by project.
    pub fn records(&self) -> impl Iterator<Item = &SessionState> {
        self.records
            .values()
            .filter_map(|record| record.as_ref().ok())
            .map(|loaded| &loaded.state)
    }

    /// The records by project, and what is wrong with those that can't be read.
    pub fn loaded(&self) -> impl Iterator<Item = (&str, &Result<Loaded, StoreError>)> {
        self.records.iter().map(|(project, loaded)| (project.as_str(), loaded))
    }

    /// The projects that have a record, readable or not.
    pub fn recorded_projects(&self) -> impl Iterator<Item = &str> {
        self.records.keys().map(String::as_str)
    }

    /// The projects of the config and of the records.
    pub fn known_projects(&self, context: &Context) -> KnownProjects {
        let states = self
            .records()
            .map(|record| (record.project.clone(), record.working_dir.clone()));
        KnownProjects::new(&context.config, states)
    }

    /// The project that is meant by a name or a directory.
    ///
    /// # Errors
    ///
    /// Those of [`KnownProjects::resolve`]; [`Error::Store`] if the name's record is damaged beyond its history.
    pub fn resolve(&self, context: &Context, argument: &OsStr) -> Result<Project, Error> {
        if let Some(name) = argument.to_str()
            && matches!(self.records.get(name), Some(Err(_)))
            && !context.config.projects.contains_key(name)
        {
            let _damaged = context.store.load(name)?;
        }
        let current_dir = context.environment.current_dir.as_deref();
        let found = self.known_projects(context).resolve(argument, current_dir);
        if let Err(Error::UnknownProject { name, .. }) = &found {
            context.config.check_project(name)?;
        }
        found
    }

    /// All sessions on the server.
    pub fn sessions(&self) -> &[Session] {
        self.snapshot
            .as_ref()
            .map(|snapshot| snapshot.sessions.as_slice())
            .unwrap_or_default()
    }

    /// Whether a session is ours, and its record if so.
    pub fn ours<'a>(&'a self, session: &'a Session) -> Option<Ours<'a>> {
        let (_id, project) = ours::claim(session)?;
        let record = &self.records.get(&project)?.as_ref().ok()?.state;
        ours::is_ours(session, record).then_some(Ours { session, record })
    }

    /// Our sessions.
    pub fn all_ours(&self) -> impl Iterator<Item = Ours<'_>> {
        self.sessions().iter().filter_map(|session| self.ours(session))
    }

    /// The sessions that carry our mark and whose records can't be read, so that nothing tells whether they are ours: the
    /// projects, and why.
    pub fn unreadable(&self) -> impl Iterator<Item = (String, &StoreError)> {
        self.sessions().iter().filter_map(|session| {
            let (_id, project) = ours::claim(session)?;
            let error = self.records.get(&project)?.as_ref().err()?;
            Some((project, error))
        })
    }

    /// The session of a project, if it is ours.
    pub fn of_project(&self, project: &str) -> Option<Ours<'_>> {
        let session = self.sessions().get(*self.ours.get(project)?)?;
        self.ours(session)
    }

    /// Where there is no server, fails unless tmux is there and new enough to start one: that there are no sessions is no
    /// answer on a machine without tmux.
    pub(crate) fn require_tmux(&self, context: &Context) -> Result<(), Error> {
        if self.snapshot.is_none() {
            context.tmux.check(Server::DEFAULT_LIMIT)?;
        }
        Ok(())
    }

    /// Why a project has no session of ours: one of its name is somebody else's, or there is none.
    pub(crate) fn why_none(&self, context: &Context, project: String) -> Error {
        let session = context.config.session_name(&project);
        match self.sessions().iter().any(|found| found.name == session.as_bytes()) {
            true => Error::Foreign { session, project },
            false => Error::NoSession { project },
        }
    }

    /// The session of the pane that tsm runs in, ours or not.
    pub fn inside(&self, context: &Context) -> Option<&Session> {
        let inside = context.environment.inside.as_ref()?;
        let snapshot = self.snapshot.as_ref()?;
        let same = inside.server_pid == snapshot.server.pid && same_place(&inside.socket, context.server.socket_path());
        if same {
            match inside.pane {
                Some(pane) => snapshot.sessions_of_pane(pane).into_iter().next(),
                // A popup belongs to the session it was opened in.
                None => inside.session.and_then(|session| snapshot.session(session)),
            }
        } else {
            None
        }
    }

    /// Whether a record says that its session lives, in a server that is gone.
    pub fn is_lost(&self, record: &SessionState) -> bool {
        if record.lifecycle != Lifecycle::Live || self.of_project(&record.project).is_some() {
            return false;
        }
        match (&record.server, &self.server) {
            (Some(then), Some(now)) if then.process == now.process => false,
            (Some(then), _) => !matches!(then.process.liveness(), Liveness::Alive | Liveness::Unknown),
            // The original scripts didn't record the server: nothing tells that it is gone.
            (None, _) => false,
        }
    }

    /// Whether a record says that its session lives in this very server, where it isn't: the user closed it.
    pub fn is_closed(&self, record: &SessionState) -> bool {
        let here = match (&record.server, &self.server) {
            (Some(then), Some(now)) => then.process == now.process,
            _ => false,
        };
        here && record.lifecycle == Lifecycle::Live && self.of_project(&record.project).is_none()
    }

    /// Tells what is unusual about the record of a project.
    pub fn tell_notice(&self, project: &str, events: Events<'_>) {
        if let Some(Ok(loaded)) = self.records.get(project) {
            state::tell(project, loaded.notice.as_ref(), events);
        }
    }
}

pub(crate) fn same_place(one: &std::path::Path, other: &std::path::Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
