//! `tsm logs`.

use std::io;
use std::process::ExitCode;

use session_ops::log::{Follower, tail};
use session_ops::{Context, Error};

use crate::args::Logs;
use crate::output::Output;

pub(crate) fn run(args: Logs, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let path = context.log.path();
    let failed = |source: io::Error| Error::LogUnreadable {
        path: path.to_owned(),
        source,
    };
    let last = tail(path, args.lines).map_err(failed)?;
    if last.lines.is_empty() && !args.follow {
        output.notice("the log is empty");
    }
    if !output.lines(&last.lines) || !args.follow {
        return Ok(ExitCode::SUCCESS);
    }
    context.log.make_directory()?;
    let mut follower = Follower::after(last, path).map_err(failed)?;
    // Until the reader of the output has gone, or a signal ends this.
    while output.lines(&follower.next_lines().map_err(failed)?) {}
    Ok(ExitCode::SUCCESS)
}
