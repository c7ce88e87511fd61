//! The end of an agent: asked to leave, then made to, then what it started.
//!
//! Every signal goes to a process that was verified at that moment, never by a name; tsm and what is above it, and a tmux
//! server that an agent started, are never among them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use session_lock::{Process, ProcessError, ProcessIdentity, Signal};
use session_recovery::foreground::lineage;
use session_recovery::ours;
use session_recovery::process_table::ProcessTable;
use tmux_core::Session;

use super::kind::StopSignal;
use super::record::AgentRecord;
use crate::context::Context;
use crate::error::Error;

/// How long after KILL a process may take to go; it is only waiting for the kernel.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// How long what an agent left behind has to leave after TERM.
const DESCENDANTS: Duration = Duration::from_millis(500);

/// How long the agent of a session has to leave: its own table's time, else everybody's.
pub(crate) fn timeout(context: &Context, session: &Session) -> Duration {
    let kind = session.panes().find_map(ours::agent_kind);
    let kind = kind.and_then(|kind| context.config.agents.get(&kind).ok().flatten());
    let own = kind.and_then(|kind| kind.stop_timeout());
    own.unwrap_or(context.config.stop_timeout.value)
}

/// Ends the agent of a session that is about to end: its signal, time to leave, KILL; then what descends from it. Only the
/// process that the pane recorded, and only if it runs in this session.
///
/// # Errors
///
/// [`Error::Process`].
pub fn stop(context: &Context, id: &str, session: &Session, timeout: Duration) -> Result<(), Error> {
    let Some(record) = AgentRecord::read(&context.state_home.agent_record(id)) else {
        return Ok(());
    };
    if !session.panes().any(|pane| pane.pid == record.pane_pid) || is_us_or_above(record.pid) {
        return Ok(());
    }
    let kind = context.config.agents.get(&record.kind).ok().flatten();
    let stop_signal = kind.map_or(StopSignal::Term, |kind| kind.stop_signal());
    // Before it ends: afterwards nothing tells any more from whom they came.
    let descendants = descendants(&record, id);
    if let Some(agent) = record.process().open()? {
        end(&agent, signal(stop_signal), timeout)?;
    }
    end_all(descendants)
}

fn signal(signal: StopSignal) -> Signal {
    match signal {
        StopSignal::Term => Signal::Term,
        StopSignal::Int => Signal::Int,
        StopSignal::Hup => Signal::Hup,
    }
}

fn end(process: &Process, signal: Signal, timeout: Duration) -> Result<(), Error> {
    send(process, signal)?;
    // A stopped process sees the signal only when it goes on.
    send(process, Signal::Cont)?;
    if !process.wait_exit(timeout)? {
        send(process, Signal::Kill)?;
        let _gone = process.wait_exit(AFTER_KILL)?;
    }
    Ok(())
}

/// What descends from the agent, and what bears its mark though its parent has ended.
fn descendants(record: &AgentRecord, id: &str) -> Vec<ProcessIdentity> {
    let table = ProcessTable::read();
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

/// TERM to all at once, then KILL to those that stay.
fn end_all(identities: Vec<ProcessIdentity>) -> Result<(), Error> {
    let mut processes = Vec::new();
    for identity in identities {
        // Whatever can't be examined isn't ours to end.
        if let Ok(Some(process)) = identity.open() {
            send(&process, Signal::Term)?;
            send(&process, Signal::Cont)?;
            processes.push(process);
        }
    }
    let deadline = Instant::now() + DESCENDANTS;
    for process in &processes {
        if !process.wait_exit(deadline.saturating_duration_since(Instant::now()))? {
            send(process, Signal::Kill)?;
        }
    }
    Ok(())
}

/// That it has ended meanwhile is what the signal was for.
fn send(process: &Process, signal: Signal) -> Result<(), Error> {
    match process.signal(signal) {
        Ok(()) | Err(ProcessError::Gone { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// tsm and its ancestors are never a target of signals.
fn is_us_or_above(pid: u32) -> bool {
    lineage(std::process::id()).any(|above| above == pid)
}
