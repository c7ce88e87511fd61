//! Agents that are none of ours.

use std::fs;

use serde_json::{Value, json};
use tests::claude_home::process_of;
use tests::{AttachedClient, ClaudeHome};
use uuid::Uuid;

use crate::talk::{ask, start, wait_idle};

/// Waits until the agent with this conversation is idle, wherever it runs.
#[track_caller]
fn wait_of(home: &ClaudeHome, id: &str) -> Value {
    home.wait_registry(id, |entry| entry["sessionId"] == id && entry["status"] == "idle")
}

/// The bytes of memory that an agent's process has, as the kernel counts them.
fn resident(entry: &Value) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", entry["pid"])).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() * 1024
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
    // Each of the three takes about as much.
    let memory = session["agent"]["memory_bytes"].as_u64().unwrap();
    let [low, high] = [1, 3].map(|halves| resident(&ours) * halves / 2);
    assert!(
        (low..high).contains(&memory),
        "{memory} is not about {}",
        resident(&ours)
    );
    let list = home.env.tsm(["list", "--json"]).run().success().json();
    assert_eq!(list["sessions"].as_array().map(Vec::len), Some(1), "{list:#}");

    home.env.tsm(["kill", "alpha"]).run().success();
    untouched();
    let detect = home.env.recovery(["detect", "--json"]).run().json();
    assert_eq!(detect["findings"], json!([]), "{detect:#}");
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

#[test]
fn an_agent_that_the_agent_starts_is_not_the_sessions() {
    let home = ClaudeHome::new();
    home.env.tsm_config("[agents.claude]\npermission_mode = \"manual\"\n");
    let path = home.project("alpha");
    fs::create_dir_all(home.config_dir()).unwrap();
    let allowed = json!({ "permissions": { "allow": ["Bash"] } });
    fs::write(home.config_dir().join("settings.json"), allowed.to_string()).unwrap();
    home.env.tsm(["create", "."]).dir(&path).run().success();
    let ours = wait_idle(&home, "claude-alpha");
    let child = Uuid::new_v4().to_string();
    ask(
        &home,
        "claude-alpha",
        &format!("tool claude -p --session-id {child} 'a child asks'"),
    );
    home.model.wait_asked("a child asks");
    let said = || home.env.tsm(["status", "alpha", "--json"]).run().success().json()["session"]["agent"].clone();
    assert_eq!(
        (&said()["conversation"], &said()["pid"]),
        (&ours["sessionId"], &ours["pid"])
    );
    home.env.kill_server_hard();
    home.env.tsm(["restore"]).run().success();
    assert_eq!(wait_idle(&home, "claude-alpha")["sessionId"], ours["sessionId"]);
}
