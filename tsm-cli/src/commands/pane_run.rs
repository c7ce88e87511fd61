//! `tsm pane-run`, which runs in an agent's pane.

use std::path::PathBuf;
use std::process::ExitCode;

use session_ops::Error;
use session_ops::config::env::Environment;
use session_ops::config::{Config, Flags};
use session_ops::pane_run::{PaneRun, become_shell, become_shell_with, run as pane_run};

use crate::args;
use crate::output::Output;
use crate::report;

pub(crate) fn run(args: args::PaneRun, flags: &Flags, environment: &Environment, output: &Output) -> ExitCode {
    if let Some(line) = &args.line {
        let error: Error = match become_shell_with(line, environment) {
            Err(error) => error,
            Ok(never) => match never {},
        };
        return report::error(output, "pane-run", &error);
    }
    let Some((program, rest)) = args.program.split_first() else {
        return ExitCode::FAILURE;
    };
    let request = PaneRun {
        record: args.record,
        kind: args.kind,
        project: args.project,
        conversation: args.conversation,
        program: PathBuf::from(program),
        args: rest.to_vec(),
    };
    let ran = config(flags, environment, output).and_then(|config| pane_run(&request, &config, environment));
    output.reset_terminal();
    match ran {
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

/// The pane runs whatever is wrong with the config file.
fn config(flags: &Flags, environment: &Environment, output: &Output) -> Result<Config, Error> {
    Config::load(flags, environment).or_else(|error| {
        let _code = report::error(output, "pane-run", &error);
        Config::without_file(flags, environment)
    })
}
