//! Making an existing session of a project's name ours.

use std::ffi::OsStr;

use session_recovery::capture::{Occasion, capture};
use session_recovery::complete::check;
use session_recovery::ours::{ID_OPTION, PROJECT_OPTION};
use session_state::SessionState;
use tmux_core::Command;
use uuid::Uuid;

use crate::context::Context;
use crate::error::Error;
use crate::event::Events;
use crate::live::Live;

/// Marks the session called `<prefix>-<project>` as ours and records it. Nothing in it is touched.
///
/// # Errors
///
/// [`Error::NoSession`] if there is none of that name.
pub fn adopt(context: &Context, project: &OsStr, events: Events<'_>) -> Result<String, Error> {
    let lock = context.lock_operation("adopt", events)?;
    let live = Live::read(context)?;
    let project = live.resolve(context, project)?;
    live.require_tmux(context)?;
    let name = context.config.session_name(&project.name);
    let missing = || Error::NoSession {
        project: project.name.clone(),
    };
    if let Some(ours) = live.of_project(&project.name) {
        return Ok(ours.session.name.to_string());
    }
    let session = live
        .sessions()
        .iter()
        .find(|session| session.name == name.as_bytes())
        .ok_or_else(missing)?;
    if let Some(ours) = live.ours(session) {
        return Err(Error::OtherProject {
            session: name,
            owner: ours.record.project.clone(),
        });
    }
    let server = live.server.as_ref().ok_or_else(missing)?;
    if let Some(snapshot) = &live.snapshot {
        check(snapshot, session).map_err(|why| Error::Incomplete {
            what: project.name.clone(),
            why,
        })?;
    }
    let id = Uuid::new_v4().simple().to_string();
    let record = capture(
        session,
        &Occasion {
            project: &project.name,
            working_dir: &project.path,
            server,
            saved: context.saved("adopt"),
            previous: live.record(context, &project.name)?,
            agents: &[],
            programs: true,
        },
    );
    // The record first: a session with our mark and no record would be nobody's.
    let record = SessionState {
        id: Some(id.clone()),
        ..record
    };
    let _saving = context.store.lock(&context.lock_options("adopt"))?.save(&record)?;
    context.server.run(vec![
        Command::set_user_option(session.id, PROJECT_OPTION, project.name.as_str().into()),
        Command::set_user_option(session.id, ID_OPTION, id.into()),
    ])?;
    lock.release();
    Ok(name)
}
