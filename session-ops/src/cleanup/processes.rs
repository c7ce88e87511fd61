//! Processes that agents left behind. Each is verified at the moment of the signal.

use std::collections::BTreeSet;

use session_recovery::process_table::ProcessTable;

use super::{Cleaning, CleanupAction, CleanupOutcome};
use crate::describe::agent_has_exited;
use crate::detect::{FindingKind, ServerCondition, living_panes, orphans, zombies};
use crate::end_processes::end_processes;

pub(super) fn clean(cleaning: &Cleaning<'_>, table: &ProcessTable) -> Vec<CleanupAction> {
    let mut actions = stay(cleaning, table);
    // Which processes are in a pane is only known of a server that answers, or isn't there.
    let known = matches!(
        cleaning.condition,
        ServerCondition::Answers(_) | ServerCondition::None | ServerCondition::StaleSocket
    );
    let busy = agents_at_work(cleaning);
    for orphan in orphans(cleaning.context, cleaning.live, table) {
        let process = &orphan.process;
        let entry = table.get(process.pid);
        let name = entry.map(|entry| entry.name.to_string()).unwrap_or_default();
        let subject = format!("process {} ({name})", process.pid);
        let agent = entry.and_then(|entry| entry.agent.as_deref());
        let kept = match (known, agent.is_some_and(|agent| busy.contains(agent))) {
            (false, _) => Some("tmux doesn't answer, so that it can't be told whether it runs in a pane"),
            // It may be a server that the agent works with.
            (true, true) => Some("the agent that started it is still at work"),
            (true, false) => None,
        };
        actions.push(match kept {
            Some(reason) => CleanupAction {
                kind: FindingKind::ProcessOrphaned,
                subject,
                subject_bytes: None,
                outcome: CleanupOutcome::Kept,
                reason: reason.to_owned(),
            },
            None => cleaning.action(FindingKind::ProcessOrphaned, subject, &orphan.why, |_lock| {
                let ended = end_processes(vec![orphan.ending(cleaning.context)]);
                Ok(ended.into_iter().try_for_each(|(_, outcome)| outcome)?)
            }),
        });
    }
    actions
}

/// The sessions whose agents run.
fn agents_at_work(cleaning: &Cleaning<'_>) -> BTreeSet<String> {
    cleaning
        .live
        .all_ours()
        .filter(|ours| !agent_has_exited(cleaning.context, *ours))
        .filter_map(|ours| ours.record.id.clone())
        .collect()
}

/// They can't be ended: they have ended.
fn stay(cleaning: &Cleaning<'_>, table: &ProcessTable) -> Vec<CleanupAction> {
    zombies(table, &living_panes(cleaning.live))
        .into_iter()
        .map(|entry| CleanupAction {
            kind: FindingKind::ProcessZombie,
            subject: format!("process {} ({})", entry.pid, entry.name),
            subject_bytes: None,
            outcome: CleanupOutcome::Kept,
            reason: format!(
                "it has ended; it goes when its parent, process {}, asks how or ends",
                entry.parent
            ),
        })
        .collect()
}
