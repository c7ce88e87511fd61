//! Ending all sessions of ours at once: their agents are asked together, then the sessions end in one call.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;

use session_lock::ProcessIdentity;
use session_recovery::foreground::lineage;
use session_recovery::ours;
use session_recovery::process_table::ProcessTable;
use tmux_core::{Command, Error as TmuxError};

use super::server::our_ids;
use crate::agent::record::AgentRecord;
use crate::agent::stop::{Stopping, of_session, stop_all};
use crate::context::Context;
use crate::detect::agent_records;
use crate::error::{Error, with_causes};
use crate::live::{Live, Ours};
use crate::scrollback::{self, Shown};

/// What so many sessions showed is written at the same time.
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
    let agent = |ours: &Ours<'_>| {
        let id = ours.record.id.clone()?;
        let record = of_session(context, &id, ours.session)?;
        Some(Stopping {
            id,
            record,
            timeout: None,
        })
    };
    let agents: Vec<Stopping> = ending.iter().filter_map(agent).collect();
    tell_failures(stop_all(context, &agents), steps);
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

/// One session is looked at after the other, which takes memory and tmux's time; written are several at a time, which is
/// waiting for the disk. What can't be kept of what they showed is no reason to leave everything as it is.
fn keep_scrollback(context: &Context, ending: &[Ours<'_>], steps: &mut Vec<String>) {
    type Showing<'a> = (&'a str, Shown);
    let (to_write, shown) = mpsc::sync_channel::<Showing<'_>>(AT_ONCE);
    // Only those that write hold it: nobody waits for them when there are none.
    let shown = Arc::new(Mutex::new(shown));
    let failed = |project: &str, error: Error| format!("what {project} showed isn't kept: {error}");
    let write = |shown: &Mutex<mpsc::Receiver<Showing<'_>>>| -> Vec<String> {
        let next = || shown.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
        let written = std::iter::from_fn(next).map(|(project, shown)| Some(failed(project, shown.write().err()?)));
        written.flatten().collect()
    };
    let failures = thread::scope(|scope| {
        let start = |_| {
            let shown = Arc::clone(&shown);
            scope.spawn(move || write(&shown))
        };
        let writing: Vec<_> = (0..AT_ONCE.min(ending.len())).map(start).collect();
        drop(shown);
        let mut failures = Vec::new();
        for ours in ending {
            let project = ours.record.project.as_str();
            match scrollback::look_on_end(context, project, ours.session) {
                Ok(shown) => {
                    if to_write.send((project, shown)).is_err() {
                        failures.push(format!("what {project} showed isn't kept"));
                    }
                }
                Err(error) => failures.push(failed(project, error)),
            }
        }
        drop(to_write);
        let told = writing.into_iter().map(|thread| thread.join());
        let panicked = |_| vec!["what some of the sessions showed may not be kept".to_owned()];
        failures.extend(told.flat_map(|told| told.unwrap_or_else(panicked)));
        failures
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

/// Asks the agents to leave whose panes a server holds that doesn't answer: it is about to be ended, and they would just see
/// their terminals close.
pub(super) fn end_agents_in(context: &Context, server: &ProcessIdentity, steps: &mut Vec<String>) -> Result<(), Error> {
    let ids = our_ids(context)?;
    let table = ProcessTable::read();
    let in_it = |record: &AgentRecord| table.lineage(record.pid).iter().any(|above| above.pid == server.pid);
    let agents: Vec<Stopping> = agent_records(context)
        .into_iter()
        .filter(|(id, record)| ids.contains(id) && in_it(record))
        .map(|(id, record)| Stopping {
            id,
            record,
            timeout: None,
        })
        .collect();
    tell_failures(stop_all(context, &agents), steps);
    Ok(())
}

fn tell_failures(outcomes: Vec<(ProcessIdentity, Result<(), Error>)>, steps: &mut Vec<String>) {
    for (process, outcome) in outcomes {
        if let Err(error) = outcome {
            steps.push(format!(
                "process {} couldn't be ended: {}",
                process.pid,
                with_causes(&error)
            ));
        }
    }
}
