//! `tsm list`.

use std::process::ExitCode;

use session_ops::describe::{AgentStatus, Health, Listing, SessionInfo, list};
use session_ops::{Context, Error};

use crate::args::List;
use crate::output::Output;
use crate::output::columns::{Cell, Column, Cut, Paint};
use crate::output::json::{Document, Sessions};

/// What is left out first where there isn't room for all.
const COLUMNS: [Column<'static>; 6] = [
    column("SESSION", 0, Cut::End),
    column("STATE", 1, Cut::Never),
    column("AGENT", 2, Cut::Never),
    column("CLIENTS", 5, Cut::Never),
    column("PANES", 4, Cut::Never),
    column("DIRECTORY", 3, Cut::Start),
];

const fn column(heading: &'static str, dispensable: u8, cut: Cut) -> Column<'static> {
    Column {
        heading,
        dispensable,
        cut,
    }
}

pub(crate) fn run(args: List, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let Listing { sessions, lost } = list(context, args.all)?;
    if output.is_json() {
        let sessions = sessions.into_iter().map(Into::into).collect();
        output.document(&Document::new(Sessions { sessions }));
        return Ok(ExitCode::SUCCESS);
    }
    if lost > 0 {
        output.notice(&format!(
            "{lost} of the sessions were live in a server that is gone; `tsm restore` brings them back"
        ));
    }
    if sessions.is_empty() && lost == 0 {
        output.notice("no sessions; `tsm switch .` makes one of this directory");
    } else if sessions.iter().any(|session| session.server.is_some()) {
        let columns = [COLUMNS.as_slice(), &[column("SERVER", 6, Cut::Start)]].concat();
        let rows = sessions
            .iter()
            .map(|session| [row(session), vec![server(session)]].concat());
        output.columns(&columns, &rows.collect::<Vec<_>>());
    } else if !sessions.is_empty() {
        output.columns(&COLUMNS, &sessions.iter().map(row).collect::<Vec<_>>());
    }
    Ok(ExitCode::SUCCESS)
}

/// The socket of another server.
fn server(session: &SessionInfo) -> Cell {
    match &session.server {
        Some(server) => Cell::plain(server.to_string_lossy()),
        None => Cell::new("-", Paint::Dim),
    }
}

fn row(session: &SessionInfo) -> Vec<Cell> {
    let number = |number: Option<usize>| match number {
        Some(number) => Cell::plain(number.to_string()),
        None => Cell::new("-", Paint::Dim),
    };
    let agent = session.agent.as_ref().map(|agent| {
        let text = format!("{} {}", agent.kind, agent.status.as_str());
        Cell::new(text, of_status(agent.status))
    });
    vec![
        Cell::plain(&session.name),
        Cell::new(session.health.as_str(), of_health(session.health)),
        agent.unwrap_or_else(|| Cell::new("-", Paint::Dim)),
        number(session.living.map(|living| living.clients as usize)),
        number(session.living.map(|living| living.panes)),
        Cell::plain(session.path.to_string_lossy()),
    ]
}

/// The colour of how a session is.
pub(crate) fn of_health(health: Health) -> Paint {
    match health {
        Health::Healthy => Paint::Good,
        Health::Degraded | Health::Unknown => Paint::Attention,
        Health::Dead => Paint::Bad,
        Health::Offline | Health::Foreign => Paint::Dim,
    }
}

/// The colour of what an agent does.
pub(crate) fn of_status(status: AgentStatus) -> Paint {
    match status {
        AgentStatus::Working => Paint::Good,
        AgentStatus::Idle | AgentStatus::Starting => Paint::Busy,
        AgentStatus::Waiting | AgentStatus::Unknown => Paint::Attention,
        AgentStatus::Exited => Paint::Bad,
    }
}

#[cfg(test)]
mod tests {
    use session_ops::describe::{AgentInfo, Living};

    use super::*;
    use crate::output::columns::lay_out;

    fn session(name: &str, health: Health, status: Option<AgentStatus>, path: &str) -> SessionInfo {
        let live = !matches!(health, Health::Offline | Health::Unknown);
        SessionInfo {
            template: None,
            server: None,
            name: name.to_owned(),
            project: Some(name.to_owned()),
            path: path.into(),
            living: live.then_some(Living {
                clients: 1,
                windows: 1,
                panes: 2,
                created: 0,
                activity: 0,
            }),
            health,
            agent: status.map(|status| AgentInfo {
                kind: "claude".to_owned(),
                pid: Some(7),
                status,
                waiting_for: None,
                memory_bytes: None,
                conversation: None,
                pane: 0,
                orphans: None,
            }),
        }
    }

    /// Golden: every state and status at three widths, with colours and without.
    #[test]
    fn the_list_at_three_widths() {
        let long = "/home/rodemkay/www/react/mounts/hetzner/forexsignale/staging/a directory with a very long name";
        let rows: Vec<Vec<Cell>> = [
            session(
                "claude-todo",
                Health::Healthy,
                Some(AgentStatus::Working),
                "/home/rodemkay/todo",
            ),
            session("claude-article", Health::Healthy, Some(AgentStatus::Idle), long),
            session(
                "claude-日本語プロジェクト",
                Health::Healthy,
                Some(AgentStatus::Waiting),
                "/日本/語",
            ),
            session("evil\x1b[2J\u{202e}", Health::Foreign, None, "/tmp/\x1b]0;title\x07"),
            session("claude-dead", Health::Dead, Some(AgentStatus::Exited), "/d"),
            session("claude-half", Health::Degraded, Some(AgentStatus::Unknown), "/h"),
            session("claude-starts", Health::Healthy, Some(AgentStatus::Starting), "/s"),
            session("claude-off", Health::Offline, None, "/off"),
        ]
        .iter()
        .map(row)
        .collect();
        for width in [60, 80, 160] {
            let plain = lay_out(&COLUMNS, &rows, Some(width), false);
            insta::assert_snapshot!(format!("list-{width}"), plain);
            let color = lay_out(&COLUMNS, &rows, Some(width), true);
            insta::assert_snapshot!(format!("list-{width}-color"), color.replace('\x1b', "␛"));
        }
    }
}
