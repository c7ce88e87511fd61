//! Processes of ours that have ended and aren't gone, that hang, or that nobody waits for any more.

use std::collections::BTreeSet;
use std::time::Duration;

use session_lock::{Liveness, ProcessIdentity};
use session_recovery::process_table::{Entry, ProcessTable, State};

use super::{Finding, FindingKind};
use crate::agent::record::AgentRecord;
use crate::context::Context;
use crate::live::Live;

/// A process that waits for a disk does so for milliseconds; one that still does after this time hangs.
const HANGING: Duration = Duration::from_millis(500);

/// A shell takes an ended child away within milliseconds; one that is there after this time stays.
const UNREAPED: Duration = Duration::from_millis(300);

pub(super) fn findings(context: &Context, live: &Live, table: &ProcessTable) -> Vec<Finding> {
    let panes = living_panes(live);
    let ours = |entry: &&Entry| table.lineage(entry.pid).iter().any(|above| panes.contains(&above.pid));
    let mut findings = Vec::new();
    let mut later = None;
    for entry in table.iter().filter(ours) {
        let subject = format!("process {} ({})", entry.pid, entry.name);
        match entry.state {
            State::Present => {}
            State::Zombie => {
                let later = later.get_or_insert_with(|| table_after(entry.parent));
                if later.get(entry.pid).map(|entry| entry.state) != Some(State::Zombie) {
                    continue;
                }
                let parent = table
                    .get(entry.parent)
                    .map(|parent| parent.name.to_string())
                    .unwrap_or_default();
                findings.push(Finding::new(
                    FindingKind::ProcessZombie,
                    subject,
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
            State::Uninterruptible if still_hangs(entry.pid) => findings.push(Finding::new(
                FindingKind::ProcessUninterruptible,
                subject,
                "it waits for a device or a file system, and no signal reaches it",
                "look at the disk or the network file system it uses",
            )),
            State::Uninterruptible => {}
        }
    }
    for (process, why) in orphans(context, live, table) {
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

/// What runs after a while, or when this process has ended.
fn table_after(pid: u32) -> ProcessTable {
    if let Ok(Some(identity)) = ProcessIdentity::of(pid)
        && let Ok(Some(process)) = identity.open()
    {
        process.wait_exit(UNREAPED).ok();
    }
    ProcessTable::read()
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

/// What belongs to no session any more: agents that we recorded whose session is gone, and what agents left behind. Each
/// with the reason; each identified, so that it can be ended and nothing else.
pub(crate) fn orphans(context: &Context, live: &Live, table: &ProcessTable) -> Vec<(ProcessIdentity, String)> {
    let panes = living_panes(live);
    let records = agent_records(context);
    let mut found: Vec<(ProcessIdentity, String)> = Vec::new();
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
            found.push((process, format!("it is the {} of a session that is gone", record.kind)));
        }
    }
    let ours = |id: &str| {
        records.iter().any(|(known, _)| known == id) || live.records().any(|record| record.id.as_deref() == Some(id))
    };
    for entry in table.orphans(&ours, &panes) {
        if let Ok(Some(process)) = ProcessIdentity::of(entry.pid)
            && found.iter().all(|(known, _)| known.pid != process.pid)
        {
            found.push((process, "an agent of a session of tsm's left it behind".to_owned()));
        }
    }
    found
}

/// What panes recorded of their agents, with the id of the session.
fn agent_records(context: &Context) -> Vec<(String, AgentRecord)> {
    let directory = context.state_home.agents();
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let record = |path: std::path::PathBuf| {
        let id = path.file_stem()?.to_str()?.to_owned();
        Some((id, AgentRecord::read(&path)?))
    };
    entries.filter_map(|entry| record(entry.path())).collect()
}
