//! The agents: their programs, who they run as, and whether their conversations last.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;
use session_state::Lifecycle;

use super::{Check, Scene, number};
use crate::agent::{AgentChoice, CLAUDE, find_program};
use crate::transcripts;

/// A conversation that Claude Code deletes within so many days is told.
const SOON: i64 = 7;

/// After so many days it deletes one, unless its settings say something else.
const DEFAULT_DAYS: i64 = 30;

const DAY: i64 = 86_400;

pub(super) fn binary(scene: &Scene<'_>) -> Vec<Check> {
    let name = format!("{CLAUDE} binary");
    let config = &scene.context.config;
    let choices = config.projects.values().filter_map(|project| project.agent);
    let mut chosen: Vec<AgentChoice> = choices.chain([config.agent.value]).collect();
    chosen.retain(|choice| *choice != AgentChoice::Shell);
    let found = find_program(CLAUDE, scene.context.environment.path.as_deref());
    vec![match (found, chosen.as_slice()) {
        (Some(path), _) => Check::ok(name, format!("available ({})", path.display())),
        (None, []) => Check::ok(name, "not needed: sessions get a shell"),
        (None, chosen) if chosen.contains(&AgentChoice::Claude) => Check::error(
            name,
            "not in PATH, and the config asks for it",
            "install it, or set agent = \"auto\" in the config",
        ),
        (None, _) => Check::warning(
            name,
            "not in PATH: sessions get a shell instead",
            "install it, or set agent = \"shell\" in the config",
        ),
    }]
}

pub(super) fn root(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "user";
    vec![if scene.machine.uid == 0 {
        Check::warning(
            NAME,
            "you are root: whatever an agent does, it does to the whole machine",
            "work as an ordinary user",
        )
    } else {
        Check::ok(NAME, scene.machine.user.as_deref().unwrap_or("not root"))
    }]
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
