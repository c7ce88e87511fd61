//! The figures of `health --metrics`: how things are now, and what was measured until now.

use std::collections::BTreeMap;

use session_recovery::process_table::ProcessTable;

use super::{Report, Status, health};
use crate::backup::list_backups;
use crate::context::{Context, VERSION};
use crate::describe::{Listing, list, resident_bytes};
use crate::detect::orphans;
use crate::error::Error;
use crate::live::Live;
use crate::metrics::{Family, FamilyKind, Totals};

use FamilyKind::{Counter, Gauge, Info};

/// Verbs whose durations have a name of their own, because something is promised of them.
const PROMISED: [(&str, &str, &str); 2] = [
    (
        "switch",
        "tsm_switch_duration_seconds",
        "How long switches took, until the client had moved and the old session was handed over.",
    ),
    (
        "save",
        "tsm_save_duration_seconds",
        "How long saves took that were asked for.",
    ),
];

/// Everything that is measured.
///
/// # Errors
///
/// As [`health`].
pub fn families(context: &Context) -> Result<(Report, Vec<Family>), Error> {
    let report = health(context)?;
    // What can't be asked has no figures; that it can't is among the checks.
    let listing = list(context, false).ok();
    let totals = context.metrics.totals(context.clock.now()).unwrap_or_default();
    let mut families = vec![
        Family::new("tsm_build", Info, "", "The tsm that tells this.").with(&[("version", VERSION)], 1.0),
        checks(&report),
    ];
    families.extend(listing.as_ref().map(sessions).unwrap_or_default());
    families.extend(server(context));
    families.extend(states(context));
    families.extend(backups(context));
    families.extend(measured(&totals));
    Ok((report, families))
}

fn checks(report: &Report) -> Family {
    let help = "Checks of health by how they are.";
    [Status::Ok, Status::Warning, Status::Error]
        .iter()
        .fold(Family::new("tsm_health_checks", Gauge, "", help), |family, status| {
            family.with(&[("status", status.as_str())], count(report.count(*status)))
        })
}

fn sessions(listing: &Listing) -> Vec<Family> {
    let mut by_state: BTreeMap<&str, usize> = ["healthy", "degraded", "dead"].map(|state| (state, 0)).into();
    let statuses = ["working", "idle", "waiting", "starting", "exited", "unknown"];
    let mut by_status: BTreeMap<&str, usize> = statuses.map(|status| (status, 0)).into();
    let mut memory = Family::new(
        "tsm_agent_memory_bytes",
        Gauge,
        "bytes",
        "Resident memory of the agents by project.",
    );
    let (mut panes, mut windows, mut attached) = (0, 0, 0);
    for session in &listing.sessions {
        *by_state.entry(session.health.as_str()).or_default() += 1;
        if let Some(living) = &session.living {
            panes += living.panes;
            windows += living.windows;
            attached += usize::from(living.clients > 0);
        }
        if let Some(agent) = &session.agent {
            *by_status.entry(agent.status.as_str()).or_default() += 1;
            if let (Some(bytes), Some(project)) = (agent.memory_bytes, &session.project) {
                memory = memory.with(&[("project", project), ("kind", &agent.kind)], bytes as f64);
            }
        }
    }
    let labelled = |family: Family, label: &'static str, counts: BTreeMap<&str, usize>| {
        counts.into_iter().fold(family, |family, (value, number)| {
            family.with(&[(label, value)], count(number))
        })
    };
    vec![
        labelled(
            Family::new("tsm_sessions", Gauge, "", "Live sessions of tsm's by their state."),
            "state",
            by_state,
        ),
        Family::new(
            "tsm_sessions_attached",
            Gauge,
            "",
            "Sessions of tsm's that somebody looks at.",
        )
        .with(&[], count(attached)),
        Family::new(
            "tsm_sessions_lost",
            Gauge,
            "",
            "Sessions that went with a server that is gone, and weren't brought back.",
        )
        .with(&[], count(listing.lost)),
        Family::new("tsm_windows", Gauge, "", "Windows in live sessions of tsm's.").with(&[], count(windows)),
        Family::new("tsm_panes", Gauge, "", "Panes in live sessions of tsm's.").with(&[], count(panes)),
        labelled(
            Family::new("tsm_agents", Gauge, "", "Agents by what they do."),
            "status",
            by_status,
        ),
        memory,
    ]
}

fn server(context: &Context) -> Vec<Family> {
    let snapshot = context.snapshot().ok().flatten();
    let up = Family::new("tsm_tmux_up", Gauge, "", "Whether the tmux server answers.")
        .with(&[], count(usize::from(snapshot.is_some())));
    let mut families = vec![up];
    if let Some(snapshot) = snapshot {
        let left = Family::new(
            "tsm_orphaned_processes",
            Gauge,
            "",
            "Processes that agents left behind.",
        );
        let live = Live::with_snapshot(context, Some(snapshot.clone())).ok();
        families.extend(live.map(|live| {
            let found = orphans(context, &live, &ProcessTable::read());
            left.with(&[], count(found.len()))
        }));
        let memory = Family::new(
            "tsm_tmux_memory_bytes",
            Gauge,
            "bytes",
            "Resident memory of the tmux server.",
        );
        families.extend(resident_bytes(snapshot.server.pid).map(|bytes| memory.with(&[], bytes as f64)));
    }
    families
}

