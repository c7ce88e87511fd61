//! Sessions that are gone, or not as they should be, and states that can't be used.

use session_lock::Liveness;
use session_state::{Lifecycle, Loaded, Notice, SessionState, StoreError};

use super::{Finding, FindingKind, ServerCondition};
use crate::context::Context;
use crate::describe::{agent_has_exited, agent_pane};
use crate::error::with_causes;
use crate::live::{Live, Ours};

pub(super) fn findings(context: &Context, live: &Live, condition: &ServerCondition) -> Vec<Finding> {
    let mut findings: Vec<Finding> = live.all_ours().flat_map(|ours| of_living(context, ours)).collect();
    findings.extend(live.records().filter_map(|record| lost(live, record, condition)));
    findings.extend(live.loaded().filter_map(|(project, loaded)| corrupt(project, loaded)));
    findings
}

fn of_living(context: &Context, ours: Ours<'_>) -> Vec<Finding> {
    let project = &ours.record.project;
    let dead = ours.session.panes().filter(|pane| pane.dead).count();
    let mut findings = Vec::new();
    if dead == ours.session.panes().count() {
        let detail = "every program in it has ended";
        let remedy = format!("`tsm switch {project} --fresh` builds it anew");
        findings.push(Finding::new(FindingKind::SessionEmpty, project, detail, remedy));
        return findings;
    }
    for link in &ours.session.windows {
        for pane in link.window.panes.iter().filter(|pane| pane.dead) {
            let subject = format!("{project} {}.{}", link.index, pane.index);
            let remedy = format!("`tmux respawn-pane -t {}`, or close it", pane.id);
            findings.push(Finding::new(
                FindingKind::PaneDead,
                subject,
                "its program has ended, and tmux was told to keep the pane",
                remedy,
            ));
        }
    }
    if agent_has_exited(context, ours) {
        let remedy = format!("`tsm kill {project}` and `tsm restore {project}` start it with its conversation");
        let detail = match agent_pane(ours.session).is_some_and(|pane| pane.dead) {
            true => "its agent has ended, and its pane is dead",
            false => "its agent has ended; its pane has a shell",
        };
        findings.push(Finding::new(FindingKind::AgentExited, project, detail, remedy));
    }
    findings
}

/// Only what was live in a server that is gone is lost; what was ended or closed is not.
fn lost(live: &Live, record: &SessionState, condition: &ServerCondition) -> Option<Finding> {
    if record.lifecycle != Lifecycle::Live || live.of_project(&record.project).is_some() {
        return None;
    }
    let server = record.server.as_ref()?;
    let pid = server.process.pid;
    let why = match server.process.liveness() {
        Liveness::DeadByReboot => "the machine was restarted".to_owned(),
        Liveness::Gone | Liveness::Reused | Liveness::Zombie | Liveness::Invalid => {
            format!("its tmux server, process {pid}, was killed or has ended")
        }
        Liveness::Alive if matches!(condition, ServerCondition::SocketDeleted(_)) => {
            format!("the socket of its tmux server, process {pid}, was deleted; it lives on there")
        }
        // Closed by the user, not answering, or on another socket: that it is gone can't be said.
        Liveness::Alive | Liveness::Unknown => return None,
    };
    let remedy = format!("`tsm restore {}` brings it back", record.project);
    Some(Finding::new(FindingKind::SessionLost, &record.project, why, remedy))
}

fn corrupt(project: &str, loaded: &Result<Loaded, StoreError>) -> Option<Finding> {
    let (detail, remedy) = match loaded {
        Ok(Loaded {
            notice: Some(Notice::FellBack { damage, seq, .. }),
            ..
        }) => (
            format!("its file can't be used ({damage}); #{seq} of its history is used"),
            format!("`tsm save {project}` writes it anew"),
        ),
        Ok(_) => return None,
        Err(StoreError::Corrupt { .. }) => (
            loaded
                .as_ref()
                .err()
                .map(|error| with_causes(error))
                .unwrap_or_default(),
            format!("`tsm-recovery list-backups`, then `tsm-recovery restore FILE --project {project}`"),
        ),
        Err(error) => (with_causes(error), "see the message".to_owned()),
    };
    Some(Finding::new(FindingKind::StateCorrupt, project, detail, remedy))
}
