#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod args;
mod commands;
mod dashboard;
mod output;
mod picker;
mod report;
mod script;
mod terminal;
mod when;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{CommandFactory, Parser};
use clap_complete::CompleteEnv;
use session_ops::Context;
use session_ops::config::Flags;
use session_ops::config::env::Environment;
use session_ops::project::nearest;

use args::{Args, Verb};
use output::Output;

/// Runs `tsm` with the arguments of this process.
pub fn main() -> ExitCode {
    // A shell that completes is answered here, and that ends the process.
    CompleteEnv::with_factory(Args::command)
        .var(commands::completions::VARIABLE)
        .complete();
    let args = match Args::try_parse_from(script::arguments(std::env::args_os().collect())) {
        Ok(args) => args,
        Err(error) => return output::usage(&error),
    };
    let environment = Environment::read();
    let json = args.verb.as_ref().is_some_and(Verb::wants_json);
    let output = Output::new(args.global.color, args.global.quiet, json, environment.no_color);
    let Some(verb) = args.verb else {
        return match terminal::is_a_screen() {
            true => pick(&args.global.flags(), environment, &output),
            false => output::help(),
        };
    };
    match verb {
        Verb::PaneRun(pane_run) => commands::pane_run::run(pane_run, &args.global.flags(), &environment, &output),
        Verb::AgentEvent(event) => commands::agent_event::run(&event, &environment),
        Verb::External(words) => external(&words, &environment, &output),
        verb => {
            let name = verb.name();
            let trace = (environment.debug || args.global.verbose > 0).then(output::trace);
            let flags = args.global.flags();
            let context = match verb {
                // A slip in the config is no reason to save nothing, and nobody would see the error.
                Verb::AutosaveRun => commands::autosave::context(&flags, environment, trace),
                // A config that is broken is what it is to replace.
                Verb::Init(ref init) if init.force => {
                    Context::despite_config(&flags, environment, trace, &mut |_replaced| {})
                }
                _ => Context::new(&flags, environment, trace),
            };
            let code = context.and_then(|context| {
                if let Verb::Dashboard(args) = verb {
                    return commands::dashboard::run(&args, &Arc::new(context), &output);
                }
                if let Some(verb) = verb.accounted() {
                    context.begin(verb);
                }
                let code = commands::run(verb, &context, &output);
                context.finish(code.as_ref().err());
                code
            });
            code.unwrap_or_else(|error| report::error(&output, name, &error))
        }
    }
}

/// Takes the terminal as a screen and panics, for the test that it is given back.
#[doc(hidden)]
#[expect(clippy::panic, reason = "that is what is tested")]
pub fn panic_on_screen() {
    let _screen = output::screen::Screen::take();
    panic!("a fault");
}

/// Without a verb, somebody who sits in front of it chooses a project.
fn pick(flags: &Flags, environment: Environment, output: &Output) -> ExitCode {
    let context = Context::new(flags, environment, None).map(Arc::new);
    let code = context.and_then(|context| commands::dashboard::pick(&context, output));
    code.unwrap_or_else(|error| report::error(output, "switch", &error))
}

/// `tsm NAME` runs `tsm-NAME` when NAME is no verb.
fn external(words: &[OsString], environment: &Environment, output: &Output) -> ExitCode {
    let Some((name, args)) = words.split_first() else {
        return output::help();
    };
    let name = name.to_string_lossy();
    let program = format!("tsm-{name}");
    let slash = name.contains('/');
    let found = session_ops::agent::find_program(program.as_ref(), environment.path.as_deref()).filter(|_| !slash);
    match found {
        Some(found) => {
            let error = session_ops::programs::become_program(&found, None, args);
            report::plain(output, &format!("{program} can't be started: {error}"), None, 1)
        }
        None => {
            let verbs = Args::command();
            let visible = verbs.get_subcommands().filter(|verb| !verb.is_hide_set());
            let names = visible.flat_map(|verb| std::iter::once(verb.get_name()).chain(verb.get_visible_aliases()));
            let hint = match nearest(names, &name).as_slice() {
                [] => "`tsm help` lists the verbs".to_owned(),
                verbs => format!("did you mean `tsm {}`?", verbs.join("` or `tsm ")),
            };
            let message = format!("{name}: no such verb, and no program {program} in PATH");
            report::plain(output, &message, Some(&hint), 2)
        }
    }
}
