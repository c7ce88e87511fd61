//! Projects whose tmux server isn't the one that is asked: going to theirs, and telling how they are there.
//!
//! A project's `server` says where its session lives. A verb that names projects goes to their server, unless `-L` or `-S`
//! says otherwise; a verb about all is about the server that it is called in. No client can go from one server to another.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use session_lock::Liveness;
use session_state::{Lifecycle, SessionState};
use tmux_core::{BriefPanes, Socket};

use crate::config::ServerName;
use crate::context::Context;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::live::{Live, Ours, same_place};
use crate::paths::resolve;
use crate::selection::is_glob;

/// Another server that takes longer than this isn't waited for: it is only looked at.
const LIMIT: Duration = Duration::from_secs(2);

/// The context for these projects, given as names or directories, if their server is another one than this context's.
/// Globs are about this server.
///
/// # Errors
///
/// [`Error::SeveralServers`], before anything was done.
pub fn on_server_of(context: &Context, projects: &[OsString], events: Events<'_>) -> Result<Option<Context>, Error> {
    if projects.is_empty() || !names_any(context) {
        return Ok(None);
    }
    let mut records = None;
    let mut homes: Vec<(String, Option<&ServerName>)> = Vec::new();
    for argument in projects {
        let name = named(context, &mut records, argument).unwrap_or_else(|| argument.to_string_lossy().into_owned());
        let home = home(context, &name);
        homes.push((name, home));
    }
    if context.server_is_given {
        for (project, home) in homes {
            if let Some(server) = home {
                let server = server.to_string();
                events(Event::ServerOverridden { project, server });
            }
        }
        return Ok(None);
    }
    let Some((first, home)) = homes.first() else {
        return Ok(None);
    };
    let place = |home: &Option<&ServerName>| home.map(|server| socket(context, server));
    if let Some((other, _)) = homes.iter().find(|(_, other)| place(other) != place(home)) {
        return Err(Error::SeveralServers {
            projects: [first.clone(), other.clone()],
        });
    }
    home.map(|server| context.at_server(server.socket(&context.environment)))
        .transpose()
}

/// The other servers that projects name, each once; none if the command line names the one that is meant. With `lost` only
/// those that are gone with a session of theirs: a server that runs has lost none, and needn't be asked.
///
/// # Errors
///
/// As [`Context::new`], and [`Error::Store`].
pub fn other_servers(context: &Context, lost: bool) -> Result<Vec<Context>, Error> {
    let named = context.config.projects.keys().filter(|_| !context.server_is_given);
    let mut names: Vec<String> = named.cloned().collect();
    if lost && names_any(context) {
        let live = Live::with_snapshot(context, None)?;
        let lost = live.records().filter(|record| live.is_lost(record));
        names = lost.map(|record| record.project.clone()).collect();
    }
    let of_servers = by_server(context, names)?.into_iter();
    Ok(of_servers.filter_map(|(other, _)| other).collect())
}

/// Projects of one server, and its context if that is another than the one that was asked.
pub(crate) type OfServer = (Option<Context>, Vec<String>);

/// These projects by their servers.
pub(crate) fn by_server(context: &Context, projects: Vec<String>) -> Result<Vec<OfServer>, Error> {
    let (mut here, mut there) = (Vec::new(), BTreeMap::<PathBuf, (Context, Vec<String>)>::new());
    for project in projects {
        let Some(server) = home(context, &project).filter(|_| !context.server_is_given) else {
            here.push(project);
            continue;
        };
        match there.entry(socket(context, server)) {
            Entry::Occupied(mut known) => known.get_mut().1.push(project),
            Entry::Vacant(new) => {
                let other = context.at_server(server.socket(&context.environment))?;
                new.insert((other, vec![project]));
            }
        }
    }
    let others = there.into_values().map(|(context, projects)| (Some(context), projects));
    let here = (!here.is_empty()).then_some((None, here));
    Ok(here.into_iter().chain(others).collect())
}

/// The server that a project names, if that isn't this one.
pub(crate) fn home<'a>(context: &'a Context, project: &str) -> Option<&'a ServerName> {
    let server = context.config.configured(project)?.server.as_ref()?;
    let here = resolve(context.server.socket_path(), &context.environment);
    (socket(context, server) != here).then_some(server)
}

/// Whether this server is the one for a project, where all of a server are meant.
pub(crate) fn belongs_here(context: &Context, project: &str) -> bool {
    let configured = context.config.configured(project);
    match configured.and_then(|configured| configured.server.as_ref()) {
        Some(_) => home(context, project).is_none(),
        None => !context.server_is_of_projects,
    }
}

/// Makes sure that a client can go to the project's session, wherever tsm runs.
///
/// # Errors
///
/// [`Error::OtherServer`] inside of another tmux server than the one that the project names.
pub(crate) fn refuse_from_inside(context: &Context, project: &str) -> Result<(), Error> {
    let Some(inside) = context.environment.inside.as_ref().filter(|_| !context.server_is_given) else {
        return Ok(());
    };
    let named = context.config.configured(project);
    match named.and_then(|configured| configured.server.as_ref()) {
        Some(server) if !same_place(&inside.socket, context.server.socket_path()) => Err(Error::OtherServer {
            project: project.to_owned(),
            server: server.to_string(),
        }),
        _ => Ok(()),
    }
}

