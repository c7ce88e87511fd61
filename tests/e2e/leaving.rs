//! What keeps a session from being ended: work in it, other people, and not being ours.

use tests::{Environment, wait_until};

use crate::switch::{sessions, state, type_into, wait_gone};

/// A session `claude-alpha` without an agent, and the directory of `beta`.
fn alpha() -> (Environment, String) {
    let env = Environment::new();
    let path = env.project("alpha");
    let beta = env.project("beta").display().to_string();
    env.tsm(["create", "."]).dir(&path).run().success();
    (env, beta)
}

fn right(env: &Environment) -> String {
    env.panes("claude-alpha")[1].id.clone()
}

fn wait_running(env: &Environment, pane: usize, program: &str) {
    wait_until(&format!("{program} in the pane"), || {
        (env.panes("claude-alpha")[pane].command.starts_with(program.as_bytes())).then_some(())
    });
}

#[test]
fn a_running_editor_keeps_its_session() {
    let (env, beta) = alpha();
    let left = env.panes("claude-alpha")[0].id.clone();
    type_into(&env, &left, "vi draft");
    wait_running(&env, 0, "vi");
    let json = env
        .tsm(["switch", &beta, "--json"])
        .in_pane(&right(&env))
        .run()
        .success()
        .json();
    assert_eq!(json["left_outcome"], "kept");
    assert!(
        json["detail"].as_str().unwrap().contains("`vi draft` in pane 0.0"),
        "{json}"
    );
    assert_eq!(sessions(&env), ["claude-alpha", "claude-beta"]);
    let output = env.tsm(["switch", &beta]).in_pane(&right(&env)).run().success();
    assert!(
        output.stderr_str().contains("claude-alpha is kept"),
        "{}",
        output.stderr_str()
    );
    // The program is in the record all the same.
    assert!(state(&env, "alpha").contains("\"draft\""), "{}", state(&env, "alpha"));

    env.tsm(["switch", &beta, "--force"])
        .in_pane(&right(&env))
        .run()
        .success();
    wait_gone(&env, "claude-alpha");
}

#[test]
fn on_a_terminal_it_asks() {
    for (answer, gone) in [("e\r", true), ("k\r", false)] {
        let (env, beta) = alpha();
        let left = env.panes("claude-alpha")[0].id.clone();
        type_into(&env, &left, "cat");
        wait_running(&env, 0, "cat");
        let mut client = env.attach("claude-alpha");
        let pane = right(&env);
        env.tmux(["resize-pane", "-t", &pane, "-x", "70"]);
        env.tmux(["select-pane", "-t", &pane]);
        client.type_text(&format!("tsm switch {beta}\r"));
        client.wait_screen(|screen| screen.contains("(c)ancel?"));
        client.type_text(answer);
        client.wait_session("claude-beta");
        if gone {
            wait_gone(&env, "claude-alpha");
        } else {
            assert_eq!(sessions(&env), ["claude-alpha", "claude-beta"]);
        }
    }
}

#[test]
fn cancelling_changes_nothing() {
    let (env, beta) = alpha();
    let left = env.panes("claude-alpha")[0].id.clone();
    type_into(&env, &left, "cat");
    wait_running(&env, 0, "cat");
    let mut client = env.attach("claude-alpha");
    let pane = right(&env);
    env.tmux(["resize-pane", "-t", &pane, "-x", "70"]);
    env.tmux(["select-pane", "-t", &pane]);
    client.type_text(&format!("tsm switch {beta}; echo exit $?\r"));
    client.wait_screen(|screen| screen.contains("(c)ancel?"));
    client.type_text("c\r");
    client.wait_screen(|screen| screen.contains("exit 7"));
    assert_eq!(sessions(&env), ["claude-alpha"]);
    assert_eq!(state(&env, "beta"), "");
}

#[test]
fn the_script_that_calls_tsm_is_no_work() {
    let (env, beta) = alpha();
    env.script("todo", &format!("#!/bin/sh\ntsm switch {beta}\necho after\n"));
    type_into(&env, &right(&env), "todo");
    wait_gone(&env, "claude-alpha");
    assert_eq!(sessions(&env), ["claude-beta"]);
}

#[test]
fn a_session_somebody_else_looks_at_is_kept() {
    let (env, beta) = alpha();
    let first = env.attach("claude-alpha");
    let second = env.attach("claude-alpha");
    let json = env
        .tsm(["switch", &beta, "--json"])
        .in_pane(&right(&env))
        .run()
        .success()
        .json();
    assert_eq!(
        (json["left_outcome"].as_str(), json["detail"].as_str()),
        (Some("kept"), Some("another client looks at it"))
    );
    // One of the two has been moved.
    wait_until("one client in each", || {
        let mut shown = [first.session()?, second.session()?];
        shown.sort();
        (shown == ["claude-alpha", "claude-beta"]).then_some(())
    });
}

#[test]
fn a_session_in_a_group_is_kept() {
    let (env, beta) = alpha();
    env.tmux(["new-session", "-d", "-t", "claude-alpha", "-s", "twin"]);
    let json = env
        .tsm(["switch", &beta, "--json"])
        .in_pane(&right(&env))
        .run()
        .success()
        .json();
    assert_eq!(json["left_outcome"], "kept");
    assert_eq!(sessions(&env), ["claude-alpha", "claude-beta", "twin"]);
}

#[test]
fn a_foreign_session_of_our_name_survives_everything() {
    let env = Environment::new();
    let path = env.project("x");
    env.tmux(["new-session", "-d", "-s", "claude-x", "-c", path.to_str().unwrap()]);
    let pane = env.panes("claude-x")[0].clone();
    let beta = env.project("beta").display().to_string();
    for args in [
        vec!["switch", "."],
        vec!["create", "."],
        vec!["switch", ".", "--fresh", "--force"],
    ] {
        let output = env.tsm(args).dir(&path).run().code(7);
        assert!(output.stderr_str().contains("tsm adopt x"), "{}", output.stderr_str());
    }
    // From inside it nothing is left.
    let json = env
        .tsm(["switch", &beta, "--json"])
        .in_pane(&pane.id)
        .run()
        .success()
        .json();
    assert_eq!(json["left_outcome"], "none");
    env.tsm(["save"]).run().success();
    env.tsm(["kill", "--all"]).run().success();
    env.tsm(["kill", "x"]).run().code(3);
    env.tsm(["restore"]).run().success();
    assert_eq!(sessions(&env), ["claude-x"]);
    assert_eq!(env.panes("claude-x")[0].pid, pane.pid);
    assert_eq!(state(&env, "x"), "");
    let list = env.tsm(["list", "--all", "--json"]).run().success().json();
    let foreign: Vec<_> = list["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|s| s["state"] == "foreign")
        .collect();
    assert_eq!(foreign.len(), 1);
    assert_eq!(foreign[0]["name"], "claude-x");

    env.tsm(["adopt", "./projects/x"]).dir(env.root()).run().success();
    let json = env.tsm(["switch", "x", "--no-attach", "--json"]).run().success().json();
    assert_eq!(json["created"], false);
    assert_eq!(env.panes("claude-x")[0].pid, pane.pid);
}
