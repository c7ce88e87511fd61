//! The record that a session will have when it has been built as its former record says.

use session_state::{Agent, Lifecycle, Saved, ServerIdentity, SessionState};
use tmux_core::layout::{Cell, Content};
use tmux_core::{Layout, PaneId};

use super::{Job, correct};

/// What the record will be if all comes back as it was: what it is written for while tmux still builds. `None` if that
/// can't be told. `next` is the number of the pane that the server makes next, and then of the one after this session.
pub(super) fn expected(job: &Job<'_>, server: &ServerIdentity, saved: &Saved, next: &mut u32) -> Option<SessionState> {
    let first = *next;
    *next = first.saturating_add(u32::try_from(job.plan.panes().count()).ok()?);
    let previous = job
        .previous
        .filter(|_| job.template.is_none() && job.final_name.is_none())?;
    let mut record = SessionState {
        id: Some(job.plan.id.clone()),
        session_name: job.plan.session_name.as_str().into(),
        working_dir: job.working_dir.to_owned(),
        lifecycle: Lifecycle::Live,
        saved: saved.clone(),
        server: Some(server.clone()),
        group: None,
        ..previous.clone()
    };
    let mut ids = (first..).map(PaneId);
    for window in &mut record.windows {
        if window.layout_json.is_some() {
            return None;
        }
        let mut layout = Layout::parse(&window.layout).ok()?;
        number(&mut layout.root, &mut ids);
        window.layout = layout.print_with_ids().into();
        for pane in &mut window.panes {
            pane.history_size = 0;
            if let Some(agent) = &mut pane.agent {
                let known = job.agent.iter().find(|known| known.kind == agent.kind).cloned();
                *agent = known.unwrap_or(Agent {
                    kind: agent.kind.clone(),
                    conversation: None,
                    process: None,
                });
            }
        }
    }
    correct(&mut record, &job.plan);
    Some(record)
}

/// Panes are made in the order of their places.
fn number(cell: &mut Cell, ids: &mut impl Iterator<Item = PaneId>) {
    match &mut cell.content {
        Content::Pane(leaf) => leaf.id = ids.next(),
        Content::LeftRight(cells) | Content::TopBottom(cells) => {
            cells.iter_mut().for_each(|cell| number(cell, ids));
        }
    }
}
