//! `tsm status`.

use std::process::ExitCode;

use session_ops::clock::rfc3339;
use session_ops::describe::{AgentInfo, SessionInfo, status};
use session_ops::{Context, Error};

use crate::args::Status;
use crate::output::Output;
use crate::output::json::{Document, OneSession};

pub(crate) fn run(args: Status, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let session = status(context, args.project.as_deref())?;
    if output.is_json() {
        output.document(&Document::new(OneSession {
            session: session.into(),
        }));
    } else {
        lines(&session).iter().for_each(|line| output.line(line));
    }
    Ok(ExitCode::SUCCESS)
}

/// The line `Projekt:` is what scripts of the original specification look for.
fn lines(session: &SessionInfo) -> Vec<String> {
    let mut lines = vec![
        format!("Projekt: {}", session.project.as_deref().unwrap_or("-")),
        format!("Session: {}", session.name),
        format!("State: {}", session.health.as_str()),
        format!("Directory: {}", session.path.display()),
    ];
    if let Some(living) = session.living {
        lines.push(format!("Clients: {}", living.clients));
        lines.push(format!("Windows: {}, panes: {}", living.windows, living.panes));
        lines.extend(rfc3339(living.created).map(|created| format!("Created: {created}")));
        lines.extend(rfc3339(living.activity).map(|activity| format!("Active: {activity}")));
    }
    lines.extend(session.agent.iter().map(agent));
    lines
}

fn agent(agent: &AgentInfo) -> String {
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
    format!("Agent: {} {status}{waiting_for}{pid}{memory}{orphans}", agent.kind)
}
