//! One file for each verb: arguments to request, outcome to text or JSON.

pub(crate) mod agent_event;
mod attach;
pub(crate) mod autosave;
mod cleanup;
pub(crate) mod completions;
pub(crate) mod config;
mod context;
mod create;
pub(crate) mod dashboard;
mod end_session;
mod health;
mod hooks;
mod import;
mod kill;
pub(crate) mod list;
mod logs;
pub(crate) mod man;
pub(crate) mod pane_run;
mod project;
mod restore;
mod save;
pub(crate) mod send;
mod state;
mod status;
mod switch;
mod templates;
mod watch;

use std::process::ExitCode;

use session_ops::{Context, Error};

use crate::args::Verb;
use crate::output::{self, Output};

/// Runs a verb that needs the configuration.
pub(crate) fn run(verb: Verb, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    match verb {
        Verb::Switch(args) => switch::run(args, context, output),
        Verb::Create(args) => create::run(args, context, output),
        Verb::Kill(args) => kill::run(args, context, output),
        Verb::Attach(args) => attach::run(args, context, output),
        Verb::Adopt(args) => attach::adopt(args, context, output),
        Verb::List(args) => list::run(args, context, output),
        Verb::Status(args) => status::run(args, context, output),
        Verb::Send(args) => send::run(args, context, output),
        Verb::State(args) => state::run(args, context, output),
        Verb::Save(args) => save::run(args, context, output),
        Verb::Restore(args) => restore::run(args, context, output),
        Verb::Cleanup(args) => cleanup::run(&args, context, output),
        Verb::Context(args) => context::run(&args, context, output),
        Verb::Hooks(args) => hooks::run(args, context, output),
        Verb::Init(args) => project::init(args, context, output),
        Verb::Project(args) => project::run(args, context, output),
        Verb::Template(args) => templates::run(args, context, output),
        Verb::Freeze(args) => templates::freeze(args, context, output),
        Verb::Import(args) => import::run(args, context, output),
        Verb::Config(args) => config::run(args, context, output),
        Verb::EndSession(args) => end_session::run(args, context),
        Verb::Health(args) => health::run(args, context, output),
        Verb::Logs(args) => logs::run(args, context, output),
        Verb::Autosave(args) => autosave::run(args, context, output),
        Verb::AutosaveRun => autosave::save(context),
        Verb::Watch(args) => watch::run(args, context, output),
        Verb::Completions(_)
        | Verb::Man(_)
        | Verb::Dashboard(_)
        | Verb::PaneRun(_)
        | Verb::AgentEvent(_)
        | Verb::External(_) => Ok(output::help()),
    }
}
