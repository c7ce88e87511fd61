//! Processes of ours that have ended and aren't gone, that hang, or that nobody waits for any more.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use session_lock::{Liveness, ProcessIdentity};
use session_recovery::process_table::{Entry, ProcessTable, State};

use super::{Finding, FindingKind};
use crate::agent::record::AgentRecord;
use crate::agent::stop::asking;
use crate::context::Context;
use crate::end_processes::Ending;
use crate::live::Live;
use crate::paths::resolve;

/// A process that waits for a disk does so for milliseconds; one that still does after this time hangs.
const HANGING: Duration = Duration::from_millis(500);

/// A parent that asks how its child ended does so within milliseconds.
const LASTING: Duration = Duration::from_millis(200);

/// The last hooks of an agent outlive it for some tenths of a second.
const LEAVING: Duration = Duration::from_millis(500);

pub(super) fn findings(context: &Context, live: &Live, table: &ProcessTable) -> Vec<Finding> {
    let panes = living_panes(live);
    let ours = |entry: &&Entry| table.lineage(entry.pid).iter().any(|above| panes.contains(&above.pid));
    let mut findings = Vec::new();
    for entry in zombies(table, &panes) {
        let parent = table
            .get(entry.parent)
            .map(|parent| parent.name.to_string())
            .unwrap_or_default();
        findings.push(Finding::new(
            FindingKind::ProcessZombie,
            format!("process {} ({})", entry.pid, entry.name),
            format!(
                "it has ended, and its parent, process {} ({parent}), doesn't ask how",
                entry.parent
            ),
            format!(
                "only its parent can take it away; it goes when process {} ends",
                entry.parent
            ),
        ));
    }
    let waiting = table.iter().filter(|entry| entry.state == State::Uninterruptible);
    for entry in waiting.filter(ours).filter(|entry| still_hangs(entry.pid)) {
        findings.push(Finding::new(
            FindingKind::ProcessUninterruptible,
            format!("process {} ({})", entry.pid, entry.name),
            "it waits for a device or a file system, and no signal reaches it",
            "look at the disk or the network file system it uses",
        ));
    }
    let since = Instant::now();
    for Orphan { process, why, .. } in orphans(context, live, table) {
        let left = LEAVING.saturating_sub(since.elapsed());
        match process.open() {
            Ok(None) => continue,
            Ok(Some(open)) if matches!(open.wait_exit(left), Ok(true)) => continue,
            _ => {}
        }
        let name = table
            .get(process.pid)
            .map(|entry| entry.name.to_string())
            .unwrap_or_default();
        findings.push(Finding::new(
            FindingKind::ProcessOrphaned,
            format!("process {} ({name})", process.pid),
            why,
            "`tsm cleanup` ends it",
        ));
    }
    findings
}

/// What has ended below these panes and isn't taken away. Every process is like that for a moment, so it is looked again
/// after a while.
pub(crate) fn zombies<'a>(table: &'a ProcessTable, panes: &BTreeSet<u32>) -> Vec<&'a Entry> {
    let below = |entry: &&Entry| table.lineage(entry.pid).iter().any(|above| panes.contains(&above.pid));
    let found: Vec<&Entry> = table
        .iter()
        .filter(|entry| entry.state == State::Zombie)
        .filter(below)
        .collect();
    if found.is_empty() {
        return found;
    }
    let since = Instant::now();
    for entry in &found {
        // Whoever takes it away by ending is waited for no longer.
        if let Ok(Some(parent)) = ProcessIdentity::of(entry.parent)
            && let Ok(Some(parent)) = parent.open()
        {
            let _ended_or_not = parent.wait_exit(LASTING.saturating_sub(since.elapsed()));
        }
    }
    let now = ProcessTable::read();
    let lasts = |entry: &&Entry| {
        let now = now.get(entry.pid);
        now.is_some_and(|now| now.state == State::Zombie && now.parent == entry.parent)
    };
    found.into_iter().filter(lasts).collect()
}

