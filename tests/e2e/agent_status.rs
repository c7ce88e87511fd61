//! How agents are, as `list` and `status` tell it.

use std::fs;
use std::time::Duration;

use tests::process::Signal;
use tests::{Process, wait_for};

use crate::agents::Agents;

#[test]
fn what_an_agent_does_is_told_by_its_registry() {
    let (agents, start) = Agents::with_todo();
    let agent = agents.status("todo");
    assert_eq!((&agent["status"], &agent["pid"]), (&"idle".into(), &start.pid.into()));
    assert_eq!(agent["kind"], "claude");
    assert!(
        agent["memory_bytes"].as_u64().is_some_and(|bytes| bytes > 100_000),
        "{agent}"
    );
    let list = agents.env.tsm(["list", "--json"]).run().success().json();
    assert_eq!(list["sessions"][0]["agent"]["status"], "idle");
    assert_eq!(list["sessions"][0]["state"], "healthy");
    let human = agents.env.tsm(["list"]).run().success();
    assert!(human.stdout_str().contains("claude idle"), "{human:?}");

    agents.send(&["todo", "slow"]).success();
    assert_eq!(agents.status("todo")["status"], "working");
    // Esc fires no hook.
    let pane = agents.env.panes("claude-todo")[0].id.clone();
    agents.env.tmux(["send-keys", "-t", &pane, "Escape"]);
    agents.wait_status("todo", "idle");
    agents.send(&["todo", "ask"]).success();
    let agent = agents.wait_status("todo", "waiting");
    assert_eq!(agent["waiting_for"], "permission prompt");
    let human = agents.env.tsm(["status", "todo"]).run().success();
    assert!(
        human
            .stdout_str()
            .contains("Agent: claude waiting for permission prompt"),
        "{human:?}"
    );

    // Its session may be called anything, and its pane be anywhere.
    agents.env.tmux(["rename-session", "-t", "=claude-todo:", "other"]);
    agents.env.tmux(["break-pane", "-d", "-s", &pane]);
    assert_eq!(agents.status("todo")["status"], "waiting");
    assert!(start.process().signal(Signal::KILL));
    assert!(agents.claude.registry(start.pid).exists(), "it was left behind");
    let agent = agents.wait_status("todo", "exited");
    assert_eq!((&agent["pid"], &agent["memory_bytes"]), (&().into(), &().into()));
}

#[test]
fn a_registry_that_fits_nothing_is_unknown_and_never_believed() {
    let (agents, start) = Agents::with_todo();
    let events = agents.file("todo", "events.jsonl");
    agents.send(&["todo", "a first prompt"]).success();
    wait_for("its hook", || {
        let events = fs::read_to_string(&events).unwrap_or_default();
        if events.contains("Stop") { Ok(()) } else { Err(events) }
    });
    agents.claude.wait_status(start.pid, "idle");
    let path = agents.claude.registry(start.pid);
    let text = fs::read_to_string(&path).unwrap();
    for (damage, status) in [
        (text[..text.len() / 2].to_owned(), "unknown"),
        (String::new(), "unknown"),
        (text.replace("\"idle\"", "\"dreaming\""), "unknown"),
        (text.replace("@0.%", "@0.%9"), "unknown"),
        (text.replace("\"pid\":", "\"pid\":1"), "unknown"),
        // Of an earlier process with its number: what lives now has no entry.
        (
            text.replace("\"procStart\":\"", "\"procStart\":\"9")
                .replace("\"idle\"", "\"busy\""),
            "idle",
        ),
    ] {
        fs::write(&path, &damage).unwrap();
        let agent = agents.status("todo");
        assert_eq!(agent["status"], status, "{damage}: {agent}");
        assert_eq!(agent["pid"], start.pid, "{damage}");
        let list = agents.env.tsm(["list", "--json"]).run().success().json();
        assert_eq!(list["sessions"][0]["state"], "healthy", "unknown isn't dead");
    }
    fs::write(&path, &text[..9]).unwrap();
    let output = agents.send(&["todo", "hello"]).code(7);
    assert!(output.stderr_str().contains("isn't known"), "{output:?}");
    assert_eq!(agents.claude.prompts(start.pid), ["a first prompt"]);
    agents.send(&["todo", "hello", "--force"]).success();
}

