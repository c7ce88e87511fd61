//! What was kept of agents whose sessions are long gone, and the leases of conversations that nobody has open.
//!
//! The directory may serve other directories of states and other servers, too: each agent's record says to which it belongs,
//! and those of others, or that say nothing, stay.

use std::fs;
use std::path::PathBuf;

use session_lock::replace::{remove_dir_all, remove_file};
use session_lock::{Liveness, ProcessIdentity};

use super::{Cleaning, CleanupAction};
use crate::agent::home::{AgentHome, modified};
use crate::agent::lease;
use crate::agent::record::AgentRecord;
use crate::detect::FindingKind;
use crate::paths::resolve;

/// For so many seconds what is left of an agent stays: 30 days, as long as Claude Code keeps transcripts.
const KEPT: i64 = 30 * 24 * 3600;

pub(super) fn clean(cleaning: &Cleaning<'_>) -> Vec<CleanupAction> {
    let context = cleaning.context;
    let before = context.clock.now().saturating_sub(KEPT);
    let directory = context.state_home.agents();
    let entries = fs::read_dir(&directory).into_iter().flatten().flatten();
    let mut records: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    records.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    records.sort();
    let mut actions = Vec::new();
    for path in records {
        let home = AgentHome::of_record(&path);
        if !is_over(cleaning, &home, before) {
            continue;
        }
        let subject = path.display().to_string();
        let why = "the session of this agent has been gone for 30 days";
        actions.push(cleaning.action(FindingKind::Leftover, subject, why, |_lock| {
            if home.directory().exists() {
                remove_dir_all(&home.directory())?;
            }
            Ok(remove_file(&path)?)
        }));
    }
    // Any of them tells where the leases are.
    let home = AgentHome::of_record(&context.state_home.agent_record(""));
    let why = "whoever had this conversation open ended 30 days ago or earlier";
    let kind = FindingKind::Leftover;
    match lease::sweep(&home, before, context.clock, cleaning.lock.is_some()) {
        Ok(leases) => actions.extend(leases.iter().map(|path| {
            let subject = path.display().to_string();
            cleaning.action(kind, subject, why, |_lock| Ok(()))
        })),
        Err(error) => actions.push(cleaning.action(kind, "leases".to_owned(), why, |_lock| Err(error.into()))),
    }
    actions
}

/// Whether it is ours, its session has no record, its processes have ended, and all of that for long enough.
fn is_over(cleaning: &Cleaning<'_>, home: &AgentHome, before: i64) -> bool {
    let context = cleaning.context;
    let Some(record) = AgentRecord::read(home.record()) else {
        return false;
    };
    let here = |path: &Option<PathBuf>, ours: &std::path::Path| {
        let resolved = |path| resolve(path, &context.environment);
        path.as_ref().is_some_and(|path| resolved(path) == resolved(ours))
    };
    let ours =
        here(&record.state_dir, &context.config.state_dir.value) && here(&record.server, context.server.socket_path());
    // A record that can't be read may name any session.
    let known = cleaning.live.loaded().any(|(_, loaded)| match loaded {
        Ok(loaded) => loaded.state.id.as_deref() == Some(home.session()),
        Err(_) => true,
    });
    let lives = matches!(record.process().liveness(), Liveness::Alive | Liveness::Unknown)
        || !matches!(ProcessIdentity::of(record.pane_pid), Ok(None));
    let files = [
        home.record().to_owned(),
        home.directory(),
        home.events(),
        home.binding(),
    ];
    let touched = files.iter().filter_map(|path| modified(path)).max();
    ours && !known && !lives && touched.is_some_and(|at| at < before)
}
