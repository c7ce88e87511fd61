//! Sessions and panes in which every program has ended. What they showed is kept, as that of every session that tsm ends.

use tmux_core::{Command, Pane, Session};

use super::{Cleaning, CleanupAction, Not};
use crate::detect::FindingKind;
use crate::end::{EndOutcome, EndRequest, end};
use crate::error::Error;
use crate::live::{Live, Ours};
use crate::record::record_of;
use crate::scrollback;

const VERB: &str = "cleanup";

pub(super) fn clean(cleaning: &Cleaning<'_>) -> Vec<CleanupAction> {
    let mut actions = Vec::new();
    for ours in cleaning.live.all_ours() {
        let project = &ours.record.project;
        if ours.session.panes().all(|pane| pane.dead) {
            let why = "every program in it has ended";
            actions.push(
                cleaning.action(FindingKind::SessionEmpty, project.clone(), why, |lock| {
                    match end(cleaning.context, lock, &ending(cleaning, ours))? {
                        EndOutcome::Ended | EndOutcome::Gone => Ok(()),
                        EndOutcome::Kept(why) => Err(Not::Kept(why)),
                    }
                }),
            );
            continue;
        }
        let dead: Vec<(u32, &Pane)> = ours
            .session
            .windows
            .iter()
            .flat_map(|link| link.window.panes.iter().map(|pane| (link.index, pane)))
            .filter(|(_, pane)| pane.dead)
            .collect();
        if dead.is_empty() {
            continue;
        }
        let mut kept = None;
        for (window, pane) in dead {
            let subject = format!("{project} {window}.{}", pane.index);
            actions.push(
                cleaning.action(FindingKind::PaneDead, subject, "its program has ended", |_lock| {
                    if kept.is_none() {
                        keep(cleaning, ours)?;
                        kept = Some(());
                    }
                    close(cleaning, pane)
                }),
            );
        }
    }
    actions
}

/// Nobody agreed to lose anything, so it lives on if a client looks at it or a program was started in it.
fn ending(cleaning: &Cleaning<'_>, ours: Ours<'_>) -> EndRequest {
    EndRequest {
        project: ours.record.project.clone(),
        session: ours.session.id,
        id: ours.record.id.clone().unwrap_or_default(),
        epoch: session_recovery::ours::epoch(ours.session),
        verb: VERB.to_owned(),
        unless_running: true,
        timeout: cleaning.context.config.stop_timeout.value,
        then_rename: None,
        tell: None,
    }
}

/// Keeps what its panes show, and its record as it is with them.
fn keep(cleaning: &Cleaning<'_>, ours: Ours<'_>) -> Result<(), Error> {
    let context = cleaning.context;
    let record = record_of(context, cleaning.live, ours, VERB)?;
    let _saving = context.store.lock(&context.lock_options(VERB))?.save(&record)?;
    scrollback::keep_on_end(context, &record.project, ours.session)
}

/// Closes it, in the same moment in which tmux checks that it is still dead.
fn close(cleaning: &Cleaning<'_>, pane: &Pane) -> Result<(), Not> {
    let server = cleaning
        .live
        .snapshot
        .as_ref()
        .map_or(0, |snapshot| snapshot.server.pid);
    let still_dead = format!("#{{&&:#{{pane_dead}},#{{==:#{{pid}},{server}}}}}");
    let command = Command::kill_pane(pane.id).when(pane.id, still_dead);
    let _reply = cleaning.context.server.run(vec![command])?;
    let left = Live::read(cleaning.context)?;
    let is_there = |session: &Session| session.panes().any(|other| other.id == pane.id);
    match left.sessions().iter().any(is_there) {
        true => Err(Not::Kept("a program was started in it again".to_owned())),
        false => Ok(()),
    }
}
