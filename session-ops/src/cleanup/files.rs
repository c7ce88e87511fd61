//! Locks whose holders crashed, and what killed runs left.

use session_lock::{LockOptions, Wait, acquire};

use super::{Cleaning, CleanupAction, Not};
use crate::agent::record;
use crate::backup::backups;
use crate::context::Context;
use crate::detect::{Finding, FindingKind, files_findings, files_locks};
use crate::error::Error;

/// What there is to clean up.
pub(super) fn found(context: &Context) -> Result<Vec<Finding>, Error> {
    let mut found = files_findings(context)?;
    found.retain(|finding| matches!(finding.kind, FindingKind::LockCrashed | FindingKind::Leftover));
    Ok(found)
}

pub(super) fn clean(cleaning: &Cleaning<'_>, before: Vec<Finding>) -> Result<Vec<CleanupAction>, Error> {
    if before.is_empty() {
        return Ok(Vec::new());
    }
    let mut swept = cleaning.lock.map_or(Ok(()), |_lock| sweep(cleaning.context));
    let after = found(cleaning.context)?;
    let actions = before.into_iter().map(|finding| {
        let still = after
            .iter()
            .any(|other| (other.kind, &other.subject) == (finding.kind, &finding.subject));
        let (kind, why) = (finding.kind, finding.detail.clone());
        cleaning.action(kind, finding, &why, |_lock| {
            if still {
                // The first of them says what went wrong.
                std::mem::replace(&mut swept, Ok(()))?;
                return Err(Not::Kept("somebody holds its lock".to_owned()));
            }
            Ok(())
        })
    });
    Ok(actions.collect())
}

/// Whoever has a lock removes what its crashed holders left; an interrupted restore was finished with the operation lock.
fn sweep(context: &Context) -> Result<(), Error> {
    let options = context.lock_options("cleanup");
    drop(context.store.lock(&options)?);
    backups(context).tidy(&options)?;
    record::sweep(context)?;
    // The record of the operation lock is ours by now.
    for path in files_locks(context) {
        let options = LockOptions {
            wait: Wait::No,
            ..options.clone()
        };
        // Whoever holds one puts it in order.
        if let Ok(acquired) = acquire(&path, &options) {
            acquired.guard.release();
        }
    }
    Ok(())
}
