//! Sessions without an agent: whether that is what the user wants. Where it isn't, what is meant for an agent must not
//! become a shell's commands.

use session_state::{SessionState, UnknownKey};

use super::choice::AgentChoice;
use crate::context::Context;
use crate::project::Project;
use crate::template::Made;

/// The record's key that says that its session was asked for without an agent.
const KEY: &str = "X_NO_AGENT";
const ASKED: &str = "asked";

/// Notes in the record whether its session was asked for without an agent.
pub(crate) fn note(record: &mut SessionState, asked: bool) {
    record.unknown.retain(|key| key.key != KEY);
    if asked {
        record.unknown.push(UnknownKey::text(KEY, ASKED));
    }
}

/// Whether a session has no agent because it was asked for so, by `--no-agent`, by `agent = "shell"` or by a template
/// that has none; and not because the agent wasn't there, or because nobody knows.
pub(crate) fn is_wanted(context: &Context, record: &SessionState) -> bool {
    let asked = record
        .unknown
        .iter()
        .any(|key| key.key == KEY && key.as_text().as_deref() == Some(ASKED));
    let template_has_none = || {
        let project = Project {
            name: record.project.clone(),
            path: record.working_dir.clone(),
        };
        Made::of(record).and_then(|made| made.has_agent(&context.config, &project)) == Some(false)
    };
    asked || AgentChoice::of_project(context, &record.project) == AgentChoice::Shell || template_has_none()
}
