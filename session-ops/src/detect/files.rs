//! Locks whose holders crashed, and what killed runs left.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use session_lock::{Liveness, ProcessIdentity};
use session_recovery::backup::leftovers;

use super::{Finding, FindingKind};
use crate::context::Context;
use crate::error::Error;

/// What a lock file says of its holder; see `session_lock::Owner`.
#[derive(Debug, Deserialize)]
struct Holder {
    pid: u32,
    start_time: u64,
    boot_id: String,
    #[serde(default)]
    command: String,
    #[serde(default)]
    since: i64,
}

pub(crate) fn findings(context: &Context) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for lock in locks(context) {
        findings.extend(holder(&lock).and_then(|holder| of_lock(context, &lock, &holder)));
    }
    let states = &context.config.state_dir.value;
    let mut left = leftovers(states);
    for directory in [states, &context.config.backup_dir.value] {
        left.extend(temporary_files(directory));
    }
    let remedy = "the next `tsm save`, backup or restore takes it away";
    findings.extend(left.into_iter().map(|path| {
        let subject = path.display().to_string();
        Finding::new(
            FindingKind::Leftover,
            subject,
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

fn of_lock(context: &Context, path: &Path, holder: &Holder) -> Option<Finding> {
    let subject = path.display().to_string();
    let process = ProcessIdentity {
        pid: holder.pid,
        start_time: holder.start_time,
        boot_id: holder.boot_id.clone(),
    };
    let who = format!("process {} ({})", holder.pid, holder.command);
    match process.liveness() {
        Liveness::Alive => {
            let age = context.clock.now().saturating_sub(holder.since);
            let limit = i64::try_from(context.config.lock_timeout.value.as_secs()).unwrap_or(i64::MAX);
            (holder.since > 0 && age > limit).then(|| {
                let detail = format!("{who} holds it for {age} s");
                let remedy = format!(
                    "look what process {} does; `tsm-recovery emergency` ends it",
                    holder.pid
                );
                Finding::new(FindingKind::LockHeld, subject, detail, remedy)
            })
        }
        Liveness::Unknown => None,
        _ => {
            let detail = format!("{who} crashed while it held it");
            let remedy =
                "nothing needs to be done: the kernel has released it, and the next holder puts things in order";
            Some(Finding::new(FindingKind::LockCrashed, subject, detail, remedy))
        }
    }
}

/// `None` if it was released.
fn holder(path: &Path) -> Option<Holder> {
    const ENOUGH: u64 = 4096;
    let mut text = String::new();
    let _length = File::open(path).ok()?.take(ENOUGH).read_to_string(&mut text).ok()?;
    toml::from_str(&text).ok()
}

/// `.tmp-PID-START-N` whose writer has ended.
fn temporary_files(directory: &Path) -> Vec<PathBuf> {
    let boot_id = session_lock::boot_id().unwrap_or_default();
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let is_left = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let mut numbers = name
            .strip_prefix(".tmp-")
            .unwrap_or_default()
            .split('-')
            .map(str::parse::<u64>);
        let (Some(Ok(pid)), Some(Ok(start_time)), Some(Ok(_))) = (numbers.next(), numbers.next(), numbers.next())
        else {
            return false;
        };
        let writer = ProcessIdentity {
            pid: u32::try_from(pid).unwrap_or(0),
            start_time,
            boot_id: boot_id.clone(),
        };
        !matches!(writer.liveness(), Liveness::Alive | Liveness::Unknown)
    };
    entries.map(|entry| entry.path()).filter(is_left).collect()
}
