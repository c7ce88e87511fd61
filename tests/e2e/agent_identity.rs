//! Which conversation a session is in: it follows the agent, comes back with the session, and has one owner.

use std::fs;

use tests::{FakeAgent, wait_for};

use crate::agents::{Agents, after};
use crate::switch::state;

#[test]
fn the_conversation_follows_the_agent_and_comes_back() {
    let (agents, start) = Agents::with_todo();
    let other = agents.create("other");
    agents.wait_status("other", "idle");
    let id = after(&start, "--session-id").unwrap();
    assert_eq!(agents.status("todo")["conversation"], id.as_str());
    agents.env.tsm(["save"]).run().success();
    agents.send(&["todo", "/clear"]).success();
    agents.send(&["todo", "hello"]).success();
    let cleared = format!("{id}-cleared");
    assert_eq!(agents.status("todo")["conversation"], cleared.as_str());
    wait_for("the log", || {
        let log = agents.log();
        let change = format!("conversation {id} -> {cleared} ");
        if log.contains(&change) { Ok(()) } else { Err(log) }
    });
    // What was saved before is older than what the agent said.
    assert!(state(&agents.env, "todo").contains(&format!("\"{id}\"")));
    agents.env.kill_server_hard();
    agents.claude.wait_ended(start.pid);
    agents.claude.wait_ended(other.pid);
    agents.env.tsm(["restore"]).run().success();
    let resumed = agents.started_in("todo", 2);
    assert_eq!(after(&resumed, "--resume").as_deref(), Some(cleared.as_str()));
    // Nothing was said in the other one: it begins with its own id again.
    let begun = agents.started_in("other", 2);
    assert_eq!(after(&begun, "--session-id"), after(&other, "--session-id"));
    agents.wait_status("todo", "idle");
    agents.env.tsm(["save"]).run().success();
    assert!(state(&agents.env, "todo").contains(&format!("\"{cleared}\"")));
    // The state of then has the conversation of then.
    agents.env.tsm(["kill", "todo"]).run().success();
    let history = agents
        .env
        .tsm(["state", "todo", "--history", "--json"])
        .run()
        .success()
        .json();
    let of_then = |seq: &serde_json::Value| {
        let at = format!("#{seq}");
        let state = agents
            .env
            .tsm(["state", "todo", "--at", &at, "--shell"])
            .run()
            .success();
        let text = state.stdout_str();
        (text.contains(&id) && !text.contains(&cleared)).then_some(at)
    };
    let entries = history["history"].as_array().unwrap_or_else(|| panic!("{history}"));
    let at = entries.iter().find_map(|entry| of_then(&entry["number"])).unwrap();
    agents.env.tsm(["restore", "todo", "--at", &at]).run().success();
    let then = agents.started_in("todo", 3);
    assert_eq!(after(&then, "--session-id").as_deref(), Some(id.as_str()));
}

#[test]
fn a_conversation_that_is_open_is_not_opened_again() {
    let (agents, one) = Agents::with_todo();
    agents.send(&["todo", "hello"]).success();
    let two = agents.create("two");
    agents.wait_status("two", "idle");
    agents.env.tsm(["kill", "two"]).run().success();
    let id = |start| after(start, "--session-id").unwrap();
    let file = agents.env.home().join(".claude/session-states/two.state");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(&id(&two), &id(&one))).unwrap();
    let binding = agents.state_home().join("agents");
    for entry in fs::read_dir(binding).unwrap() {
        let path = entry.unwrap().path().join("binding.toml");
        let text = fs::read_to_string(&path).unwrap_or_default();
        if text.contains(&id(&two)) {
            fs::write(&path, text.replace(&id(&two), &id(&one))).unwrap();
        }
    }
    agents.env.tsm(["restore", "two"]).run().success();
    let pane = agents.env.panes("claude-two")[0].id.clone();
    wait_for("the refusal", || {
        let shown = agents.env.tmux(["capture-pane", "-p", "-J", "-t", &pane]);
        let shown = String::from_utf8_lossy(&shown).into_owned();
        let why = format!("the conversation {} is open in process", id(&one));
        if shown.contains(&why) { Ok(()) } else { Err(shown) }
    });
    assert_eq!(agents.claude.starts().len(), 2);
    agents.wait_status("two", "exited");
    assert_eq!(agents.status("todo")["status"], "idle");
    // When its owner has ended it is free.
    agents.env.tsm(["kill", "todo", "two"]).run().success();
    agents.env.tsm(["restore", "two"]).run().success();
    let resumed = agents.started_in("two", 2);
    assert_eq!(after(&resumed, "--resume"), Some(id(&one)));
}

