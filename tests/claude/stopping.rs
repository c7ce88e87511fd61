//! How a session's agent ends, and what is left of it.

use tests::ClaudeHome;
use tests::claude_home::process_of;
use tests::loopback_model::answer_to;
use tests::process::Signal;
use tests::{wait_for, wait_until};

use crate::talk::{ask, wait_idle, wait_screen};

#[test]
fn what_was_ended_gracefully_is_resumed() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    home.env.tsm(["create", "."]).dir(&path).run().success();
    ask(&home, "claude-alpha", "the first question");
    let before = wait_idle(&home, "claude-alpha");
    home.env.tsm(["kill", "alpha"]).run().success();
    assert!(process_of(&before).is_none());
    // Killed, it would have left its entry.
    assert!(home.registry().is_empty(), "{:#?}", home.registry());

    home.env.tsm(["create", "alpha"]).run().success();
    let after = wait_idle(&home, "claude-alpha");
    assert_eq!(after["sessionId"], before["sessionId"]);
    wait_screen(&home, "claude-alpha", &answer_to("the first question"));
    assert!(ask(&home, "claude-alpha", "the second question").has("the first question"));
}

#[test]
fn an_agent_that_was_killed_has_exited_whatever_it_said_last() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    home.env.tsm(["create", "."]).dir(&path).run().success();
    let entry = wait_idle(&home, "claude-alpha");
    process_of(&entry).unwrap().signal(Signal::KILL);
    wait_until("its end", || process_of(&entry).is_none().then_some(()));
    assert_eq!(home.registry()[0]["status"], "idle");
    wait_for("its status", || {
        let json = home.env.tsm(["status", "alpha", "--json"]).run().success().json();
        let status = json["session"]["agent"]["status"].clone();
        if status == "exited" { Ok(()) } else { Err(json) }
    });
}
