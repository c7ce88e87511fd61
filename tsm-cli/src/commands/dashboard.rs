//! `tsm dashboard`, and bare `tsm` on a terminal: the picker.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use session_ops::{Context, Error};

use crate::args::{Dashboard, Switch};
use crate::commands::switch;
use crate::dashboard::app::App;
use crate::dashboard::{print, show};
use crate::output::Output;
use crate::terminal;

pub(crate) fn run(args: &Dashboard, context: &Arc<Context>, output: &Output) -> Result<ExitCode, Error> {
    if args.once || !terminal::is_a_screen() {
        print(context, output);
        return Ok(ExitCode::SUCCESS);
    }
    on_screen(context, output, App::dashboard(false))
}

pub(crate) fn pick(context: &Arc<Context>, output: &Output) -> Result<ExitCode, Error> {
    on_screen(context, output, App::picker())
}

fn on_screen(context: &Arc<Context>, output: &Output, app: App) -> Result<ExitCode, Error> {
    let chosen = show(context, output, app).map_err(|source: io::Error| Error::Start {
        program: "the terminal".into(),
        source,
    })?;
    match chosen {
        Some(project) => switch::run(Switch::to(project), context, output),
        None => Ok(ExitCode::SUCCESS),
    }
}
