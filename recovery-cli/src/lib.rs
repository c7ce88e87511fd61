#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod args;
mod commands;
mod output;
mod report;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;
use session_ops::config::env::Environment;
use session_ops::error::with_causes;
use session_ops::{Context, hooks};

use args::{Args, Verb};
use output::Output;

/// Runs `tsm-recovery` with the arguments of this process.
pub fn main() -> ExitCode {
    output::ended(run())
}

fn run() -> ExitCode {
    // A shell that completes is answered here, and that ends the process.
    CompleteEnv::with_factory(Args::command)
        .var(commands::completions::VARIABLE)
        .complete();
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
    let verb = match verb {
        // A shell asks for its completions wherever it starts, whatever the config is like.
        Verb::Completions(args) => {
            let made = commands::completions::run(&args, &output);
            return made.unwrap_or_else(|error| report::failure(&output, "completions", &error));
        }
        Verb::Man(args) => {
            let made = commands::man::run(&args, &output);
            return made.unwrap_or_else(|error| report::failure(&output, "man", &error));
        }
        verb => verb,
    };
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
    let code = context.and_then(|context| {
        context.config.check_for(name)?;
        for problem in &context.config.problems {
            output.notice(&format!("warning: {problem}"));
        }
        let accounted = verb.accounted();
        if let Some(verb) = accounted {
            context.begin(verb);
        }
        let code = commands::run(verb, &context, &output);
        let project = context.finish(code.as_ref().err());
        hooks::on_failed_parts(&context, name, &mut |event| output.event(event));
        match code {
            Err(error) if accounted.is_some() => {
                // People see what failed before anything else runs.
                let code = report::failure(&output, name, &error);
                hooks::on_error(&context, name, project.as_deref(), &error, &mut |event| {
                    output.event(event);
                });
                Ok(code)
            }
            code => code,
        }
    });
    code.unwrap_or_else(|error| report::failure(&output, name, &error))
}
