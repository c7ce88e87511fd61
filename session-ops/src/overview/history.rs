//! When a project was saved, why, and what was worked on.

use std::collections::BTreeMap;

use session_state::{At, Lifecycle, SessionState};

use crate::context::Context;
use crate::task_id;

/// One save of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Save {
    /// Seconds since 1970.
    pub at: i64,
    /// Why, for example `switch`.
    pub reason: String,
    /// `live`, `ended` or `closed`.
    pub lifecycle: &'static str,
    /// How many panes there were.
    pub panes: usize,
    /// The id of the task that was worked on.
    pub task_id: Option<String>,
}

impl Save {
    pub(super) fn of(record: &SessionState) -> Self {
        Self {
            at: record.saved.at,
            reason: record.saved.reason.clone(),
            lifecycle: match record.lifecycle {
                Lifecycle::Live => "live",
                Lifecycle::Ended { .. } => "ended",
                Lifecycle::Closed => "closed",
            },
            panes: record.panes().count(),
            task_id: task_id::of_record(record),
        }
    }
}

/// What was read of histories: an entry never changes.
#[derive(Debug, Default)]
pub struct Histories {
    project: String,
    entries: BTreeMap<u64, Option<Save>>,
}

impl Histories {
    /// The last saves of a project, the latest first: the current record, then its history.
    pub(super) fn of(
        &mut self,
        context: &Context,
        project: Option<&str>,
        record: Option<&SessionState>,
        count: usize,
    ) -> Vec<Save> {
        let Some(project) = project else { return Vec::new() };
        if self.project != project {
            self.project = project.to_owned();
            self.entries.clear();
        }
        let mut saves: Vec<Save> = record.map(Save::of).into_iter().collect();
        for entry in context.store.history(project).unwrap_or_default() {
            if saves.len() >= count {
                break;
            }
            let read = || {
                let loaded = context.store.load_at(project, At::Sequence(entry.seq));
                loaded.ok().map(|loaded| Save::of(&loaded.state))
            };
            saves.extend(self.entries.entry(entry.seq).or_insert_with(read).clone());
        }
        saves.truncate(count);
        saves
    }
}
