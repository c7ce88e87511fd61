//! The marks that tell our sessions and panes from other people's.
//!
//! A session is ours only if it carries [`ID_OPTION`] and a state record names the same id. A session that merely has
//! a name of ours is foreign.

use session_state::SessionState;
use tmux_core::{Command, Pane, Session, SessionId, UserOptions};

/// The session's option that holds its id.
pub const ID_OPTION: &str = "@tsm_id";

/// The session's option that holds its project's name, which leads to the state record. It is set last: a session of ours
/// without it isn't complete.
pub const PROJECT_OPTION: &str = "@tsm_project";

/// The session's option that changes whenever somebody goes there: who was about to end it then doesn't.
pub const EPOCH_OPTION: &str = "@tsm_epoch";

/// The pane's option that holds the kind of its agent.
pub const AGENT_OPTION: &str = "@tsm_agent";

/// The variable that every process of a session of ours has; its value is the session's id. By it the panes of a server
/// that doesn't answer are known.
pub const SESSION_VARIABLE: &str = "TSM_SESSION";

/// The variable that an agent and what it starts have; its value is the session's id. By it what an agent left behind is
/// known when nothing else tells where it came from.
pub const AGENT_VARIABLE: &str = "TSM_AGENT";

/// What a snapshot must read along so that the functions here can tell.
pub const MARKS: UserOptions<'static> = UserOptions {
    session: &[ID_OPTION, PROJECT_OPTION, EPOCH_OPTION],
    pane: &[AGENT_OPTION],
};

/// Those of [`MARKS`] that tell what is ours.
pub const BRIEF_MARKS: UserOptions<'static> = UserOptions {
    session: &[ID_OPTION, PROJECT_OPTION],
    ..MARKS
};

/// The id and the project that a session carries, whether or not a record confirms them.
pub fn claim(session: &Session) -> Option<(String, String)> {
    let [id, project, ..] = session.user_options.as_slice() else {
        return None;
    };
    let text = |value: &bstr::BString| String::from_utf8(value.to_vec()).ok().filter(|text| !text.is_empty());
    Some((text(id)?, text(project)?))
}

/// The session's epoch; empty if nobody went there since it was made.
pub fn epoch(session: &Session) -> String {
    session.user_options.get(2).map(ToString::to_string).unwrap_or_default()
}

/// Ends a session if it is still the one that carries this id, on the server with this process id: between looking and
/// ending, another server may have given the same `$1` to a session of somebody else. `also` is a further condition.
///
/// Ids are hexadecimal, so they are safe in a format.
pub fn kill_if_still(session: SessionId, id: &str, server_pid: u32, also: Option<String>) -> Command {
    let mut condition = format!("#{{&&:#{{==:#{{{ID_OPTION}}},{id}}},#{{==:#{{pid}},{server_pid}}}}}");
    if let Some(also) = also {
        condition = format!("#{{&&:{condition},{also}}}");
    }
    Command::kill_session(session).when(session, condition)
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
