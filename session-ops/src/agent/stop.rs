//! The end of an agent: asked to leave, then made to, then what it started.
//!
//! Every signal goes to a process that was verified at that moment, never by a name; tsm and what is above it, and a tmux
//! server that an agent started, are never among them.

use std::collections::BTreeSet;
use std::time::Duration;

use session_lock::{ProcessIdentity, Signal};
use session_recovery::foreground::lineage;
use session_recovery::ours;
use session_recovery::process_table::ProcessTable;
use tmux_core::Session;

use super::kind::{AgentKind, StopSignal};
use super::record::AgentRecord;
use crate::context::Context;
use crate::end_processes::{Ending, end_processes};
use crate::error::Error;

/// How long what an agent left behind has to leave after TERM.
const DESCENDANTS: Duration = Duration::from_millis(500);

/// How long the agent of a session has to leave: its own table's time, else everybody's.
pub(crate) fn timeout(context: &Context, session: &Session) -> Duration {
    let kind = session.panes().find_map(ours::agent_kind);
    asking(context, kind.as_deref()).1
}

/// How an agent of this kind is asked to leave, and how long it has; every other process is asked as most are.
pub(crate) fn asking(context: &Context, kind: Option<&str>) -> (Signal, Duration) {
    let kind = kind.and_then(|kind| context.config.agents.get(kind).ok().flatten());
    let time = kind.as_ref().and_then(AgentKind::stop_timeout);
    let signal = match kind.as_ref().map(AgentKind::stop_signal).unwrap_or_default() {
        StopSignal::Term => Signal::Term,
        StopSignal::Int => Signal::Int,
        StopSignal::Hup => Signal::Hup,
    };
    (signal, time.unwrap_or(context.config.stop_timeout.value))
}

/// Ends the agent of a session that is about to end: its signal, time to leave, KILL; then what descends from it. Only the
/// process that the pane recorded, and only if it runs in this session.
///
/// # Errors
///
/// [`Error::Process`].
pub fn stop(context: &Context, id: &str, session: &Session, timeout: Duration) -> Result<(), Error> {
    let Some(record) = of_session(context, id, session) else {
        return Ok(());
    };
    let stopping = Stopping {
        id: id.to_owned(),
        record,
        timeout: Some(timeout),
    };
    stop_all(context, &[stopping])
        .into_iter()
        .try_for_each(|(_, outcome)| outcome)
}

/// What the pane of a session recorded of its agent, if that pane is in this session.
pub(crate) fn of_session(context: &Context, id: &str, session: &Session) -> Option<AgentRecord> {
    let record = AgentRecord::read(&context.state_home.agent_record(id))?;
    let here = session.panes().any(|pane| pane.pid == record.pane_pid);
    here.then_some(record)
}

/// An agent that is to end.
pub(crate) struct Stopping {
    /// The id of its session.
    pub(crate) id: String,
    /// Which process it is.
    pub(crate) record: AgentRecord,
    /// How long it has, if not as long as agents of its kind have.
    pub(crate) timeout: Option<Duration>,
}

/// Ends agents, all at once; then what descends from them.
pub(crate) fn stop_all(context: &Context, agents: &[Stopping]) -> Vec<(ProcessIdentity, Result<(), Error>)> {
    let above: BTreeSet<u32> = lineage(std::process::id()).collect();
    let agents: Vec<&Stopping> = agents
        .iter()
        .filter(|agent| !above.contains(&agent.record.pid))
        .collect();
    if agents.is_empty() {
        return Vec::new();
    }
    // Before they end: afterwards nothing tells any more from whom they came.
    let table = ProcessTable::read();
    let descendants: Vec<Ending> = agents
        .iter()
        .flat_map(|agent| descendants(&table, &agent.record, &agent.id))
        .map(|process| Ending {
            process,
            signal: Signal::Term,
            timeout: DESCENDANTS,
        })
        .collect();
    let ending = |agent: &&Stopping| {
        let (signal, own) = asking(context, Some(&agent.record.kind));
        Ending {
            process: agent.record.process(),
            signal,
            timeout: agent.timeout.unwrap_or(own),
        }
    };
    let mut outcomes = end_processes(agents.iter().map(ending).collect());
    outcomes.extend(end_processes(descendants));
    outcomes
}

/// What descends from the agent, and what bears its mark though its parent has ended.
fn descendants(table: &ProcessTable, record: &AgentRecord, id: &str) -> Vec<ProcessIdentity> {
    let me: BTreeSet<u32> = lineage(std::process::id()).collect();
    let is_its = |pid: u32| table.lineage(pid).iter().skip(1).any(|above| above.pid == record.pid);
    let in_tmux = |pid: u32| {
        let lineage = table.lineage(pid);
        // Between it and the agent; above the agent is our own server.
        let below_agent = lineage.iter().take_while(|above| above.pid != record.pid);
        below_agent.into_iter().any(|above| above.name.starts_with(b"tmux"))
    };
    let marked = |entry: &&session_recovery::process_table::Entry| entry.agent.as_deref() == Some(id);
    let found = table.iter().filter(|entry| {
        entry.pid != record.pid
            && !me.contains(&entry.pid)
            && (is_its(entry.pid) || marked(entry))
            && !in_tmux(entry.pid)
    });
    found
        .filter_map(|entry| ProcessIdentity::of(entry.pid).ok().flatten())
        .collect()
}
