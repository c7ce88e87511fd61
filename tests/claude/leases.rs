//! A conversation has one agent, though Claude Code itself would let two write it.

use tests::claude_home::process_of;
use tests::process::Signal;
use tests::{ClaudeHome, wait_until};

use crate::status::wait_status;
use crate::talk::{ask, wait_idle};

#[test]
fn a_conversation_that_is_open_elsewhere_is_not_opened_again() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    home.env.tsm(["create", "."]).dir(&path).run().success();
    ask(&home, "claude-alpha", "a question");
    let ours = wait_idle(&home, "claude-alpha");
    let id = ours["sessionId"].as_str().unwrap();
    home.env.tsm(["kill", "alpha"]).run().success();

    // Its user goes on by hand.
    let by_hand = home.env.command("claude", ["--resume", id]).dir(&path).in_terminal();
    let open = home.wait_registry("by hand", |entry| entry["sessionId"] == id && entry["status"] == "idle");
    home.env.tsm(["create", "alpha"]).run().success();
    wait_status(&home, "alpha", "exited");
    assert_eq!(home.registry(), std::slice::from_ref(&open));
    assert_eq!(home.env.panes("claude-alpha").len(), 2);

    let process = process_of(&open).unwrap();
    process.signal(Signal::TERM);
    wait_until("its end", || process_of(&open).is_none().then_some(()));
    drop(by_hand);
    home.env.tsm(["kill", "alpha"]).run().success();
    home.env.tsm(["create", "alpha"]).run().success();
    assert_eq!(wait_idle(&home, "claude-alpha")["sessionId"], id);
}
