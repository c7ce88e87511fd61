//! The agents: their programs, who they run as, and whether their conversations last.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use session_state::Lifecycle;

use super::machine::Machine;
use super::{Check, Scene, number};
use crate::agent::{AgentChoice, CLAUDE, find_program};
use crate::transcripts;

/// A conversation that Claude Code deletes within so many days is told.
const SOON: i64 = 7;

/// After so many days it deletes one, unless its settings say something else.
const DEFAULT_DAYS: i64 = 30;

const DAY: i64 = 86_400;

/// The program of every agent that is configured.
pub(super) fn binary(scene: &Scene<'_>) -> Vec<Check> {
    let config = &scene.context.config;
    let choices = config.projects.values().filter_map(|project| project.agent.as_ref());
    // Whether it must be there.
    let mut names: BTreeMap<&str, bool> = BTreeMap::new();
    for choice in choices.chain([&config.agent.value]) {
        match choice {
            AgentChoice::Shell => {}
            AgentChoice::Auto => {
                names.entry(CLAUDE).or_default();
            }
            AgentChoice::Named(name) => {
                names.insert(name, true);
            }
        }
    }
    if names.is_empty() {
        return vec![Check::ok(
            format!("{CLAUDE} binary"),
            "not needed: sessions get a shell",
        )];
    }
    names
        .into_iter()
        .map(|(name, needed)| program(scene, name, needed))
        .collect()
}

fn program(scene: &Scene<'_>, name: &str, needed: bool) -> Check {
    let context = scene.context;
    let kind = context.config.agents.get(name).ok().flatten();
    let program = kind.and_then(|kind| kind.program(&context.environment).ok());
    let found = program.and_then(|program| find_program(&program, context.environment.path.as_deref()));
    let name = format!("{name} binary");
    match found {
        Some(path) => Check::ok(name, format!("available ({})", path.display())),
        None if needed => Check::error(
            name,
            "not in PATH, and the config asks for it",
            "install it, or set agent = \"auto\" in the config",
        ),
        None => Check::warning(
            name,
            "not in PATH: sessions get a shell instead",
            "install it, or set agent = \"shell\" in the config",
        ),
    }
}

pub(super) fn root(scene: &Scene<'_>) -> Vec<Check> {
    vec![of_user(&scene.machine)]
}

fn of_user(machine: &Machine) -> Check {
    const NAME: &str = "user";
    if machine.uid == 0 {
        Check::warning(
            NAME,
            "you are root: whatever an agent does, it does to the whole machine",
            "work as an ordinary user",
        )
    } else {
        Check::ok(NAME, machine.user.as_deref().unwrap_or("not root"))
    }
}

/// A session that is brought back resumes its conversation, which Claude Code deletes some day.
pub(super) fn transcripts(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "agent transcripts";
    let records = || {
        scene
            .live
            .records()
            .filter(|record| record.lifecycle == Lifecycle::Live)
    };
    if !records().any(|record| record.agent().is_some()) {
        return Vec::new();
    }
    let days = transcripts::directory(scene.context)
        .as_deref()
        .and_then(Path::parent)
        .map_or(DEFAULT_DAYS, |base| days_kept(&base.join("settings.json")));
    let now = scene.context.clock.now();
    let mut soon = BTreeSet::new();
    let mut count = 0;
    for record in records() {
        for file in transcripts::files(scene.context, [record].into_iter()) {
            count += 1;
            if age_in_days(&file.path, now).is_some_and(|age| age + SOON >= days) {
                soon.insert(record.project.clone());
            }
        }
    }
    vec![if soon.is_empty() {
        let files = number(count, "file");
        Check::ok(NAME, format!("{files}, kept for {days} days by Claude Code"))
    } else {
        let projects: Vec<String> = soon.into_iter().collect();
        Check::warning(
            NAME,
            format!(
                "Claude Code deletes those of {} within {SOON} days: they can't be resumed then",
                projects.join(", ")
            ),
            "`tsm-recovery backup` keeps them; a larger cleanupPeriodDays in Claude Code's settings.json keeps them there",
        )
    }]
}

#[derive(Default, Deserialize)]
struct Settings {
    #[serde(rename = "cleanupPeriodDays")]
    days: Option<i64>,
}

fn days_kept(settings: &Path) -> i64 {
    let text = std::fs::read_to_string(settings).unwrap_or_default();
    let settings: Settings = serde_json::from_str(&text).unwrap_or_default();
    settings.days.unwrap_or(DEFAULT_DAYS)
}

fn age_in_days(file: &Path, now: i64) -> Option<i64> {
    use std::os::unix::fs::MetadataExt;
    let modified = std::fs::symlink_metadata(file).ok()?.mtime();
    Some(now.saturating_sub(modified) / DAY)
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn nobody_should_be_root() {
        for (uid, user, status, detail) in [
            (
                0,
                Some("root"),
                Status::Warning,
                "you are root: whatever an agent does, it does to the whole machine",
            ),
            (1000, Some("ada"), Status::Ok, "ada"),
            (1000, None, Status::Ok, "not root"),
        ] {
            let check = of_user(&Machine {
                root: "/".into(),
                uid,
                user: user.map(str::to_owned),
                locale: None,
            });
            assert_eq!((check.status, check.detail.as_str()), (status, detail));
            assert_eq!(check.remedy.is_some(), uid == 0);
        }
    }
}
