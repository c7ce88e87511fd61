//! The settings that Claude Code is given with `--settings`: only our hooks. They are merged with the user's, whose own
//! files are never touched.

use std::path::Path;

use bstr::ByteSlice;
use serde_json::{Value, json};
use session_lock::replace::{create_private_dir, replace_file};

use super::home::AgentHome;
use crate::error::Error;

/// The events that we are told of. A permission request comes 6 s before its notification (measured, 2.1.330).
pub const EVENTS: [&str; 6] = [
    "SessionStart",
    "UserPromptSubmit",
    "PermissionRequest",
    "Notification",
    "Stop",
    "SessionEnd",
];

/// Seconds that a hook may take; it takes milliseconds.
const TIMEOUT: u32 = 10;

/// Writes the settings, 0600 in a private directory.
///
/// # Errors
///
/// [`Error::Replace`].
pub fn write(home: &AgentHome, tsm: &Path) -> Result<(), Error> {
    create_private_dir(&home.directory())?;
    // Plain values always serialise.
    let text = serde_json::to_vec_pretty(&document(tsm, home.record())).unwrap_or_default();
    Ok(replace_file(&home.settings(), &text)?)
}

fn document(tsm: &Path, record: &Path) -> Value {
    let command = format!("{} agent-event --record {}", quoted(tsm), quoted(record));
    // The agent doesn't wait for it, and nothing that it prints or fails with reaches the conversation.
    let hook = json!({"type": "command", "command": command, "async": true, "timeout": TIMEOUT});
    let hooks: serde_json::Map<String, Value> = EVENTS
        .iter()
        .map(|event| ((*event).to_owned(), json!([{"hooks": [hook]}])))
        .collect();
    json!({"hooks": hooks})
}

/// A word for the shell that Claude Code runs hooks with: older versions know no argument vectors, and would run the
/// program without its arguments.
fn quoted(path: &Path) -> String {
    let text = path.as_os_str();
    let text = <[u8]>::from_os_str(text).unwrap_or_default().to_str_lossy();
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hooks_call_tsm_and_nothing_else() {
        let document = document(Path::new("/a b/it's/tsm"), Path::new("/s/agents/id.toml"));
        for event in EVENTS {
            let hook = &document["hooks"][event][0]["hooks"][0];
            assert_eq!(
                hook["command"],
                r"'/a b/it'\''s/tsm' agent-event --record '/s/agents/id.toml'"
            );
            assert_eq!(hook["async"], true);
        }
    }
}
