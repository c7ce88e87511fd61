//! Going to a session that is there.

use std::ffi::{OsStr, OsString};

use session_recovery::ours::EPOCH_OPTION;
use tmux_core::{Command, SwitchClient};

use crate::context::Context;
use crate::elsewhere::refuse_from_inside;
use crate::error::Error;
use crate::guard::new_epoch;
use crate::leave::clients;
use crate::live::Live;

/// How one gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttachOutcome {
    /// The client that one looks through shows it now.
    Moved,
    /// This attaches the terminal; to be executed in tsm's place.
    Attach(Vec<OsString>),
}

/// Shows the session of a project: inside tmux by moving the client, else by attaching the terminal.
///
/// # Errors
///
/// [`Error::NoSession`], [`Error::Foreign`], [`Error::OtherServer`], [`Error::Tmux`].
pub fn attach(context: &Context, project: &OsStr) -> Result<AttachOutcome, Error> {
    let live = Live::read(context)?;
    let project = live.resolve(context, project)?;
    live.require_tmux(context)?;
    let ours = live
        .of_project(&project.name)
        .ok_or_else(|| live.why_none(context, project.name.clone()))?;
    refuse_from_inside(context, &project.name)?;
    // Whoever was about to end the session learns that somebody came.
    let came = Command::set_user_option(ours.session.id, EPOCH_OPTION, new_epoch(context.clock).into());
    context.server.run(vec![came])?;
    let Some(inside) = live.inside(context) else {
        return Ok(AttachOutcome::Attach(context.tmux.attach_session(ours.session.id)));
    };
    let looking = live
        .snapshot
        .as_ref()
        .map(|snapshot| clients(snapshot, inside))
        .unwrap_or_default();
    if let Some(client) = looking.first() {
        let switch = SwitchClient {
            client: client.name.clone(),
            session: ours.session.id.into(),
        };
        context.server.run(vec![switch.command()])?;
    }
    Ok(AttachOutcome::Moved)
}
