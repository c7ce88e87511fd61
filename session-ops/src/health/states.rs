//! The saved states: whether they are there, sound and of today, and whether nobody holds their lock for good.

use std::os::unix::fs::MetadataExt;

use session_state::Lifecycle;

use super::{Check, Scene, number};
use crate::autosave;
use crate::detect::{Finding, FindingKind, files_findings};
use crate::error::with_causes;

/// A state of a live session should be younger than this.
const DAY: i64 = 86_400;

pub(super) fn directory(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "state directory";
    let path = &scene.context.config.state_dir.value;
    let states = number(scene.live.recorded_projects().count(), "state");
    vec![match path.metadata() {
        Ok(found) if !found.is_dir() => {
            Check::error(NAME, format!("{} is no directory", path.display()), "move it away")
        }
        Ok(found) if found.uid() != rustix::process::geteuid().as_raw() => Check::error(
            NAME,
            format!("{} belongs to another user", path.display()),
            "choose another one with state_dir in the config",
        ),
        Ok(found) if found.mode() & 0o022 != 0 => Check::error(
            NAME,
            format!("others can write to {}", path.display()),
            format!("look what they may have put there, then `chmod 700 {}`", path.display()),
        ),
        Ok(found) if found.mode() & 0o077 != 0 => Check::warning(
            NAME,
            format!("others can read {}", path.display()),
            format!("`chmod 700 {}`, or `tsm save`, which does it", path.display()),
        ),
        Ok(_) => Check::ok(NAME, format!("exists ({states})")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Check::ok(NAME, "not there yet; the first save makes it")
        }
        Err(error) => Check::error(
            NAME,
            format!("{}: {error}", path.display()),
            "make it readable, or choose another one with state_dir in the config",
        ),
    }]
}

pub(super) fn corrupt(scene: &Scene<'_>) -> Vec<Check> {
    let broken = scene.live.loaded().filter_map(|(project, loaded)| {
        let error = loaded.as_ref().err()?;
        Some(Check::error(
            format!("state of {project}"),
            with_causes(error),
            format!("`tsm state {project} --history` shows earlier ones, `tsm-recovery restore` those of a backup"),
        ))
    });
    broken.collect()
}

pub(super) fn lost(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "sessions";
    let lost: Vec<&str> = scene
        .live
        .records()
        .filter(|record| scene.live.is_lost(record))
        .map(|record| record.project.as_str())
        .collect();
    if lost.is_empty() {
        return Vec::new();
    }
    let gone = number(lost.len(), "session");
    vec![Check::warning(
        NAME,
        format!("{gone} went with a server that is gone: {}", lost.join(", ")),
        "`tsm restore` brings them back",
    )]
}

/// A state says nothing of how old it is: what didn't change isn't written anew. When everything was saved last does.
pub(super) fn age(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "states";
    let now = scene.context.clock.now();
    let looked = autosave::last_saved(scene.context).unwrap_or(i64::MIN);
    let mut old: Vec<&str> = Vec::new();
    let mut live = 0;
    for ours in scene
        .live
        .all_ours()
        .filter(|ours| ours.record.lifecycle == Lifecycle::Live)
    {
        live += 1;
        // Whoever brought it back recorded where it is; that it is as before left the time as it was.
        let made = Some(ours.session.created).filter(|made| *made <= now);
        let known = made.unwrap_or(i64::MIN).max(ours.record.saved.at).max(looked);
        if now.saturating_sub(known) > DAY {
            old.push(&ours.record.project);
        }
    }
    if live == 0 {
        return Vec::new();
    }
    vec![if old.is_empty() {
        Check::ok(NAME, "of today")
    } else {
        Check::warning(
            NAME,
            format!("older than a day: {}", old.join(", ")),
            "`tsm save`; `tsm autosave on` does it by itself",
        )
    }]
}

pub(super) fn lock(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "lock file";
    let findings = files_findings(scene.context).unwrap_or_default();
    let held: Vec<Finding> = findings
        .into_iter()
        .filter(|finding| matches!(finding.kind, FindingKind::LockHeld | FindingKind::LockCrashed))
        .collect();
    if held.is_empty() {
        return vec![Check::ok(NAME, "clean")];
    }
    held.into_iter()
        .map(|finding| Check::warning(NAME, format!("{}: {}", finding.subject, finding.detail), finding.remedy))
        .collect()
}
