//! `tsm status`.

use std::process::ExitCode;

use session_ops::clock::rfc3339;
use session_ops::describe::{AgentInfo, SessionInfo, status, statuses};
use session_ops::error::with_causes;
use session_ops::selection::{ALL, is_glob};
use session_ops::status_line::status_line;
use session_ops::{Context, Error};

use super::list::{of_health, of_status};
use crate::args::Status;
use crate::output::Output;
use crate::output::columns::Paint;
use crate::output::json::{Document, OneSession, Sessions};
use crate::report;

pub(crate) fn run(args: Status, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    if args.tmux {
        // tmux shows whatever is printed, and nobody reads errors there.
        let project = args.projects.first().and_then(|project| project.to_str());
        let _nobody_reads_it = status_line(context, project, &mut |line| output.line(line));
        return Ok(ExitCode::SUCCESS);
    }
    let projects = match args.all {
        true => vec![ALL.into()],
        false => args.projects,
    };
    match projects.as_slice() {
        [] => print(vec![status(context, None)?], false, output),
        [one] if !is_glob(one) => print(vec![status(context, Some(one))?], false, output),
        projects => {
            let (sessions, failures): (Vec<_>, Vec<_>) =
                statuses(context, projects)?.into_iter().partition(Result::is_ok);
            for error in failures.iter().filter_map(|failure| failure.as_ref().err()) {
                output.message(&format!("tsm: {}", with_causes(error)));
            }
            let code = report::parts(sessions.len(), failures.len());
            print(sessions.into_iter().flatten().collect(), true, output);
            return Ok(code);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Of one session a document of its own, of several a list.
fn print(mut sessions: Vec<SessionInfo>, several: bool, output: &Output) {
    if !output.is_json() {
        for (n, session) in sessions.iter().enumerate() {
            if n > 0 {
                output.line("");
            }
            let lines = lines(session);
            lines
                .iter()
                .for_each(|(label, value, paint)| output.field(label, value, *paint));
        }
    } else if several {
        let sessions = sessions.into_iter().map(Into::into).collect();
        output.document(&Document::new(Sessions { sessions }));
    } else if let Some(session) = sessions.pop() {
        output.document(&Document::new(OneSession {
            session: session.into(),
        }));
    }
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
    let server = session.server.as_ref();
    lines.extend(server.map(|server| plain("Server", server.display().to_string())));
    if let Some(living) = session.living {
        lines.push(plain("Clients", living.clients.to_string()));
        lines.push(plain("Windows", format!("{}, panes: {}", living.windows, living.panes)));
        lines.extend(rfc3339(living.created).map(|created| plain("Created", created)));
        lines.extend(rfc3339(living.activity).map(|activity| plain("Active", activity)));
    }
    lines.extend(
        session
            .template
            .as_ref()
            .map(|made| match (made.differs, &session.project) {
                (true, Some(project)) => {
                    let what = format!(
                        "{}, differs from config; `tsm switch {project} --fresh` makes it anew",
                        made.name
                    );
                    ("Template", what, Paint::Attention)
                }
                _ => plain("Template", made.name.clone()),
            }),
    );
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

#[cfg(test)]
mod tests {
    use session_ops::describe::{AgentStatus, Health, Living};

    use super::*;
    use crate::output::field_text;

    fn text(session: &SessionInfo, color: bool) -> String {
        let lines = lines(session).into_iter();
        let lines = lines.map(|(label, value, paint)| field_text(label, &value, paint, color));
        lines.collect::<String>().replace('\x1b', "␛")
    }

    /// Golden: a living session and one that isn't, with colours and without. Lines are as long as what they say, in
    /// every terminal: a path that was cut is no path.
    #[test]
    fn a_session_in_lines() {
        let session = SessionInfo {
            template: None,
            server: None,
            name: "claude-日本\x1b[2J語".to_owned(),
            project: Some("todo".to_owned()),
            path: "/home/rodemkay/www/react/mounts/hetzner/forexsignale/staging".into(),
            living: Some(Living {
                clients: 1,
                windows: 2,
                panes: 3,
                created: 1_790_000_000,
                activity: 1_790_000_100,
            }),
            health: Health::Healthy,
            agent: Some(AgentInfo {
                kind: "claude".to_owned(),
                pid: Some(3_520_856),
                status: AgentStatus::Waiting,
                waiting_for: Some("permission prompt".to_owned()),
                memory_bytes: Some(412 << 20),
                conversation: None,
                pane: 0,
                orphans: Some(vec![7, 8]),
            }),
        };
        insta::assert_snapshot!("status", text(&session, false));
        insta::assert_snapshot!("status-color", text(&session, true));
        let offline = SessionInfo {
            template: None,
            server: None,
            living: None,
            health: Health::Offline,
            agent: None,
            ..session
        };
        insta::assert_snapshot!("status-offline", text(&offline, false));
    }
}
