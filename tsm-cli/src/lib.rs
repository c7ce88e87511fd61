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
use session_ops::config::env::Environment;
use session_ops::config::{Config, Flags};
use session_ops::elsewhere::on_server_of;
use session_ops::error::with_causes;
use session_ops::project::nearest;
use session_ops::{Class, Context, Error, extensions, hooks};

use args::{Args, ConfigWhat, Verb};
use output::Output;

/// Runs `tsm` with the arguments of this process.
pub fn main() -> ExitCode {
    output::ended(run())
}

fn run() -> ExitCode {
    // A shell that completes is answered here, and that ends the process.
    CompleteEnv::with_factory(Args::command)
        .var(commands::completions::VARIABLE)
        .complete();
    let words = script::arguments(std::env::args_os().collect());
    let whole_help = words.len() == 2;
    let args = match Args::try_parse_from(words) {
        Ok(args) => args,
        Err(error) => {
            let code = output::usage(&error);
            if whole_help && error.kind() == clap::error::ErrorKind::DisplayHelp {
                list_extensions();
            }
            return code;
        }
    };
    let environment = Environment::read();
    let json = args.verb.as_ref().is_some_and(Verb::wants_json);
    let output = Output::new(args.global.color, args.global.quiet, json, environment.no_color);
    let Some(verb) = args.verb else {
        return match terminal::is_a_screen() {
            true => pick(&args.global.flags(), environment, &output),
            false => {
                let code = output::help();
                list_extensions();
                code
            }
        };
    };
    // Claude Code is stopped by 2 and nothing else.
    let stops = matches!(&verb, Verb::Context(args) if args.hook);
    match verb {
        Verb::PaneRun(pane_run) => commands::pane_run::run(pane_run, &args.global.flags(), &environment, &output),
        Verb::AgentEvent(event) => commands::agent_event::run(&event, &environment),
        // An editor asks for it where the config isn't right yet, a shell for its completions wherever it starts.
        Verb::Config(config) if config.what == ConfigWhat::Schema => commands::config::schema(&output),
        Verb::Completions(args) => {
            let made = commands::completions::run(args, &output);
            made.unwrap_or_else(|error| report::error(&output, "completions", &error))
        }
        Verb::Man(args) => {
            let made = commands::man::run(args, &output);
            made.unwrap_or_else(|error| report::error(&output, "man", &error))
        }
        Verb::External(words) => external(&words, &args.global.flags(), environment, &output),
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
                // A wrong name is no broken config: what would be shown is something else than what was asked for.
                ref verb if verb.shows_sessions() && Config::names_no_file(&flags, &environment) => {
                    Context::new(&flags, environment, trace)
                }
                ref verb if verb.only_looks() => Context::despite_config(&flags, environment, trace, &mut |error| {
                    let message = format!("tsm: {}; built-in defaults are used", with_causes(error));
                    output.message(&message);
                }),
                _ => Context::new(&flags, environment, trace),
            };
            let context = context.and_then(|context| {
                if !verb.shows_problems() {
                    context.config.check_for(name)?;
                    if verb.is_for_people() {
                        tell_problems(&context, &output);
                    }
                }
                Ok(context)
            });
            let code = context.and_then(|context| {
                let context = at_server_of(context, &verb.goes_to(), &output)?;
                if let Verb::Dashboard(args) = verb {
                    return commands::dashboard::run(&args, &Arc::new(context), &output);
                }
                let accounted = verb.accounted();
                if let Some(verb) = accounted {
                    context.begin(verb);
                }
                if verb.ends_by_signals() && context.config.hooks.iter().next().is_some() {
                    hooks::end_hooks_with_us();
                }
                let tells_hooks = accounted.is_some() || matches!(verb, Verb::Send(_));
                let code = commands::run(verb, &context, &output);
                let project = context.finish(code.as_ref().err());
                let told = &mut |event| output.event(event);
                // People see what failed before anything else runs.
                hooks::on_failed_parts(&context, name, told);
                match code {
                    Err(error) if tells_hooks => {
                        let code = report::error(&output, name, &error);
                        hooks::on_error(&context, name, project.as_deref(), &error, told);
                        Ok(code)
                    }
                    code => code,
                }
            });
            code.unwrap_or_else(|error| match (report::error(&output, name, &error), stops) {
                (code, false) => code,
                (_, true) => ExitCode::FAILURE,
            })
        }
    }
}

/// The context for the tmux server in which these projects' sessions live.
fn at_server_of(context: Context, projects: &[OsString], output: &Output) -> Result<Context, Error> {
    let other = on_server_of(&context, projects, &mut |event| output.event(event))?;
    Ok(other.unwrap_or(context))
}

/// What is wrong in the config and doesn't stop what is to be done.
fn tell_problems(context: &Context, output: &Output) {
    for problem in &context.config.problems {
        output.notice(&format!("warning: {problem}"));
    }
}

/// The extensions, below the help.
fn list_extensions() {
    let command = Args::command();
    let is_verb = |name: &str| command.get_subcommands().any(|verb| verb.get_name() == name);
    let mut found = extensions::extensions(Environment::read().path.as_deref());
    found.retain(|name, _| !is_verb(name));
    output::extensions(&found);
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
    let context = context.and_then(|context| {
        context.config.check_for("switch")?;
        Ok(context)
    });
    let code = context.and_then(|context| commands::dashboard::pick(&context, output));
    code.unwrap_or_else(|error| report::error(output, "switch", &error))
}

/// `tsm NAME` runs `tsm-NAME` when NAME is no verb.
fn external(words: &[OsString], flags: &Flags, environment: Environment, output: &Output) -> ExitCode {
    let Some((name, args)) = words.split_first() else {
        return output::help();
    };
    let name = name.to_string_lossy();
    let program = format!("tsm-{name}");
    match extensions::find(&name, environment.path.as_deref()) {
        Some(found) => {
            // It may be the one that repairs things: a config that can't be used isn't told instead of it.
            let variables = match Context::new(flags, environment, None) {
                Ok(context) => extensions::variables(&context),
                Err(error) => {
                    output.message(&format!(
                        "tsm: {program} isn't told the config: {}",
                        with_causes(&error)
                    ));
                    Vec::new()
                }
            };
            let error = session_ops::programs::become_extension(&found, args, &variables);
            report::failure(
                output,
                Class::Failed,
                format!("{program} can't be started: {error}"),
                None,
            )
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
            report::failure(output, Class::Usage, message, Some(hint))
        }
    }
}
