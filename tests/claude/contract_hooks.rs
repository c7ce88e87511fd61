//! What Claude Code tells hooks, without tsm.

use std::fs;
use std::path::Path;

use tests::ClaudeHome;
use tests::claude_home::process_of;
use tests::loopback_model::answer_to;
use tests::process::Signal;

use crate::hook_log::{names, settings, told, wait_told};
use crate::talk::{ask, press, prompt, start, wait_agent, wait_idle};

#[test]
fn hooks_of_two_files_are_told_the_same() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    let (users, ours) = (home.env.root().join("users"), home.env.root().join("ours"));
    fs::create_dir_all(home.config_dir()).unwrap();
    let users_settings = home.config_dir().join("settings.json");
    fs::write(&users_settings, settings(&users, false).to_string()).unwrap();
    let ours_settings = home.env.root().join("ours.json");
    fs::write(&ours_settings, settings(&ours, true).to_string()).unwrap();
    let before = fs::read(&users_settings).unwrap();

    start(
        &home,
        "a",
        &path,
        &format!("--permission-mode manual --settings {}", ours_settings.display()),
    );
    let entry = wait_idle(&home, "a");
    let begun = wait_told(&ours, "SessionStart", "source", "startup");
    assert_eq!(begun["session_id"], entry["sessionId"]);
    ask(&home, "a", "a question");
    let asked = wait_told(&ours, "UserPromptSubmit", "prompt", "a question");
    let transcript = asked["transcript_path"].as_str().map(Path::new).unwrap();
    assert_eq!([transcript], home.transcripts(entry["sessionId"].as_str().unwrap())[..]);
    wait_told(&ours, "Stop", "last_assistant_message", &answer_to("a question"));

    // Neither kind of Esc is told.
    prompt(&home, "a", "slow one");
    wait_told(&ours, "UserPromptSubmit", "prompt", "slow one");
    home.model.wait_asked("slow one");
    press(&home, "a", "Escape");
    wait_idle(&home, "a");
    home.model.release();
    prompt(&home, "a", "tool touch sentinel");
    wait_told(&ours, "PermissionRequest", "tool_name", "Bash");
    wait_agent(&home, "a", "to wait", |entry| entry["status"] == "waiting");
    press(&home, "a", "Escape");
    wait_idle(&home, "a");

    prompt(&home, "a", "/clear");
    wait_told(&ours, "SessionEnd", "reason", "clear");
    let cleared = wait_told(&ours, "SessionStart", "source", "clear");
    let entry = wait_idle(&home, "a");
    assert_eq!(cleared["session_id"], entry["sessionId"]);
    process_of(&entry).unwrap().signal(Signal::TERM);
    for log in [&users, &ours] {
        wait_told(log, "SessionEnd", "reason", "other");
    }
    let expected = "SessionStart UserPromptSubmit Stop UserPromptSubmit UserPromptSubmit PreToolUse PermissionRequest \
                    SessionEnd SessionStart SessionEnd";
    assert_eq!(names(&told(&users)).join(" "), expected);
    // Nobody waits for ours, so one may overtake another.
    let [mut seen, mut expected] = [names(&told(&ours)), expected.split(' ').map(str::to_owned).collect()];
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    assert_eq!(fs::read(&users_settings).unwrap(), before);
}
