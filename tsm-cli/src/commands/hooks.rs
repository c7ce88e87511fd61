//! `tsm hooks`.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;
use session_ops::hooks::{Hook, HookEvent, Occasion, try_out};
use session_ops::live::Live;
use session_ops::{Class, Context, Error};

use crate::args::{Hooks, HooksWhat};
use crate::output::Output;
use crate::output::columns::{Cell, Column, Cut};
use crate::output::json::Document;
use crate::report;

pub(crate) fn run(args: Hooks, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    match args.what {
        HooksWhat::List { .. } => list(context, output),
        HooksWhat::Test { event, project } => return test(event, project.as_deref(), context, output),
    }
    Ok(ExitCode::SUCCESS)
}

#[derive(Serialize)]
struct HookList {
    hooks: Vec<OneHook>,
}

#[derive(Serialize)]
struct OneHook {
    event: &'static str,
    project: Option<String>,
    form: &'static str,
    command: String,
    timeout: f64,
    on_failure: &'static str,
}

/// What is left out first where there isn't room for all.
const COLUMNS: [Column<'static>; 6] = [
    column("EVENT", 0, Cut::Never),
    column("PROJECT", 2, Cut::End),
    column("FORM", 4, Cut::Never),
    column("LIMIT", 5, Cut::Never),
    column("FAILURE", 3, Cut::Never),
    column("COMMAND", 1, Cut::End),
];

const fn column(heading: &'static str, dispensable: u8, cut: Cut) -> Column<'static> {
    Column {
        heading,
        dispensable,
        cut,
    }
}

impl From<&Hook> for OneHook {
    fn from(hook: &Hook) -> Self {
        Self {
            event: hook.event.as_str(),
            project: hook.project.clone(),
            form: hook.command.form(),
            command: hook.command.to_string(),
            timeout: hook.timeout.as_secs_f64(),
            on_failure: hook.on_failure.as_str(),
        }
    }
}

fn list(context: &Context, output: &Output) {
    let mut hooks: Vec<OneHook> = context.config.hooks.iter().map(OneHook::from).collect();
    let order = |hook: &OneHook| HookEvent::ALL.iter().position(|event| event.as_str() == hook.event);
    hooks.sort_by_key(order);
    if output.is_json() {
        output.document(&Document::new(HookList { hooks }));
    } else if hooks.is_empty() {
        output.line("no hooks");
    } else {
        let row = |hook: &OneHook| {
            let project = hook.project.as_deref().unwrap_or("all");
            let limit = format!("{} s", hook.timeout);
            [hook.event, project, hook.form, &limit, hook.on_failure, &hook.command]
                .map(Cell::plain)
                .to_vec()
        };
        output.columns(&COLUMNS, &hooks.iter().map(row).collect::<Vec<_>>());
    }
}

fn test(event: HookEvent, project: Option<&OsStr>, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let occasion = sample(event, project, context)?;
    let ran = try_out(context, event, &occasion);
    if ran.is_empty() {
        let message = format!("hooks failed: there is no {} hook", event.as_str());
        let hint = format!("`hooks.{}` in {}", event.as_str(), context.config.file.value.display());
        return Ok(report::failure(output, Class::NotFound, message, Some(hint)));
    }
    let mut failed = false;
    for (hook, ran) in &ran {
        output.line(&format!("{} {} `{}`", hook.key(), hook.command.form(), hook.command));
        output.text(&ran.output);
        if !ran.output.is_empty() && !ran.output.ends_with(b"\n") {
            output.line("");
        }
        if ran.cut > 0 {
            output.line(&format!("… and {} bytes more", ran.cut));
        }
        let milliseconds = ran.took.as_millis();
        output.line(&format!("-> {} ({milliseconds} ms)", ran.describe()));
        failed |= !ran.succeeded();
    }
    Ok(match failed {
        false => ExitCode::SUCCESS,
        true => ExitCode::from(Class::Failed.exit_code()),
    })
}

/// What a hook could be told at such an event.
fn sample(event: HookEvent, project: Option<&OsStr>, context: &Context) -> Result<Occasion, Error> {
    let project = match project {
        Some(argument) => Some(Live::read(context)?.resolve(context, argument)?),
        None => None,
    };
    let name = project.as_ref().map_or("example", |project| project.name.as_str());
    let home = || context.environment.home.clone().unwrap_or_else(|| PathBuf::from("/"));
    let switches = matches!(event, HookEvent::PreSwitch | HookEvent::PostSwitch);
    let verb = match event {
        HookEvent::PreSwitch | HookEvent::PostSwitch | HookEvent::Error => "switch",
        HookEvent::PreSave | HookEvent::PostSave => "save",
        HookEvent::PreKill => "kill",
        HookEvent::PostCreate => "create",
        HookEvent::Notify => "watch",
    };
    let notifies = event == HookEvent::Notify;
    Ok(Occasion {
        verb: verb.to_owned(),
        project: Some(name.to_owned()),
        from: switches.then(|| "another".to_owned()),
        to: switches.then(|| name.to_owned()),
        session: Some(context.config.session_name(name)),
        dir: Some(project.as_ref().map_or_else(home, |project| project.path.clone())),
        error: (event == HookEvent::Error).then(|| "an example of an error".to_owned()),
        notice: notifies.then_some("agent_waiting"),
        detail: notifies.then(|| "permission prompt".to_owned()),
        test: true,
    })
}
