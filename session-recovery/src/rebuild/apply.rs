//! Carrying plans out: one call for all of them, which also lists what came of it.

use std::collections::BTreeMap;
use std::iter;

use bstr::{BString, ByteSlice};
use tmux_core::{
    Command, Error, ExactName, LayoutFault, PartialSnapshot, Reply, Row, RowFormat, Server, Session, SessionId,
    Snapshot,
};

use super::{Plan, commands};
use crate::ours::{BRIEF_MARKS, MARKS, claim};

/// What came of one plan.
#[derive(Debug)]
pub struct Built {
    /// The project.
    pub project: String,
    /// The session, complete, or why there is none: what was half-made has been taken away again.
    pub outcome: Result<SessionId, ApplyError>,
}

/// Why a plan wasn't carried out.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The session's name can't be addressed.
    #[error("no target of tmux names the session {name:?}")]
    Name {
        /// The name.
        name: String,
    },
    /// A layout that tmux must not see; the planner lets none through.
    #[error(transparent)]
    Layout(#[from] LayoutFault),
    /// There is a session of that name.
    #[error("there is a session {name} already")]
    Exists {
        /// The name.
        name: String,
    },
    /// tmux refused a command.
    #[error("tmux couldn't build the session {name}: {text}")]
    Refused {
        /// The session's name.
        name: String,
        /// What tmux said in this call.
        text: String,
    },
}

/// Plans as commands of tmux.
#[derive(Debug)]
pub struct Building {
    plans: Vec<Plan>,
    created: RowFormat,
    seen: PartialSnapshot,
    /// For each plan its commands.
    results: Vec<Result<Vec<Command>, ApplyError>>,
}

impl Building {
    /// What builds the sessions of the plans. No tmux is asked.
    pub fn of(plans: Vec<Plan>) -> Self {
        // One for all plans: each look for it goes through the whole answer.
        let created = RowFormat::new(["session_name", "session_id", "pid"]);
        let mut names = Vec::new();
        let results = plans.iter().map(|plan| {
            let name = name(plan)?;
            let commands = commands::commands(plan, &name, &created)?;
            names.push(name);
            Ok(commands)
        });
        let results = results.collect();
        Self {
            plans,
            created,
            seen: PartialSnapshot::new(BRIEF_MARKS, names),
            results,
        }
    }

    /// Builds the sessions of all plans in one call, starting the server if need be, and returns what was built as it was
    /// seen in that very call. If anything failed it is a snapshot of the whole server instead.
    ///
    /// # Errors
    ///
    /// Only if the call or the listing as a whole didn't come through; what became of each plan is in its [`Built`].
    pub fn apply(self, server: &Server) -> Result<(Vec<Built>, Snapshot), Error> {
        let Self {
            plans,
            created,
            seen,
            results,
        } = self;
        let (mut calls, mut refused) = (Vec::new(), Vec::new());
        for result in results {
            match result {
                Ok(commands) => {
                    calls.push(commands);
                    refused.push(None);
                }
                Err(error) => refused.push(Some(error)),
            }
        }
        let (mut reply, mut snapshot) = (Reply::default(), None);
        if !calls.is_empty() {
            let begin = iter::once(vec![seen.begin()]);
            let groups: Vec<Vec<Command>> = begin.chain(calls).chain(seen.end()).collect();
            (reply, snapshot) = call(server, groups, &seen)?;
        }
        let rows = created.decode(&reply.stdout)?;
        let rows: BTreeMap<BString, &Row> = rows.iter().map(|row| (row.bytes("session_name"), row)).collect();
        let snapshot = match snapshot {
            Some(snapshot) if snapshot.whole && plans.iter().all(|plan| is_there(plan, &snapshot)) => snapshot,
            _ => server.snapshot(MARKS)?,
        };
        let mut half_made = Vec::new();
        let mut built = Vec::new();
        for (plan, refused) in plans.iter().zip(refused) {
            let outcome = match refused {
                None => {
                    let row = rows.get(plan.session_name.as_bytes().as_bstr()).copied();
                    outcome(plan, row, &reply, &snapshot, &mut half_made)?
                }
                Some(error) => Err(error),
            };
            built.push(Built {
                project: plan.project.clone(),
                outcome,
            });
        }
        take_away(server, half_made, snapshot).map(|snapshot| (built, snapshot))
    }
}

/// Ends what was half-made; what there is then.
fn take_away(server: &Server, half_made: Vec<HalfMade>, before: Snapshot) -> Result<Snapshot, Error> {
    if half_made.is_empty() {
        return Ok(before);
    }
    for HalfMade { session, server_pid } in half_made {
        // A server never gives an id twice, so on the same server it is the same session.
        let same_server = format!("#{{==:#{{pid}},{server_pid}}}");
        match server.run(vec![Command::kill_session(session).when(session, same_server)]) {
            Ok(_) | Err(Error::NotFound { .. } | Error::NoServer { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    match server.snapshot(MARKS) {
        Err(Error::NoServer { .. }) => Ok(Snapshot {
            sessions: Vec::new(),
            clients: Vec::new(),
            ..before
        }),
        other => other,
    }
}

/// What tmux answered, and what was seen in it.
fn call(
    server: &Server,
    groups: Vec<Vec<Command>>,
    seen: &PartialSnapshot,
) -> Result<(Reply, Option<Snapshot>), Error> {
    let reply = server.run_groups_or_start(groups)?;
    match seen.decode(&reply.stdout) {
        Ok(snapshot) => {
            if let Some(snapshot) = &snapshot {
                server.met(&snapshot.server);
            }
            Ok((reply, snapshot))
        }
        // An answer that was cut off is that of a server which is gone, and that says more.
        Err(error) => Err(server.snapshot(MARKS).err().unwrap_or(error.into())),
    }
}

/// A session that was created but not finished.
struct HalfMade {
    session: SessionId,
    server_pid: u32,
}

fn name(plan: &Plan) -> Result<ExactName, ApplyError> {
    ExactName::new(plan.session_name.as_str()).ok_or_else(|| ApplyError::Name {
        name: plan.session_name.clone(),
    })
}

fn is_there(plan: &Plan, snapshot: &Snapshot) -> bool {
    let session = snapshot.session_named(plan.session_name.as_bytes());
    session.is_some_and(|session| is_complete(plan, session))
}

/// Whether the session has the last of what was asked for.
fn is_complete(plan: &Plan, session: &Session) -> bool {
    claim(session).is_some_and(|(id, project)| id == plan.id && project == plan.project)
}

/// A session that was created, which `row` says, but not finished is ours to take away.
fn outcome(
    plan: &Plan,
    row: Option<&Row>,
    reply: &Reply,
    snapshot: &Snapshot,
    half_made: &mut Vec<HalfMade>,
) -> Result<Result<SessionId, ApplyError>, Error> {
    let text = String::from_utf8_lossy(&reply.stderr).trim().to_owned();
    let name = plan.session_name.clone();
    if let Some(row) = row {
        let id = row.read("session_id", SessionId::parse)?;
        match snapshot.session(id) {
            Some(session) if is_complete(plan, session) => return Ok(Ok(id)),
            Some(_) => half_made.push(HalfMade {
                session: id,
                server_pid: row.number("pid")?,
            }),
            None => {}
        }
    } else if snapshot.session_named(name.as_bytes()).is_some() {
        return Ok(Err(ApplyError::Exists { name }));
    }
    Ok(Err(ApplyError::Refused { name, text }))
}
