//! `tsm autosave`, and the hidden verb that its hooks start.

use std::process::ExitCode;

use session_ops::autosave::{Hooks, save_changes, status, turn_off, turn_on};
use session_ops::clock::rfc3339;
use session_ops::config::Flags;
use session_ops::config::env::Environment;
use session_ops::error::with_causes;
use session_ops::log::{Entry, Level};
use session_ops::trace::Trace;
use session_ops::{Context, Error};

use crate::args::{Autosave, AutosaveWhat};
use crate::output::Output;

pub(crate) fn run(args: Autosave, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    match args.what {
        AutosaveWhat::On => {
            turn_on(context)?;
            output.sentence("the hooks are set");
        }
        AutosaveWhat::Off => match turn_off(context)? {
            0 => output.sentence("there were no hooks"),
            _ => output.sentence("the hooks are gone"),
        },
        AutosaveWhat::Status => show(context, output)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show(context: &Context, output: &Output) -> Result<(), Error> {
    let status = status(context)?;
    let hooks = match status.hooks {
        None => "no server",
        Some(Hooks::Installed) => "on",
        Some(Hooks::Other) => "of another tsm, or not all there: `tsm autosave on`",
        Some(Hooks::Absent) => "off: `tsm autosave on`",
    };
    let watcher = match status.watcher {
        Some(0) => "runs".to_owned(),
        Some(process) => format!("process {process}"),
        None => "none: `tsm watch --unit` prints a systemd unit".to_owned(),
    };
    let last = status.last_saved.and_then(rfc3339);
    output.sentence(&format!("hooks       {hooks}"));
    output.sentence(&format!("watcher     {watcher}"));
    output.sentence(&format!("last saved  {}", last.as_deref().unwrap_or("never")));
    Ok(())
}

/// What a saver works with. A config that can't be read is told in the log; the hook names the directories.
pub(crate) fn context(flags: &Flags, environment: Environment, trace: Option<Trace>) -> Result<Context, Error> {
    let mut wrong = None;
    let context = Context::despite_config(flags, environment, trace, &mut |error| wrong = Some(with_causes(error)))?;
    if let Some(wrong) = wrong {
        let message = format!("saved with built-in defaults: {wrong}");
        context
            .log
            .write(&Entry::info("autosave", &message).level(Level::Warning));
    }
    Ok(context)
}

/// Saves what has changed. Nobody sees what it prints.
pub(crate) fn save(context: &Context) -> Result<ExitCode, Error> {
    let _saving = save_changes(context)?;
    Ok(ExitCode::SUCCESS)
}
