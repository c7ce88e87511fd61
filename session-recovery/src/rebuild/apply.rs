//! Carrying plans out: one call for all of them, and one listing to see what came of it.

use tmux_core::{Command, Error, ExactName, LayoutFault, Reply, RowFormat, Server, SessionId, Snapshot};

use super::{Plan, commands};
use crate::ours::MARKS;

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

/// Builds the sessions of all plans in one call, starting the server if need be, and returns what is there now.
///
/// # Errors
///
/// Only if the call or the listing as a whole didn't come through; what became of each plan is in its [`Built`].
pub fn apply(server: &Server, plans: &[Plan]) -> Result<(Vec<Built>, Snapshot), Error> {
    let results: Vec<Result<Call, ApplyError>> = plans.iter().map(Call::new).collect();
    let calls: Vec<Vec<Command>> = results.iter().flatten().map(|call| call.commands.clone()).collect();
    let reply = if calls.is_empty() {
        Reply::default()
    } else {
        server.run_groups_or_start(calls)?
    };
    let snapshot = server.snapshot(MARKS)?;
    let mut half_made = Vec::new();
    let mut built = Vec::new();
    for (plan, call) in plans.iter().zip(results) {
        let outcome = match call {
            Ok(call) => call.outcome(plan, &reply, &snapshot, &mut half_made)?,
            Err(error) => Err(error),
        };
        built.push(Built {
            project: plan.project.clone(),
            outcome,
        });
    }
    if half_made.is_empty() {
        return Ok((built, snapshot));
    }
    for HalfMade { session, server_pid } in half_made {
        // A server never gives an id twice, so on the same server it is the same session.
        let same_server = format!("#{{==:#{{pid}},{server_pid}}}");
        match server.run(vec![Command::kill_session(session).when(session, same_server)]) {
            Ok(_) | Err(Error::NotFound { .. } | Error::NoServer { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let snapshot = match server.snapshot(MARKS) {
        Err(Error::NoServer { .. }) => Snapshot {
            sessions: Vec::new(),
            clients: Vec::new(),
            ..snapshot
        },
        other => other?,
    };
    Ok((built, snapshot))
}

/// A session that was created but not finished.
struct HalfMade {
    session: SessionId,
    server_pid: u32,
}

struct Call {
    commands: Vec<Command>,
    created: RowFormat,
    finished: RowFormat,
}

impl Call {
    fn new(plan: &Plan) -> Result<Self, ApplyError> {
        let name = ExactName::new(plan.session_name.as_str()).ok_or_else(|| ApplyError::Name {
            name: plan.session_name.clone(),
        })?;
        let created = RowFormat::new(["session_id", "pid"]);
        let finished = RowFormat::new(["session_id"]);
        let commands = commands::commands(plan, &name, &created, &finished)?;
        Ok(Self {
            commands,
            created,
            finished,
        })
    }

    /// A session that was created but not finished is ours to take away.
    fn outcome(
        &self,
        plan: &Plan,
        reply: &Reply,
        snapshot: &Snapshot,
        half_made: &mut Vec<HalfMade>,
    ) -> Result<Result<SessionId, ApplyError>, Error> {
        if let Some(row) = self.finished.decode(&reply.stdout)?.first() {
            return Ok(Ok(row.read("session_id", SessionId::parse)?));
        }
        let text = String::from_utf8_lossy(&reply.stderr).trim().to_owned();
        let name = plan.session_name.clone();
        if let Some(row) = self.created.decode(&reply.stdout)?.first() {
            let id = row.read("session_id", SessionId::parse)?;
            if snapshot.session(id).is_some() {
                half_made.push(HalfMade {
                    session: id,
                    server_pid: row.number("pid")?,
                });
            }
        } else if snapshot.session_named(name.as_bytes()).is_some() {
            return Ok(Err(ApplyError::Exists { name }));
        }
        Ok(Err(ApplyError::Refused { name, text }))
    }
}
