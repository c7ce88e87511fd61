//! tmux: its program, its server, and whether the two fit.

use std::path::{Path, PathBuf};
use std::time::Duration;

use session_lock::ProcessIdentity;
use tmux_core::{Quirk, Version};

use super::{Check, Scene, number};
use crate::agent::find_program;
use crate::context::Context;
use crate::detect::ServerCondition;
use crate::error::with_causes;

/// `tmux -V` needs milliseconds.
const LIMIT: Duration = Duration::from_secs(5);

/// Faults that tsm can't keep clear of, because a key of the user's meets them, by the names of [`Quirk`].
const OF_USERS: [(&str, &str); 1] = [("break-pane", "the key `!` ends the server with everything in it")];

pub(super) fn binary(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "tmux binary";
    let install = "install tmux, or name it with the variable TSM_TMUX";
    vec![match version(scene.context) {
        Ok(version) if !version.is_supported() => Check::error(
            NAME,
            format!("{} is too old: tsm needs {}", version.as_str(), Version::FLOOR),
            "install a newer tmux",
        ),
        Ok(version) => {
            let path = path(scene.context).map_or_else(String::new, |path| format!(", {}", path.display()));
            Check::ok(NAME, format!("available ({}{path})", version.as_str()))
        }
        Err(why) => Check::error(NAME, why, install),
    }]
}

pub(super) fn faults(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "tmux version";
    // What runs matters more than what would.
    let running = scene
        .condition
        .snapshot()
        .map(|snapshot| snapshot.server.version.clone());
    let Some(version) = running.or_else(|| version(scene.context).ok()) else {
        return Vec::new();
    };
    let known: Vec<&Quirk> = version.quirks().collect();
    let met = OF_USERS
        .iter()
        .find(|(id, _)| known.iter().any(|quirk| quirk.id == *id));
    vec![match met {
        Some((_, symptom)) => Check::warning(
            NAME,
            format!("{} has a grave fault: {symptom}", version.as_str()),
            "install another version of tmux",
        ),
        None => Check::ok(
            NAME,
            format!(
                "{}: {} that tsm keeps clear of",
                version.as_str(),
                number(known.len(), "known trap")
            ),
        ),
    }]
}

pub(super) fn server(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "tmux server";
    let findings = crate::detect::server::findings(scene.context, &scene.condition);
    vec![match (&scene.condition, findings.into_iter().next()) {
        (ServerCondition::Answers(snapshot), _) => {
            let ours = scene.live.all_ours().count();
            let of_tsm = number(ours, "session");
            let all = snapshot.sessions.len();
            Check::ok(
                NAME,
                format!(
                    "running (process {}, {of_tsm} of tsm's, {all} in all)",
                    snapshot.server.pid
                ),
            )
        }
        // The next session replaces a socket that nobody listens on.
        (ServerCondition::None | ServerCondition::StaleSocket, _) | (_, None) => {
            Check::ok(NAME, "not running; `tsm switch` starts it")
        }
        (_, Some(finding)) => Check::error(NAME, finding.detail, finding.remedy),
    }]
}

/// A newer tmux was installed while an older server runs.
pub(super) fn versions(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "tmux client and server";
    let (Some(snapshot), Ok(client)) = (scene.condition.snapshot(), version(scene.context)) else {
        return Vec::new();
    };
    let server = &snapshot.server.version;
    if *server == client {
        return vec![Check::ok(NAME, "of one version")];
    }
    let program = program_of(snapshot.server.pid);
    let remedy = match program {
        Some(program) => format!(
            "set TSM_TMUX={} until the server has ended, or end it after `tsm save` and bring all back with `tsm restore`",
            program.display()
        ),
        None => "end the server after `tsm save`, and bring all back with `tsm restore`".to_owned(),
    };
    vec![Check::warning(
        NAME,
        format!(
            "the server is {}, the program {}: attaching may fail",
            server.as_str(),
            client.as_str()
        ),
        remedy,
    )]
}

/// The server's program, unless it was removed since.
fn program_of(pid: u32) -> Option<PathBuf> {
    ProcessIdentity::of(pid).ok()??;
    let program = std::fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    program.is_file().then_some(program)
}

fn version(context: &Context) -> Result<Version, String> {
    context.tmux.binary_version(LIMIT).map_err(|error| with_causes(&error))
}

fn path(context: &Context) -> Option<PathBuf> {
    match &context.environment.tmux {
        Some(path) if path.components().count() > 1 => Some(path.clone()),
        Some(name) => find_program(Path::new(name), context.environment.path.as_deref()),
        None => find_program(Path::new("tmux"), context.environment.path.as_deref()),
    }
    .filter(|path| path != Path::new(""))
}
