//! A session keeps its conversation.

use tests::ClaudeHome;
use tests::loopback_model::answer_to;

use crate::status::wait_status;
use crate::talk::{ask, press, prompt, wait_agent, wait_idle, wait_screen};

#[test]
fn after_kill_9_the_same_conversation_goes_on() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    home.env.tsm(["create", "."]).dir(&path).run().success();
    home.env
        .tsm(["send", "alpha", "slow", "first", "question"])
        .run()
        .success();
    wait_status(&home, "alpha", "working");
    assert_eq!(home.model.wait_asked("slow first question").texts.len(), 1);
    home.model.release();
    wait_status(&home, "alpha", "idle");
    let before = wait_idle(&home, "claude-alpha");
    let id = before["sessionId"].as_str().unwrap();
    let state = home.env.tsm(["state", "alpha", "--json"]).run().success().json();
    assert_eq!(state["state"]["PANE_0_0_AGENT_CONVERSATION"], id, "{state:#}");

    home.env.kill_server_hard();
    home.env.tsm(["restore"]).run().success();
    let after = wait_idle(&home, "claude-alpha");
    assert_ne!(after["pid"], before["pid"]);
    assert_eq!(after["sessionId"], id);
    let answer = answer_to("slow first question");
    wait_screen(&home, "claude-alpha", &answer);
    home.env.tsm(["send", "alpha", "the second question"]).run().success();
    let second = home.model.wait_asked("the second question");
    // The answer came in two parts.
    let answered = second
        .texts
        .iter()
        .any(|(who, text)| who == "assistant" && text.ends_with(&answer));
    assert!(second.has("slow first question") && answered, "{second:?}");
    wait_screen(&home, "claude-alpha", &answer_to("the second question"));
    assert_eq!(home.transcripts(id).len(), 1);
}

#[test]
fn two_projects_never_swap_conversations() {
    let home = ClaudeHome::new();
    let names = ["alpha", "beta"];
    let session = |name: &str| format!("claude-{name}");
    for path in names.map(|name| home.project(name)) {
        home.env.tsm(["create", "."]).dir(&path).run().success();
    }
    let ids = names.map(|name| {
        ask(&home, &session(name), &format!("a question of {name}"));
        wait_idle(&home, &session(name))["sessionId"].clone()
    });
    assert_ne!(ids[0], ids[1]);
    // The other way round, so that what is newest is no answer.
    home.env.kill_server_hard();
    for name in ["beta", "alpha"] {
        home.env.tsm(["restore", name]).run().success();
    }
    for (name, id) in names.iter().zip(&ids) {
        assert_eq!(wait_idle(&home, &session(name))["sessionId"], *id, "{name}");
        let asked = ask(&home, &session(name), &format!("another of {name}"));
        for other in names {
            assert_eq!(
                asked.has(&format!("a question of {other}")),
                other == *name,
                "{name}: {asked:?}"
            );
        }
    }
}

#[test]
fn after_clear_the_new_conversation_is_the_one() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    home.env.tsm(["create", "."]).dir(&path).run().success();
    ask(&home, "claude-alpha", "before");
    let first = wait_idle(&home, "claude-alpha");
    prompt(&home, "claude-alpha", "/clear");
    let cleared = wait_agent(&home, "claude-alpha", "to have another conversation", |entry| {
        entry["sessionId"] != first["sessionId"]
    });
    ask(&home, "claude-alpha", "after");
    home.env.kill_server_hard();
    home.env.tsm(["restore"]).run().success();
    assert_eq!(wait_idle(&home, "claude-alpha")["sessionId"], cleared["sessionId"]);
    let asked = ask(&home, "claude-alpha", "later");
    assert!(asked.has("after") && !asked.has("before"), "{asked:?}");
}

#[test]
fn the_conversation_that_was_picked_in_the_agent_is_the_one() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    home.env.tsm(["create", "."]).dir(&path).run().success();
    ask(&home, "claude-alpha", "of the first");
    let first = wait_idle(&home, "claude-alpha")["sessionId"].clone();
    prompt(&home, "claude-alpha", "/clear");
    wait_agent(&home, "claude-alpha", "to have another conversation", |entry| {
        entry["sessionId"] != first
    });
    ask(&home, "claude-alpha", "of the second");
    prompt(&home, "claude-alpha", "/resume");
    wait_screen(&home, "claude-alpha", "Resume session");
    wait_screen(&home, "claude-alpha", "of the first");
    press(&home, "claude-alpha", "Enter");
    wait_agent(&home, "claude-alpha", "to have the first conversation", |entry| {
        entry["sessionId"] == first
    });
    home.env.tsm(["save", "alpha"]).run().success();
    let state = home.env.tsm(["state", "alpha", "--json"]).run().success().json();
    assert_eq!(state["state"]["PANE_0_0_AGENT_CONVERSATION"], first, "{state:#}");
    home.env.kill_server_hard();
    home.env.tsm(["restore"]).run().success();
    assert_eq!(wait_idle(&home, "claude-alpha")["sessionId"], first);
    let asked = ask(&home, "claude-alpha", "later");
    assert!(asked.has("of the first") && !asked.has("of the second"), "{asked:?}");
}