/// Looks again after a while, if it hasn't ended by then.
fn still_hangs(pid: u32) -> bool {
    let Ok(Some(identity)) = ProcessIdentity::of(pid) else {
        return false;
    };
    let Ok(Some(process)) = identity.open() else {
        return false;
    };
    let ended = process.wait_exit(HANGING).unwrap_or(true);
    let state = ProcessTable::read().get(pid).map(|entry| entry.state);
    !ended && state == Some(State::Uninterruptible)
}

/// The processes that the panes of our living sessions were started with.
pub(crate) fn living_panes(live: &Live) -> BTreeSet<u32> {
    let panes = live.all_ours().flat_map(|ours| ours.session.panes());
    panes.filter(|pane| !pane.dead).map(|pane| pane.pid).collect()
}

/// A process that belongs to no session any more.
pub(crate) struct Orphan {
    /// Which one, so that it can be ended and nothing else.
    pub(crate) process: ProcessIdentity,
    /// Why it is one.
    pub(crate) why: String,
    /// Which agent it is, if it is one.
    pub(crate) agent: Option<String>,
}

impl Orphan {
    /// How it is ended: an agent as agents of its kind are.
    pub(crate) fn ending(&self, context: &Context) -> Ending {
        let (signal, timeout) = asking(context, self.agent.as_deref());
        Ending {
            process: self.process.clone(),
            signal,
            timeout,
        }
    }
}

/// What belongs to no session any more: agents that we recorded whose session is gone, and what agents left behind.
pub(crate) fn orphans(context: &Context, live: &Live, table: &ProcessTable) -> Vec<Orphan> {
    let panes = living_panes(live);
    let records = agent_records(context);
    let mut found: Vec<Orphan> = Vec::new();
    for (_, record) in &records {
        let process = record.process();
        let in_a_pane = table
            .lineage(process.pid)
            .iter()
            .any(|above| panes.contains(&above.pid));
        // Its pane's own process still waits for it: tmux's pane, whatever became of the record.
        let in_some_server = table
            .lineage(process.pid)
            .iter()
            .any(|above| above.name.starts_with(b"tmux"));
        // One that was started after the table was read isn't in it, and nothing can be said of it.
        let seen = table.get(process.pid).is_some();
        if seen && !in_a_pane && !in_some_server && process.liveness() == Liveness::Alive {
            found.push(Orphan {
                process,
                why: format!("it is the {} of a session that is gone", record.kind),
                agent: Some(record.kind.clone()),
            });
        }
    }
    let ours = |id: &str| {
        records.iter().any(|(known, _)| known == id) || live.records().any(|record| record.id.as_deref() == Some(id))
    };
    // What an agent of another server works with is nobody's business here.
    let here = resolve(context.server.socket_path(), &context.environment);
    let at_work_elsewhere = |id: &str| {
        let of_it = records.iter().find(|(known, _)| known == id);
        of_it.is_some_and(|(_, record)| {
            let there = record
                .server
                .as_deref()
                .map(|server| resolve(server, &context.environment));
            there.is_some_and(|there| there != here) && record.process().liveness() == Liveness::Alive
        })
    };
    for entry in table.orphans(&ours, &panes) {
        if entry.agent.as_deref().is_some_and(at_work_elsewhere) {
            continue;
        }
        if let Ok(Some(process)) = ProcessIdentity::of(entry.pid)
            && found.iter().all(|known| known.process.pid != process.pid)
        {
            found.push(Orphan {
                process,
                why: "an agent of a session of tsm's left it behind".to_owned(),
                agent: None,
            });
        }
    }
    found
}

/// What panes recorded of their agents, with the id of the session.
pub(crate) fn agent_records(context: &Context) -> Vec<(String, AgentRecord)> {
    let directory = context.state_home.agents();
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let record = |path: std::path::PathBuf| {
        let id = path.file_stem()?.to_str()?.to_owned();
        Some((id, AgentRecord::read(&path)?))
    };
    entries.filter_map(|entry| record(entry.path())).collect()
}
