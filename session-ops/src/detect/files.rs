//! Locks whose holders crashed, and what killed runs left.

use std::path::{Path, PathBuf};

use session_lock::replace::leftovers as temporary_files;
use session_lock::{Liveness, Owner, last_holder};
use session_recovery::backup::leftovers;

use super::{Finding, FindingKind};
use crate::context::Context;
use crate::error::Error;

pub(crate) fn findings(context: &Context) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for lock in locks(context) {
        findings.extend(last_holder(&lock).and_then(|holder| of_lock(context, &lock, &holder)));
    }
    let states = &context.config.state_dir.value;
    let mut left = leftovers(states);
    let agents = context.state_home.agents();
    for directory in [states, &context.config.backup_dir.value, &agents] {
        left.extend(temporary_files(directory).unwrap_or_default());
    }
    let remedy = "`tsm cleanup` takes it away";
    findings.extend(left.into_iter().map(|path| {
        Finding::new(
            FindingKind::Leftover,
            path.as_path(),
            "the run that made it was killed",
            remedy,
        )
    }));
    Ok(findings)
}

/// The lock files of this user.
pub(crate) fn locks(context: &Context) -> Vec<PathBuf> {
    let directory = context.state_home.directory().join("locks");
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut locks: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    locks.sort();
    locks
}

fn of_lock(context: &Context, path: &Path, holder: &Owner) -> Option<Finding> {
    let pid = holder.process.pid;
    let who = format!("process {pid} ({})", holder.command);
    match holder.liveness() {
        Liveness::Alive => {
            let age = context.clock.now().saturating_sub(holder.since);
            let limit = i64::try_from(context.config.lock_timeout.value.as_secs()).unwrap_or(i64::MAX);
            (holder.since > 0 && age > limit).then(|| {
                let detail = format!("{who} holds it for {age} s");
                let remedy = format!("look what process {pid} does; `tsm-recovery emergency` ends it");
                Finding::new(FindingKind::LockHeld, path, detail, remedy)
            })
        }
        Liveness::Unknown => None,
        _ => {
            let detail = format!("{who} crashed while it held it");
            let remedy =
                "nothing needs to be done: the kernel has released it, and the next holder puts things in order";
            Some(Finding::new(FindingKind::LockCrashed, path, detail, remedy))
        }
    }
}
