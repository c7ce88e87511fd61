//! What the panes of a session showed, kept when tsm ends it.

use tmux_core::{Command, Session};

use session_lock::replace::{create_private_dir, stage, sync_dir};

use crate::context::Context;
use crate::error::Error;

/// Writes the text of each pane to `<state_dir>/scrollback/<project>/<window>.<pane>.txt`, replacing what was kept there
/// of an earlier session. One call for each pane: a long batch would stop everybody's typing meanwhile.
pub(crate) fn keep(context: &Context, project: &str, session: &Session) -> Result<(), Error> {
    let lines = context.config.scrollback_on_end.value;
    if lines == 0 {
        return Ok(());
    }
    let directory = context.config.state_dir.value.join("scrollback").join(project);
    create_private_dir(&directory)?;
    for window in &session.windows {
        for pane in &window.panes {
            let text = match context.server.run(vec![Command::capture_pane(pane.id, lines)]) {
                Ok(reply) => reply.stdout,
                // A pane that has just closed shows nothing any more.
                Err(tmux_core::Error::NotFound { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            stage(&directory.join(format!("{}.{}.txt", window.index, pane.index)), &text)?.commit()?;
        }
    }
    Ok(sync_dir(&directory)?)
}
