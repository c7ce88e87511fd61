//! Locks in an emergency: whoever crashed is no obstacle, and whoever lives is only ended if it is a tsm that has been at
//! it for longer than anybody waits.

use std::time::Duration;

use session_lock::{LockError, LockOptions, Owner, Signal, Wait, acquire};
use session_recovery::foreground::program;

use super::tell;
use crate::context::{Context, OperationLock};
use crate::detect::files_locks;
use crate::end_processes::end_process;
use crate::error::Error;
use crate::event::Events;

/// How long a holder may take to end after TERM.
const GRACE: Duration = Duration::from_secs(2);

pub(super) fn lock(context: &Context, steps: &mut Vec<String>, events: Events<'_>) -> Result<OperationLock, Error> {
    let busy = match context.lock_operation("emergency", events) {
        Err(Error::Lock(LockError::Busy { path, holder, waited })) => (path, holder, waited),
        other => return other,
    };
    let (path, holder, waited) = busy;
    let Some(owner) = holder.as_deref().filter(|owner| is_old_tsm(context, owner)) else {
        return Err(LockError::Busy { path, holder, waited }.into());
    };
    tell(
        events,
        &format!(
            "ending process {} ({}), which holds the lock",
            owner.process.pid, owner.command
        ),
    );
    end_process(owner.process.clone(), Signal::Term, GRACE)?;
    steps.push(format!(
        "ended process {} ({}), which held the lock",
        owner.process.pid, owner.command
    ));
    context.lock_operation("emergency", events)
}

/// Whether the holder is a program of ours, verified by its start time, that has held the lock for longer than the time
/// that others wait for it.
fn is_old_tsm(context: &Context, owner: &Owner) -> bool {
    let program = program(owner.process.pid);
    let is_tsm = program == "tsm" || program == "tsm-recovery";
    let held = context.clock.now().saturating_sub(owner.since);
    let limit = i64::try_from(context.config.lock_timeout.value.as_secs()).unwrap_or(i64::MAX);
    is_tsm && owner.since > 0 && held >= limit && owner.liveness() == session_lock::Liveness::Alive
}

/// Takes each lock whose holder crashed and gives it back, so that nothing says any more that it is held.
pub(crate) fn clear_locks(context: &Context, steps: &mut Vec<String>) {
    for path in files_locks(context) {
        let options = LockOptions {
            wait: Wait::No,
            ..context.lock_options("emergency")
        };
        if let Ok(acquired) = acquire(&path, &options) {
            if let session_lock::Previous::Crashed(Some(owner)) = &acquired.previous {
                steps.push(format!(
                    "cleared the lock of process {} ({})",
                    owner.process.pid, owner.command
                ));
            }
            acquired.guard.release();
        }
    }
}
