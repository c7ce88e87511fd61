//! Hooks that write down what they are told.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tests::wait_for;

const EVENTS: [&str; 6] = [
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PermissionRequest",
    "Stop",
    "SessionEnd",
];

/// Settings whose hooks append what they are told to a file, a line each. Claude Code waits for one that is not `asynchronous`.
pub(crate) fn settings(log: &Path, asynchronous: bool) -> Value {
    let command = format!("{{ cat; echo; }} >> {}", log.display());
    let mut hooks = json!({});
    for event in EVENTS {
        hooks[event] = json!([{ "hooks": [{ "type": "command", "command": command, "async": asynchronous }] }]);
    }
    json!({ "hooks": hooks })
}

/// The events in a file so far.
pub(crate) fn told(log: &Path) -> Vec<Value> {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// What the events are called.
pub(crate) fn names(events: &[Value]) -> Vec<String> {
    let names = events.iter().filter_map(|event| event["hook_event_name"].as_str());
    names.map(str::to_owned).collect()
}

/// Waits until a file has this event, whose field is this.
#[track_caller]
pub(crate) fn wait_told(log: &Path, name: &str, field: &str, value: &str) -> Value {
    wait_for(&format!("the event {name} with {field} {value}"), || {
        let events = told(log);
        let found = events
            .iter()
            .find(|event| event["hook_event_name"] == name && event[field] == value)
            .cloned();
        found.ok_or(events)
    })
}
