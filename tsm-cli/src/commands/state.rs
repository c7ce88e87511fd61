//! `tsm state`.

use std::process::ExitCode;

use session_ops::state::{flat_keys, history, state};
use session_ops::{Context, Error};

use crate::args::State;
use crate::output::Output;
use crate::output::json::Document;
use crate::output::state::{HistoryDocument, StateDocument, history_lines, shell_assignments};

pub(crate) fn run(args: State, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    if args.history {
        let (project, entries) = history(context, &args.project)?;
        if output.is_json() {
            output.document(&Document::new(HistoryDocument::new(project, entries)));
        } else {
            for line in history_lines(&entries) {
                output.line(&line);
            }
        }
        return Ok(ExitCode::SUCCESS);
    }
    let at = args.at.map(|when| when.at(context.clock.now()));
    let (project, loaded) = state(context, &args.project, at, &mut |event| output.event(event))?;
    if output.is_json() {
        output.document(&Document::new(StateDocument::new(project, flat_keys(&loaded.state)?)));
    } else if args.shell {
        output.text(shell_assignments(flat_keys(&loaded.state)?).as_bytes());
    } else {
        output.text(&loaded.bytes);
    }
    Ok(ExitCode::SUCCESS)
}