#[test]
fn a_conversation_that_a_stranger_has_open_is_not_opened_either() {
    let (agents, start) = Agents::with_todo();
    agents.send(&["todo", "hello"]).success();
    let id = after(&start, "--session-id").unwrap();
    agents.env.tsm(["kill", "todo"]).run().success();
    agents.env.tmux([
        "new-session",
        "-d",
        "-s",
        "foreign",
        &format!("exec claude --resume {id}"),
    ]);
    let stranger = agents.claude.wait_started(2).remove(1);
    agents.claude.wait_status(stranger.pid, "idle");
    agents.env.tsm(["restore", "todo"]).run().success();
    agents.wait_status("todo", "exited");
    assert_eq!(agents.claude.starts().len(), 2);
    assert!(stranger.process().alive());
}

/// An agent that runs inside ours reports with our settings, and changes nothing.
#[test]
fn hooks_of_others_change_nothing() {
    let (agents, start) = Agents::with_todo();
    let id = after(&start, "--session-id").unwrap();
    let record = agents.file("todo", "").with_extension("toml");
    let events = agents.file("todo", "events.jsonl");
    wait_for("the first event", || fs::read_to_string(&events));
    let before = fs::read_to_string(&events).unwrap();
    let report = |input: &[u8]| {
        let output = agents
            .env
            .tsm(["agent-event", "--record"])
            .arg(&record)
            .stdin(input)
            .run()
            .success();
        assert!(output.stdout.is_empty() && output.stderr.is_empty(), "{output:?}");
    };
    report(format!(r#"{{"session_id":"{id}","hook_event_name":"Stop"}}"#).as_bytes());
    for garbage in [&b""[..], b"{", b"\xff\x00", &[b'x'; 2 * 1024 * 1024]] {
        report(garbage);
    }
    assert_eq!(
        fs::read_to_string(&events).unwrap(),
        before,
        "it doesn't come from the agent"
    );

    // An agent without a registry, and one inside it.
    let inner = FakeAgent::install(&agents.env, "mine");
    agents.env.tsm_config(
        "agent = \"mine\"\n[agents.mine]\nprogram = \"mine\"\nstatus = \"claude\"\n\
         new = [\"--session-id\", \"{conversation}\"]\n",
    );
    let path = agents.env.project("second");
    agents.env.tsm(["create", "."]).dir(&path).run().success();
    let start = inner.wait_started(1).remove(0);
    let id = after(&start, "--session-id").unwrap();
    let record = agents.file("second", "").with_extension("toml");
    agents.env.script(
        "report",
        &format!(
            "#!/bin/sh\nprintf '{{\"session_id\":\"%s\",\"hook_event_name\":\"%s\",\"source\":\"startup\"}}' $1 $2 |\
             tsm agent-event --record '{}'\n",
            record.display()
        ),
    );
    let pane = agents.env.panes("claude-second")[0].id.clone();
    let run = |words: &str, times: usize| {
        crate::switch::type_into(&agents.env, &pane, words);
        wait_for("the report", || {
            let log = inner.log(start.pid);
            let ran = log.iter().filter(|line| *line == "RAN 0").count();
            if ran == times { Ok(()) } else { Err(log) }
        });
    };
    run("run report foreign SessionStart", 1);
    run("run report foreign Stop", 2);
    assert_eq!(agents.status("second")["conversation"], id.as_str(), "{}", agents.log());
    assert!(
        agents.log().contains("conversation foreign rejected"),
        "{}",
        agents.log()
    );
    run(&format!("run report {id} Stop"), 3);
    let events = fs::read_to_string(agents.file("second", "events.jsonl")).unwrap();
    assert_eq!(events.lines().count(), 1, "{events}");
}
