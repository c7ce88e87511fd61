//! `tsm watch`.

use std::process::ExitCode;

use session_ops::watch::{Stop, Watched, unit::unit, watch};
use session_ops::{Context, Error};

use crate::args::Watch;
use crate::output::Output;

pub(crate) fn run(args: Watch, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    if args.unit {
        unit(context)?.lines().for_each(|line| output.line(line));
        return Ok(ExitCode::SUCCESS);
    }
    let stop = Stop::on_signals().map_err(Error::Signals)?;
    watch(context, &stop, &mut |what| {
        let text = match what {
            Watched::ServerCame => "there is a server".to_owned(),
            Watched::ServerWent => "the server has ended".to_owned(),
            Watched::Saved(projects) => format!("saved {}", projects.join(", ")),
            Watched::Failed(why) => format!("not saved: {why}"),
        };
        output.notice(&text);
    })?;
    Ok(ExitCode::SUCCESS)
}
