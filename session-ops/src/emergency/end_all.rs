//! Ending all sessions of ours at once: their agents are asked together, then the sessions end in one call.

use std::thread;
use std::time::{Duration, Instant};

use session_lock::{Process, ProcessError, ProcessIdentity, Signal};
use session_recovery::foreground::lineage;
use session_recovery::ours;
use tmux_core::{Command, Error as TmuxError};

use crate::agent::record::AgentRecord;
use crate::context::Context;
use crate::error::Error;
use crate::live::{Live, Ours};
use crate::scrollback;

/// How long after KILL a process may take to go; it is only waiting for the kernel.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// So many sessions' panes are read at the same time.
const AT_ONCE: usize = 8;

/// What became of the sessions.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) ended: Vec<String>,
    /// That which this process runs in.
    pub(super) kept: Vec<String>,
}

pub(super) fn end_all(context: &Context, live: &Live, steps: &mut Vec<String>) -> Result<Ended, Error> {
    let Some(snapshot) = &live.snapshot else {
        return Ok(Ended::default());
    };
    let inside = live.inside(context).map(|session| session.id);
    let above: Vec<u32> = lineage(std::process::id()).collect();
    let is_above =
        |ours: &Ours<'_>| Some(ours.session.id) == inside || ours.session.panes().any(|pane| above.contains(&pane.pid));
    let (kept, ending): (Vec<Ours<'_>>, Vec<_>) = live.all_ours().partition(is_above);
    keep_scrollback(context, &ending, steps);
    let agents: Vec<ProcessIdentity> = ending.iter().filter_map(|ours| agent(context, *ours)).collect();
    for (process, outcome) in end_processes(&agents, context.config.stop_timeout.value) {
        if let Err(error) = outcome {
            steps.push(format!("agent {} couldn't be ended: {error}", process.pid));
        }
    }
    let kill = |ours: &Ours<'_>| {
        let id = ours.record.id.clone().unwrap_or_default();
        vec![ours::kill_if_still(ours.session.id, &id, snapshot.server.pid, None)]
    };
    run_groups(context, ending.iter().map(kill).collect())?;
    let projects = |sessions: &[Ours<'_>]| sessions.iter().map(|ours| ours.record.project.clone()).collect();
    Ok(Ended {
        ended: projects(&ending),
        kept: projects(&kept),
    })
}

/// Several at a time: most of it is waiting for tmux to start and for the disk. What can't be kept of what they showed is no
/// reason to leave everything as it is.
fn keep_scrollback(context: &Context, ending: &[Ours<'_>], steps: &mut Vec<String>) {
    let share = ending.len().div_ceil(AT_ONCE).max(1);
    let keep = |part: &[Ours<'_>]| -> Vec<String> {
        let kept = part.iter().map(|ours| {
            let project = &ours.record.project;
            let error = scrollback::keep_on_end(context, project, ours.session).err()?;
            Some(format!("what {project} showed isn't kept: {error}"))
        });
        kept.flatten().collect()
    };
    let failures = thread::scope(|scope| {
        let parts: Vec<_> = ending
            .chunks(share)
            .map(|part| scope.spawn(move || keep(part)))
            .collect();
        let failures = parts.into_iter().filter_map(|part| part.join().ok());
        failures.flatten().collect::<Vec<String>>()
    });
    steps.extend(failures);
}

/// With its last session the server ends, which may come before its answer.
fn run_groups(context: &Context, groups: Vec<Vec<Command>>) -> Result<(), Error> {
    if groups.is_empty() {
        return Ok(());
    }
    // A server that has ended meanwhile is started for it, and ends again because it holds nothing.
    match context.server.run_groups_or_start(groups) {
        Ok(_) | Err(TmuxError::NoServer { .. } | TmuxError::ServerLost { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The agent's process, if it runs in this session.
fn agent(context: &Context, ours: Ours<'_>) -> Option<ProcessIdentity> {
    let record = AgentRecord::read(&context.state_home.agent_record(ours.record.id.as_deref()?))?;
    let here = ours.session.panes().any(|pane| pane.pid == record.pane_pid);
    here.then(|| record.process())
}

/// TERM to all, time to leave for all together, KILL to those that stay. Each is verified at the moment of the signal;
/// what has ended meanwhile is what the signal was for. Never this process, nor one above it.
pub(crate) fn end_processes(
    processes: &[ProcessIdentity],
    timeout: Duration,
) -> Vec<(ProcessIdentity, Result<(), Error>)> {
    let above: Vec<u32> = lineage(std::process::id()).collect();
    let mut open: Vec<(ProcessIdentity, Process)> = Vec::new();
    let mut outcomes = Vec::new();
    for identity in processes.iter().filter(|identity| !above.contains(&identity.pid)) {
        match identity.open() {
            Ok(Some(process)) => {
                // A stopped process sees the signal only when it goes on.
                match send(&process, Signal::Term).and_then(|()| send(&process, Signal::Cont)) {
                    Ok(()) => open.push((identity.clone(), process)),
                    Err(error) => outcomes.push((identity.clone(), Err(error))),
                }
            }
            Ok(None) => {}
            Err(error) => outcomes.push((identity.clone(), Err(error.into()))),
        }
    }
    let deadline = Instant::now() + timeout;
    for (identity, process) in open {
        outcomes.push((identity, end_one(&process, deadline)));
    }
    outcomes
}

fn end_one(process: &Process, deadline: Instant) -> Result<(), Error> {
    if !process.wait_exit(deadline.saturating_duration_since(Instant::now()))? {
        send(process, Signal::Kill)?;
        let _gone = process.wait_exit(AFTER_KILL)?;
    }
    Ok(())
}

fn send(process: &Process, signal: Signal) -> Result<(), Error> {
    match process.signal(signal) {
        Ok(()) | Err(ProcessError::Gone { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
