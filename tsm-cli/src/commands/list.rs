//! `tsm list`.

use std::process::ExitCode;

use session_ops::describe::{Listing, SessionInfo, list};
use session_ops::{Context, Error};

use crate::args::List;
use crate::output::Output;
use crate::output::json::{Document, Sessions};

pub(crate) fn run(args: List, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let Listing { sessions, lost } = list(context, args.all)?;
    if output.is_json() {
        let sessions = sessions.into_iter().map(Into::into).collect();
        output.document(&Document::new(Sessions { sessions }));
        return Ok(ExitCode::SUCCESS);
    }
    if lost > 0 {
        output.message(&format!(
            "{lost} of the sessions were live in a server that is gone; `tsm restore` brings them back"
        ));
    }
    if sessions.is_empty() && lost == 0 {
        output.message("no sessions; `tsm switch .` makes one of this directory");
    } else if !sessions.is_empty() {
        let heading = ["SESSION", "STATE", "AGENT", "CLIENTS", "PANES", "DIRECTORY"]
            .map(str::to_owned)
            .to_vec();
        output.table(std::iter::once(heading).chain(sessions.iter().map(row)).collect());
    }
    Ok(ExitCode::SUCCESS)
}

fn row(session: &SessionInfo) -> Vec<String> {
    let number = |number: Option<usize>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let agent = session
        .agent
        .as_ref()
        .map(|agent| format!("{} {}", agent.kind, agent.status.as_str()));
    vec![
        session.name.clone(),
        session.health.as_str().to_owned(),
        agent.unwrap_or_else(|| "-".to_owned()),
        number(session.living.map(|living| living.clients as usize)),
        number(session.living.map(|living| living.panes)),
        session.path.display().to_string(),
    ]
}