fn states(context: &Context) -> Vec<Family> {
    let loaded = context.store.load_all().unwrap_or_default();
    let corrupt = loaded.iter().filter(|(_, loaded)| loaded.is_err()).count();
    let mut families = vec![
        Family::new("tsm_states", Gauge, "", "Saved states by whether they can be used.")
            .with(&[("condition", "sound")], count(loaded.len() - corrupt))
            .with(&[("condition", "corrupt")], count(corrupt)),
    ];
    let help = "When all sessions were saved last by themselves, in seconds since 1970.";
    let last = Family::new("tsm_last_autosave_timestamp_seconds", Gauge, "seconds", help);
    families.extend(crate::autosave::last_saved(context).map(|then| last.with(&[], then as f64)));
    let watched = Family::new("tsm_watcher_up", Gauge, "", "Whether a watcher runs.");
    families.push(watched.with(&[], count(usize::from(crate::autosave::watcher(context).is_some()))));
    families
}

fn backups(context: &Context) -> Vec<Family> {
    let Ok(backups) = list_backups(context) else {
        return Vec::new();
    };
    let sound = |backup: &&crate::backup::Backup| backup.errors.is_empty() && backup.verified != Some(false);
    let damaged = backups.len() - backups.iter().filter(sound).count();
    let bytes: u64 = backups.iter().map(|backup| backup.bytes).sum();
    let mut families = vec![
        Family::new("tsm_backups", Gauge, "", "Backups by whether they can be used.")
            .with(&[("condition", "sound")], count(backups.len() - damaged))
            .with(&[("condition", "damaged")], count(damaged)),
        Family::new("tsm_backup_size_bytes", Gauge, "bytes", "All backups together.").with(&[], bytes as f64),
    ];
    let newest = backups.iter().filter(sound).filter_map(|backup| backup.created).max();
    let help = "When the newest sound backup was made, in seconds since 1970.";
    let last = Family::new("tsm_last_backup_timestamp_seconds", Gauge, "seconds", help);
    families.extend(newest.map(|then| last.with(&[], then as f64)));
    families
}

fn measured(totals: &Totals) -> Vec<Family> {
    let mut saves = Family::new("tsm_saves", Counter, "", "Sessions saved, by what came of it.");
    for outcome in ["saved", "unchanged", "failed"] {
        saves = saves.with(&[("outcome", outcome)], number(totals.saves.get(outcome)));
    }
    let mut errors = Family::new(
        "tsm_errors",
        Counter,
        "",
        "Verbs that failed, by the class of the failure.",
    );
    for (class, times) in &totals.errors {
        errors = errors.with(&[("class", class)], *times as f64);
    }
    let mut calls = Family::new(
        "tsm_calls",
        Counter,
        "",
        "Calls of verbs that change something, by how they went.",
    );
    for (verb, outcomes) in &totals.calls {
        for (outcome, times) in outcomes {
            calls = calls.with(&[("verb", verb), ("outcome", outcome)], *times as f64);
        }
    }
    let switches: u64 = totals.calls.get("switch").map_or(0, |outcomes| outcomes.values().sum());
    let mut families = vec![
        saves,
        errors,
        calls,
        Family::new("tsm_switches", Counter, "", "Switches.").with(&[], switches as f64),
    ];
    let backups = totals.calls.get("backup").and_then(|outcomes| outcomes.get("done"));
    families.push(Family::new("tsm_backups_made", Counter, "", "Backups that were made.").with(&[], number(backups)));
    for (verb, name, help) in PROMISED {
        let durations = totals.durations.get(verb).cloned().unwrap_or_default();
        families.push(histogram(name, help).with_durations(&[], durations));
    }
    let mut all = histogram(
        "tsm_call_duration_seconds",
        "How long verbs took that change something.",
    );
    for (verb, durations) in &totals.durations {
        all = all.with_durations(&[("verb", verb)], durations.clone());
    }
    families.push(all);
    let help = "How long verbs waited for the right to change the server.";
    families.push(histogram("tsm_lock_wait_seconds", help).with_durations(&[], totals.lock_waits.clone()));
    families
}

fn histogram(name: &'static str, help: &'static str) -> Family {
    Family::new(name, FamilyKind::Histogram, "seconds", help)
}

/// Counts of things are far below what a floating point number holds exactly.
fn count(things: usize) -> f64 {
    things as f64
}

fn number(times: Option<&u64>) -> f64 {
    times.copied().unwrap_or(0) as f64
}