/// Makes sure that a session that is made isn't the project's second one: they would have one record. Who names the server
/// has it so.
///
/// # Errors
///
/// [`Error::LivesElsewhere`].
pub(crate) fn refuse_second(context: &Context, live: &Live, project: &str) -> Result<(), Error> {
    let record = live.records().find(|record| record.project == project);
    let Some(there) = record.and_then(|record| recorded_elsewhere(context, live, record)) else {
        return Ok(());
    };
    let environment = &context.environment;
    let by_variable = environment.socket_name.is_some() || environment.socket_path.is_some();
    let named = context.config.configured(project);
    let names_one = named.is_some_and(|configured| configured.server.is_some());
    if context.server_is_given || by_variable && !names_one {
        return Ok(());
    }
    match look(context, there) {
        // Of one that doesn't answer nobody can tell that the session isn't there.
        Ok((_, other)) if other.of_project(project).is_none() => Ok(()),
        _ => Err(Error::LivesElsewhere {
            project: project.to_owned(),
            socket: there.to_owned(),
        }),
    }
}

/// Where a project's session is that isn't on this server.
pub(crate) enum Elsewhere<'a> {
    /// It lives there.
    Lives(&'a Context, Ours<'a>),
    /// It would be made there.
    Offline(PathBuf),
    /// That server doesn't answer.
    Unknown(PathBuf),
}

/// The other servers, each looked at when it is needed, and once.
#[derive(Default)]
pub(crate) struct Others {
    looked: Vec<(PathBuf, Option<(Context, Live)>)>,
}

impl Others {
    /// Where a project's session is, if anything says that it isn't on this server.
    pub(crate) fn find(&mut self, context: &Context, live: &Live, project: &str) -> Option<Elsewhere<'_>> {
        let record = live.records().find(|record| record.project == project);
        let named = home(context, project).map(|server| server.socket(&context.environment).path().to_owned());
        let recorded = record.and_then(|record| recorded_elsewhere(context, live, record));
        let (mut lives, mut unknown) = (None, None);
        for path in named.iter().map(PathBuf::as_path).chain(recorded) {
            let n = self.look(context, path);
            match self.looked.get(n) {
                Some((_, Some((_, other)))) if other.of_project(project).is_some() => {
                    lives = Some(n);
                    break;
                }
                Some((_, None)) => unknown = Some(path.to_owned()),
                _ => {}
            }
        }
        if let Some(n) = lives {
            let (context, live) = self.looked.get(n)?.1.as_ref()?;
            return Some(Elsewhere::Lives(context, live.of_project(project)?));
        }
        match unknown {
            Some(path) => Some(Elsewhere::Unknown(path)),
            None => named.map(Elsewhere::Offline),
        }
    }

    fn look(&mut self, context: &Context, path: &Path) -> usize {
        let known = self.looked.iter().position(|(known, _)| same_place(known, path));
        known.unwrap_or_else(|| {
            self.looked.push((path.to_owned(), look(context, path).ok()));
            self.looked.len() - 1
        })
    }
}

/// The server there, and what lives on it.
fn look(context: &Context, path: &Path) -> Result<(Context, Live), Error> {
    let mut other = context.at_server(Socket::at_path(path))?;
    other.server = other.server.with_limit(LIMIT);
    let live = Live::brief(&other, BriefPanes::Noted)?;
    Ok((other, live))
}

/// The socket of another server that runs, in which the session lives as its record says.
fn recorded_elsewhere<'a>(context: &Context, live: &Live, record: &'a SessionState) -> Option<&'a Path> {
    let then = record.server.as_ref().filter(|_| record.lifecycle == Lifecycle::Live)?;
    let here = live.server.as_ref().is_some_and(|now| now.process == then.process)
        || same_place(&then.socket, context.server.socket_path());
    (!here && then.process.liveness() == Liveness::Alive).then_some(then.socket.as_path())
}

fn names_any(context: &Context) -> bool {
    context.config.projects.values().any(|project| project.server.is_some())
}

fn socket(context: &Context, server: &ServerName) -> PathBuf {
    resolve(server.socket(&context.environment).path(), &context.environment)
}

/// The name of the project that is meant. What can't be told is for the verb to say.
fn named(context: &Context, records: &mut Option<Live>, argument: &OsString) -> Option<String> {
    if is_glob(argument) {
        return None;
    }
    if let Some(name) = argument
        .to_str()
        .filter(|name| context.config.projects.contains_key(*name))
    {
        return Some(name.to_owned());
    }
    if records.is_none() {
        *records = Live::with_snapshot(context, None).ok();
    }
    let project = records.as_ref()?.resolve(context, argument).ok()?;
    Some(project.name)
}
