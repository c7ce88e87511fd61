//! What tsm says of a session's agent.

use serde_json::Value;
use tests::{ClaudeHome, wait_for, wait_until};

use crate::talk::{press, prompt, wait_agent, wait_idle, wait_screen};

/// Waits until tsm says this of a project's agent, and gives all that it says of it.
#[track_caller]
pub(crate) fn wait_status(home: &ClaudeHome, project: &str, status: &str) -> Value {
    wait_for(&format!("tsm to say that {project} is {status}"), || {
        let agent = home.env.tsm(["status", project, "--json"]).run().success().json()["session"]["agent"].clone();
        if agent["status"] == status {
            Ok(agent)
        } else {
            Err(agent)
        }
    })
}

#[test]
fn it_works_and_is_idle_again_even_after_escape() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    home.env.tsm(["create", "."]).dir(&path).run().success();
    let idle = wait_status(&home, "alpha", "idle");
    assert_eq!(idle["waiting_for"], Value::Null);
    for escape in [false, true] {
        let question = format!("slow one, escape: {escape}");
        prompt(&home, "claude-alpha", &question);
        home.model.wait_asked(&question);
        wait_status(&home, "alpha", "working");
        if escape {
            press(&home, "claude-alpha", "Escape");
        } else {
            home.model.release();
        }
        wait_status(&home, "alpha", "idle");
    }
    home.model.release();
}

#[test]
fn a_question_at_the_start_is_said_and_no_key_is_pressed() {
    let home = ClaudeHome::new();
    let path = home.env.project("untrusted");
    home.env.tsm(["create", "."]).dir(&path).run().success();
    let before = wait_screen(&home, "claude-untrusted", "trust this folder");
    let agent = wait_status(&home, "untrusted", "waiting");
    assert_eq!(agent["waiting_for"], "startup dialog");
    let sent = home
        .env
        .tsm(["send", "untrusted", "--wait", "1", "yes", "--json"])
        .run()
        .code(7)
        .json();
    assert_eq!(sent["results"][0]["outcome"], "refused", "{sent:#}");
    let after = wait_screen(&home, "claude-untrusted", "trust this folder");
    assert_eq!(after, before);
    assert!(home.registry().is_empty());
}

#[test]
fn a_permission_dialog_is_waited_for_and_never_answered() {
    let home = ClaudeHome::new();
    home.env.tsm_config("[agents.claude]\npermission_mode = \"manual\"\n");
    let path = home.project("alpha");
    home.env.tsm(["create", "."]).dir(&path).run().success();
    wait_idle(&home, "claude-alpha");
    prompt(&home, "claude-alpha", "tool touch sentinel");
    let agent = wait_status(&home, "alpha", "waiting");
    assert_eq!(agent["waiting_for"], "permission prompt");
    for text in ["never mind", "1", ""] {
        let sent = home.env.tsm(["send", "alpha", text, "--json"]).run().code(7).json();
        assert_eq!(sent["results"][0]["outcome"], "refused", "{sent:#}");
    }
    wait_screen(&home, "claude-alpha", "Do you want to proceed?");
    wait_agent(&home, "claude-alpha", "to wait still", |entry| {
        entry["status"] == "waiting"
    });
    assert!(!path.join("sentinel").exists());

    // Only as an answer it is one.
    home.env.tsm(["send", "alpha", "--answer", "1"]).run().success();
    let ran = || path.join("sentinel").exists();
    wait_until("the command to run", || ran().then_some(()));
    wait_status(&home, "alpha", "idle");
}

#[test]
fn an_answer_arrives_although_the_dialog_has_just_opened() {
    let home = ClaudeHome::new();
    home.env.tsm_config("[agents.claude]\npermission_mode = \"manual\"\n");
    let path = home.project("alpha");
    home.env.tsm(["create", "."]).dir(&path).run().success();
    home.env.tsm(["send", "alpha", "tool touch sentinel"]).run().success();
    wait_agent(&home, "claude-alpha", "to wait", |entry| entry["status"] == "waiting");
    home.env.tsm(["send", "alpha", "--answer", "1"]).run().success();
    wait_until("the command to run", || path.join("sentinel").exists().then_some(()));
    wait_idle(&home, "claude-alpha");
}
