//! `tsm dashboard`, and bare `tsm` on a terminal: the picker.

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use session_ops::elsewhere::on_server_of;
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
        Some(project) => {
            let projects = [project.clone().into()];
            let other = on_server_of(context, &projects, &mut |event| output.event(event))?;
            switch::run(Switch::to(project), other.as_ref().unwrap_or(context), output)
        }
        None => Ok(ExitCode::SUCCESS),
    }
}
