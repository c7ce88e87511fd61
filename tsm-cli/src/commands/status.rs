//! `tsm status`.

use std::process::ExitCode;

use session_ops::clock::rfc3339;
use session_ops::describe::{AgentInfo, SessionInfo, status};
use session_ops::status_line::status_line;
use session_ops::{Context, Error};

use super::list::{of_health, of_status};
use crate::args::Status;
use crate::output::Output;
use crate::output::columns::Paint;
use crate::output::json::{Document, OneSession};

pub(crate) fn run(args: Status, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    if args.tmux {
        // tmux shows whatever is printed, and nobody reads errors there.
        let project = args.project.as_ref().and_then(|project| project.to_str());
        if let Ok(line) = status_line(context, project) {
            output.line(&line);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let session = status(context, args.project.as_deref())?;
    if output.is_json() {
        output.document(&Document::new(OneSession {
            session: session.into(),
        }));
    } else {
        let lines = lines(&session);
        lines
            .iter()
            .for_each(|(label, value, paint)| output.field(label, value, *paint));
    }
    Ok(ExitCode::SUCCESS)
}

/// The line `Projekt:` is what scripts of the original specification look for.
fn lines(session: &SessionInfo) -> Vec<(&'static str, String, Paint)> {
    let plain = |label, value: String| (label, value, Paint::Plain);
    let mut lines = vec![
        plain("Projekt", session.project.clone().unwrap_or_else(|| "-".to_owned())),
        plain("Session", session.name.clone()),
        ("State", session.health.as_str().to_owned(), of_health(session.health)),
        plain("Directory", session.path.display().to_string()),
    ];
    if let Some(living) = session.living {
        lines.push(plain("Clients", living.clients.to_string()));
        lines.push(plain("Windows", format!("{}, panes: {}", living.windows, living.panes)));
        lines.extend(rfc3339(living.created).map(|created| plain("Created", created)));
        lines.extend(rfc3339(living.activity).map(|activity| plain("Active", activity)));
    }
    let agent = session.agent.iter();
    lines.extend(agent.map(|known| ("Agent", agent_text(known), of_status(known.status))));
    lines
}

fn agent_text(agent: &AgentInfo) -> String {
    let pid = agent.pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
    let memory = agent
        .memory_bytes
        .map(|bytes| format!(", {} MiB", bytes / (1024 * 1024)))
        .unwrap_or_default();
    let waiting_for = agent
        .waiting_for
        .as_ref()
        .map(|what| format!(" for {what}"))
        .unwrap_or_default();
    let orphans = match agent.orphans.as_ref().map_or(0, Vec::len) {
        0 => String::new(),
        count => format!(", {count} processes left behind"),
    };
    let status = agent.status.as_str();
    format!("{} {status}{waiting_for}{pid}{memory}{orphans}", agent.kind)
}
