//! `tsm state`.

use std::process::ExitCode;

use session_ops::clock::rfc3339;
use session_ops::state::{flat_keys, history, state};
use session_ops::{Context, Error};

use crate::args::State;
use crate::output::Output;
use crate::output::json::Document;
use crate::output::state::{StateDocument, shell_assignments};

pub(crate) fn run(args: State, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    if args.history {
        let entries = history(context, &args.project)?;
        for entry in entries {
            output.line(&format!("#{} {}", entry.seq, rfc3339(entry.at).unwrap_or_default()));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let (project, loaded) = state(context, &args.project, args.at)?;
    if output.is_json() {
        output.document(&Document::new(StateDocument::new(project, flat_keys(&loaded.state)?)));
    } else if args.shell {
        output.text(shell_assignments(flat_keys(&loaded.state)?).as_bytes());
    } else {
        output.text(&loaded.bytes);
    }
    Ok(ExitCode::SUCCESS)
}
