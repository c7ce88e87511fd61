//! Agents that are none of ours.

use serde_json::Value;
use tests::claude_home::process_of;
use tests::{AttachedClient, ClaudeHome};
use uuid::Uuid;

use crate::talk::{ask, start, wait_idle};

/// Waits until the agent with this conversation is idle, wherever it runs.
#[track_caller]
fn wait_of(home: &ClaudeHome, id: &str) -> Value {
    home.wait_registry(id, |entry| entry["sessionId"] == id && entry["status"] == "idle")
}

#[test]
fn other_peoples_agents_are_left_alone() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    // Outside tmux, and in a session that isn't ours, both in the directory of our project.
    let [outside, foreign] = [(); 2].map(|()| Uuid::new_v4().to_string());
    let _terminal: AttachedClient<'_> = home
        .env
        .command("claude", ["--session-id", &outside, "one of outside"])
        .dir(&path)
        .in_terminal();
    start(
        &home,
        "claude-foreign",
        &path,
        &format!("--session-id {foreign} 'one of foreign'"),
    );
    let strangers = [wait_of(&home, &outside), wait_of(&home, &foreign)];
    let untouched = || {
        for stranger in &strangers {
            assert!(process_of(stranger).is_some(), "{stranger:#}");
            assert_eq!(home.transcripts(stranger["sessionId"].as_str().unwrap()).len(), 1);
        }
    };

    home.env.tsm(["create", "."]).dir(&path).run().success();
    ask(&home, "claude-alpha", "one of ours");
    let ours = wait_idle(&home, "claude-alpha");
    let session = home.env.tsm(["status", "alpha", "--json"]).run().success().json()["session"].clone();
    assert_eq!(session["agent"]["pid"], ours["pid"]);
    assert_eq!(session["agent"]["conversation"], ours["sessionId"]);
    let list = home.env.tsm(["list", "--json"]).run().success().json();
    assert_eq!(list["sessions"].as_array().map(Vec::len), Some(1), "{list:#}");

    home.env.tsm(["kill", "alpha"]).run().success();
    untouched();
    let detect = home.env.recovery(["detect", "--json"]).run().json();
    assert_eq!(detect["findings"], serde_json::json!([]), "{detect:#}");
    // Theirs are the newest in the directory now.
    home.env.tmux([
        "send-keys",
        "-t",
        "=claude-foreign:",
        "-l",
        "another of foreign",
        ";",
        "send-keys",
        "-t",
        "=claude-foreign:",
        "Enter",
    ]);
    home.model.wait_asked("another of foreign");
    home.env.tsm(["create", "alpha"]).run().success();
    assert_eq!(wait_idle(&home, "claude-alpha")["sessionId"], ours["sessionId"]);
    let asked = ask(&home, "claude-alpha", "two of ours");
    assert!(asked.has("one of ours") && !asked.has("one of foreign"), "{asked:?}");
    home.env.tsm(["kill", "--all"]).run().success();
    untouched();
}