#[test]
fn a_strangers_agent_is_not_counted_signalled_or_followed() {
    let (agents, ours) = Agents::with_todo();
    let env = &agents.env;
    let conversation = agents.status("todo")["conversation"].clone();
    // One in a session that isn't ours, one outside of tmux.
    env.tmux([
        "new-session",
        "-d",
        "-s",
        "foreign",
        "exec claude --session-id foreign-1",
    ]);
    let mut terminal = env.command("claude", ["--session-id", "foreign-2"]).in_terminal();
    let strangers = agents.claude.wait_started(3);
    let strangers: Vec<_> = strangers.into_iter().filter(|start| start.pid != ours.pid).collect();
    for stranger in &strangers {
        agents.claude.wait_status(stranger.pid, "idle");
    }
    let list = env.tsm(["list", "--all", "--json"]).run().success().json();
    let sessions = list["sessions"].as_array().unwrap();
    let with_agent = sessions.iter().filter(|session| !session["agent"].is_null());
    assert_eq!(with_agent.count(), 1, "{list}");
    assert_eq!(agents.status("todo")["conversation"], conversation);
    env.tsm(["kill", "todo"]).run().success();
    for stranger in &strangers {
        assert!(stranger.process().alive());
        assert_eq!(agents.claude.log(stranger.pid), [""; 0], "nothing was sent to it");
    }
    let second = agents.create("other");
    assert!(
        !second.argv.iter().any(|word| word.starts_with("foreign-")),
        "{:?}",
        second.argv
    );
    for stranger in strangers {
        assert!(stranger.process().signal(Signal::TERM));
    }
    terminal.exit_status();
}

#[test]
fn a_look_costs_one_call_to_tmux_whatever_the_number_of_agents() {
    let agents = Agents::new();
    for project in ["one", "two", "three"] {
        let start = agents.create(project);
        agents.claude.wait_status(start.pid, "idle");
        let list = agents.env.tsm(["list"]).env("DEBUG", "1").run().success();
        let calls = list.stderr_str().lines().filter(|line| line.starts_with("debug: "));
        assert_eq!(calls.count(), 1, "{list:?}");
    }
}

/// What an agent starts ends with it: asked first, then made to.
#[test]
fn what_an_agent_started_ends_with_it() {
    let agents = Agents::new();
    agents.env.script(
        "claude",
        "#!/bin/sh\ntrap '' HUP\n\
         sh -c 'trap \"\" HUP TERM; echo $$ > stubborn; while :; do sleep 1000; done' &\n\
         sh -c 'trap \"\" HUP; echo $$ > modest; exec setsid sleep 1000' &\n\
         (sleep 1000 & echo $! > orphan)\nwait\n",
    );
    let path = agents.env.project("todo");
    agents.env.tsm(["create", "."]).dir(&path).run().success();
    let children: Vec<Process> = ["stubborn", "modest", "orphan"]
        .into_iter()
        .map(|name| {
            wait_for(name, || {
                let pid = fs::read_to_string(path.join(name)).unwrap_or_default();
                pid.trim().parse().ok().and_then(Process::of).ok_or(pid)
            })
        })
        .collect();
    let agent = agents.status("todo");
    assert_eq!(agent["orphans"], serde_json::json!([children[2].pid]), "{agent}");
    agents.env.tsm(["kill", "todo"]).run().success();
    for child in children {
        assert!(child.wait_ended(tests::wait::LIMIT), "{child:?}");
    }
}

#[test]
fn what_an_earlier_agent_of_the_session_reported_says_nothing_of_this_one() {
    let (agents, start) = Agents::with_todo();
    agents.send(&["todo", "hello"]).success();
    // The hooks' last word of it is that it has ended.
    assert!(start.process().signal(Signal::TERM));
    agents.claude.wait_ended(start.pid);
    agents.env.tsm(["kill", "todo"]).run().success();
    agents.claude.delay_start(Duration::from_millis(1200));
    agents.env.tsm(["restore", "todo"]).run().success();
    let again = agents.started_in("todo", 2);
    agents.wait_status("todo", "starting");
    agents.send(&["todo", "are you there?"]).success();
    assert_eq!(agents.claude.log(again.pid), ["PROMPT \"are you there?\""]);
}
