//! The records of live sessions, made only of sessions that were seen whole.

use session_recovery::capture::{Occasion, capture};
use session_recovery::complete::{Incomplete, check, check_server, ended_panes};
use session_state::{Agent, SessionState};
use tmux_core::PaneId;

use crate::agent::bindings::follow;
use crate::agent::home::AgentHome;
use crate::agent::record::AgentRecord;
use crate::context::Context;
use crate::error::Error;
use crate::live::{Live, Ours};
use crate::task_id;

/// A session that changes while it is looked at is looked at so often.
const LOOKS: usize = 4;

/// The record of a session of ours as it is now.
///
/// # Errors
///
/// [`Error::Incomplete`] if it can't be seen whole, [`Error::Tmux`].
pub(crate) fn record_of(context: &Context, live: &Live, ours: Ours<'_>, reason: &str) -> Result<SessionState, Error> {
    let project = ours.record.project.clone();
    let mut records = records_of(context, live, &[ours], reason)?;
    match records.pop() {
        Some(Ok(record)) => Ok(record),
        Some(Err(why)) => Err(Error::Incomplete { what: project, why }),
        None => Err(Error::NoSession { project }),
    }
}

/// The records of sessions of ours, one result for each in their order. What was not seen whole is looked at again.
///
/// # Errors
///
/// [`Error::Tmux`] if the server can't be read again.
pub(crate) fn records_of(
    context: &Context,
    live: &Live,
    chosen: &[Ours<'_>],
    reason: &str,
) -> Result<Vec<Result<SessionState, Incomplete>>, Error> {
    let mut looks: Vec<Look> = chosen
        .iter()
        .map(|ours| Look::at(context, live, Some(*ours), None, reason))
        .collect();
    for _ in 1..LOOKS {
        if looks.iter().all(|look| look.outcome.is_ok()) {
            break;
        }
        let live = Live::read(context)?;
        for (look, ours) in looks.iter_mut().zip(chosen) {
            if look.outcome.is_err() {
                let ours = live.of_project(&ours.record.project);
                *look = Look::at(context, &live, ours, Some(&look.ended), reason);
            }
        }
    }
    let mut outcomes: Vec<_> = looks.into_iter().map(|look| look.outcome).collect();
    for record in outcomes.iter_mut().flatten() {
        task_id::put(context, record);
    }
    Ok(outcomes)
}

/// Everything, from an answer of tmux that has an end; which sessions there are can't be told else.
///
/// # Errors
///
/// [`Error::Incomplete`], [`Error::Tmux`].
pub(crate) fn read_whole(context: &Context) -> Result<Live, Error> {
    for _ in 0..LOOKS {
        let live = Live::read(context)?;
        if live.snapshot.as_ref().is_none_or(|snapshot| snapshot.whole) {
            return Ok(live);
        }
    }
    Err(Error::Incomplete {
        what: "the sessions".to_owned(),
        why: Incomplete::CutOff,
    })
}

/// One look at a session.
struct Look {
    outcome: Result<SessionState, Incomplete>,
    /// Panes whose process had ended by then.
    ended: Vec<PaneId>,
}

impl Look {
    fn at(
        context: &Context,
        live: &Live,
        ours: Option<Ours<'_>>,
        ended_before: Option<&[PaneId]>,
        reason: &str,
    ) -> Self {
        let failed = |why| Self {
            outcome: Err(why),
            ended: Vec::new(),
        };
        let (Some(snapshot), Some(server)) = (&live.snapshot, &live.server) else {
            return failed(Incomplete::ServerGone);
        };
        let Some(ours) = ours else {
            return failed(Incomplete::SessionGone);
        };
        if let Err(why) = check(snapshot, ours.session) {
            return failed(why);
        }
        let agents = known_agents(context, ours.record);
        let record = capture(
            ours.session,
            &Occasion {
                project: &ours.record.project,
                working_dir: &ours.record.working_dir,
                server,
                saved: context.saved(reason),
                previous: Some(ours.record),
                agents: &agents,
                programs: true,
            },
        );
        // The capture asked the processes, too: they and the server must still have been there.
        if let Err(why) = check_server(server) {
            return failed(why);
        }
        let ended = ended_panes(ours.session);
        // Where they had ended the last time already, a background job keeps the pane open: there is no more to see.
        let steady = ended.is_empty() || ended_before == Some(ended.as_slice());
        Self {
            outcome: if steady { Ok(record) } else { Err(Incomplete::Unsteady) },
            ended,
        }
    }
}

/// The agents of a session: what their pane recorded, else what the last record says.
pub(crate) fn known_agents(context: &Context, record: &SessionState) -> Vec<Agent> {
    match agent_record(context, record) {
        // The conversation is the one that it is in now.
        Some(recorded) => {
            let id = record.id.as_deref().unwrap_or_default();
            let home = AgentHome::of_record(&context.state_home.agent_record(id));
            let conversation = follow(&home, &recorded, context.clock);
            vec![Agent {
                conversation,
                ..recorded.agent()
            }]
        }
        None => record.agent().cloned().into_iter().collect(),
    }
}

/// What the agent's pane of a session recorded.
pub(crate) fn agent_record(context: &Context, record: &SessionState) -> Option<AgentRecord> {
    let id = record.id.as_deref()?;
    AgentRecord::read(&context.state_home.agent_record(id))
}
