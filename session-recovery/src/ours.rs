//! The marks that tell our sessions and panes from other people's.
//!
//! A session is ours only if it carries [`ID_OPTION`] and a state record names the same id. A session that merely has
//! a name of ours is foreign.

use session_state::SessionState;
use tmux_core::{Pane, Session, UserOptions};

/// The session's option that holds its id.
pub const ID_OPTION: &str = "@tsm_id";

/// The session's option that holds its project's name, which leads to the state record.
pub const PROJECT_OPTION: &str = "@tsm_project";

/// The pane's option that holds the kind of its agent.
pub const AGENT_OPTION: &str = "@tsm_agent";

/// What a snapshot must read along so that the functions here can tell.
pub const MARKS: UserOptions<'static> = UserOptions {
    session: &[ID_OPTION, PROJECT_OPTION],
    pane: &[AGENT_OPTION],
};

/// The id and the project that a session carries, whether or not a record confirms them.
pub fn claim(session: &Session) -> Option<(String, String)> {
    let [id, project] = session.user_options.as_slice() else {
        return None;
    };
    let text = |value: &bstr::BString| String::from_utf8(value.to_vec()).ok().filter(|text| !text.is_empty());
    Some((text(id)?, text(project)?))
}

/// Whether this record makes the session ours.
pub fn is_ours(session: &Session, record: &SessionState) -> bool {
    claim(session).is_some_and(|(id, _project)| record.id.as_deref() == Some(id.as_str()))
}

/// The kind of agent that a pane was made for.
pub fn agent_kind(pane: &Pane) -> Option<String> {
    let kind = pane.user_options.first()?;
    String::from_utf8(kind.to_vec()).ok().filter(|kind| !kind.is_empty())
}
