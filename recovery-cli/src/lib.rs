#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod args;
mod commands;
mod output;
mod report;

use std::process::ExitCode;

use clap::Parser;
use session_ops::Context;
use session_ops::config::env::Environment;
use session_ops::error::with_causes;

use args::Args;
use output::Output;

/// Runs `tsm-recovery` with the arguments of this process.
pub fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => return output::usage(&error),
    };
    let environment = Environment::read();
    let Some(verb) = args.verb else { return output::help() };
    let output = Output::new(
        args.global.color,
        args.global.quiet,
        verb.wants_json(),
        environment.no_color,
    );
    let name = verb.name();
    let trace = (environment.debug || args.global.verbose > 0).then(output::trace);
    let flags = args.global.flags();
    let context = if verb.works_without_config() {
        Context::despite_config(&flags, environment, trace, &mut |error| {
            output.message(&format!(
                "tsm-recovery: {}; built-in defaults are used",
                with_causes(error)
            ));
        })
    } else {
        Context::new(&flags, environment, trace)
    };
    let code = context.and_then(|context| commands::run(verb, &context, &output));
    code.unwrap_or_else(|error| report::failure(&output, name, &error))
}
