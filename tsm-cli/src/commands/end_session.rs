//! `tsm end-session`, which ends a session from outside it.

use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use std::time::Duration;

use session_ops::end::EndRequest;
use session_ops::hand_over::{after, take_over};
use session_ops::{Context, Error};

use crate::args::EndSession;
use crate::output;

pub(crate) fn run(args: EndSession, context: &Context) -> Result<ExitCode, Error> {
    let after = after(args.after_pid, args.after_start_time)?;
    let request = EndRequest {
        project: args.project,
        session: args.session,
        id: args.id,
        epoch: args.epoch,
        verb: args.verb,
        unless_running: args.unless_running,
        timeout: Duration::from_millis(args.timeout_ms),
        then_rename: args.then_rename,
        tell: args.tell.map(|client| client.as_bytes().into()),
    };
    output::with_pipes(|input, output| take_over(context, &request, &after, input, output))?;
    Ok(ExitCode::SUCCESS)
}
