//! Removing old backups.

use session_recovery::backup::Pruned;

use crate::backup::backups;
use crate::context::Context;
use crate::error::Error;

pub use session_recovery::backup::retention::RetentionPolicy;

/// What to keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CleanupRequest {
    /// The rules; without any, those of the last [`CleanupRequest::DAYS`] days are kept.
    pub policy: RetentionPolicy,
    /// Only say what would be done.
    pub dry_run: bool,
}

impl CleanupRequest {
    /// So many days backups are kept where nothing else is asked for.
    pub const DAYS: u32 = 7;
}

/// What became of one backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanedUp {
    /// Its file's name.
    pub name: String,
    /// Whether it is gone.
    pub removed: bool,
    /// Whether it goes.
    pub goes: bool,
    /// Why it stays or goes.
    pub reason: String,
}

/// Removes the backups that the policy doesn't keep, and says of every one why it stays or goes.
///
/// # Errors
///
/// [`Error::Backup`] with a [`RetentionError`](session_recovery::backup::retention::RetentionError), or what keeps a file
/// from being removed.
pub fn cleanup_backups(context: &Context, request: &CleanupRequest) -> Result<Vec<CleanedUp>, Error> {
    let policy = match request.policy {
        policy if policy == RetentionPolicy::default() => RetentionPolicy {
            within_days: Some(CleanupRequest::DAYS),
            ..policy
        },
        policy => policy,
    };
    let lock = context.lock_options("cleanup-backups");
    let pruned = backups(context).prune(&policy, context.clock.now(), request.dry_run, &lock)?;
    Ok(pruned.iter().map(explain).collect())
}

fn explain(pruned: &Pruned) -> CleanedUp {
    let goes = pruned.keep.is_empty() && !pruned.unreadable;
    let reasons: Vec<String> = pruned.keep.iter().map(ToString::to_string).collect();
    let mut reason = match (goes, pruned.unreadable) {
        (true, _) => "no rule keeps it".to_owned(),
        (_, true) => "nobody can tell what is in it".to_owned(),
        _ => reasons.join(", "),
    };
    if pruned.damaged {
        reason.push_str("; it is damaged, and counts for none");
    }
    CleanedUp {
        name: pruned
            .file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        removed: pruned.removed,
        goes,
        reason,
    }
}
