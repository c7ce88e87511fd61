//! `tsm pane-run`, which runs in an agent's pane.

use std::path::PathBuf;
use std::process::ExitCode;

use session_ops::Error;
use session_ops::config::env::Environment;
use session_ops::pane_run::{PaneRun, become_shell, run_agent};

use crate::args;
use crate::output::Output;
use crate::report;

pub(crate) fn run(args: args::PaneRun, environment: &Environment, output: &Output) -> ExitCode {
    let Some((program, rest)) = args.program.split_first() else {
        return ExitCode::FAILURE;
    };
    let request = PaneRun {
        record: args.record,
        kind: args.kind,
        conversation: args.conversation,
        program: PathBuf::from(program),
        args: rest.to_vec(),
    };
    match run_agent(&request, environment) {
        Ok(0) => {}
        Ok(status) => output.message(&format!("tsm: {} ended with status {status}", request.kind)),
        // The pane stays usable whatever is wrong with the agent.
        Err(error) => {
            let _code = report::error(output, "pane-run", &error);
        }
    }
    let error: Error = match become_shell(environment) {
        Err(error) => error,
        Ok(never) => match never {},
    };
    report::error(output, "pane-run", &error)
}
