//! What is not seen whole is not saved: an answer of tmux that is cut off, a session or server that goes away meanwhile.

use std::path::PathBuf;
use std::time::Duration;

use tests::process::Signal;
use tests::system_calls::{SystemCall, record, start_delayed};
use tests::{Environment, Process, wait_until};

use crate::switch::{sessions, state};

/// A `tmux` that does `instead` where tsm reads everything; `$tmux` is the real one.
fn meddling(env: &Environment, name: &str, instead: &str) -> PathBuf {
    let tmux = std::env::var("TSM_TMUX").unwrap_or_else(|_| "tmux".to_owned());
    let script =
        format!("#!/bin/sh\ntmux={tmux}\ncase \" $* \" in *' list-panes '*) {instead};; esac\nexec \"$tmux\" \"$@\"\n");
    env.script(name, &script)
}

/// A project with a session of two windows that was saved, and its file.
fn saved(env: &Environment) -> String {
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    env.tmux(["new-window", "-d", "-t", "claude-alpha:5"]);
    env.tsm(["save"]).run().success();
    state(env, "alpha")
}

#[track_caller]
fn refused(env: &Environment, tmux: PathBuf, why: &str) {
    let before = state(env, "alpha");
    let output = env
        .tsm(["save"])
        .env("TSM_TMUX", tmux)
        .env("TSM_TRANSPORT", "spawn")
        .run()
        .code(1);
    assert!(output.stderr_str().contains(why), "{}", output.stderr_str());
    assert_eq!(state(env, "alpha"), before);
}

#[test]
fn an_answer_that_was_cut_off_is_not_saved() {
    let env = Environment::new();
    saved(&env);
    // So that there is something to save.
    env.tmux(["rename-window", "-t", "claude-alpha:0", "renamed"]);
    // Without the last window, without the end; as from a client that was killed.
    for lines in [1, 2, 3, 4] {
        let cut = format!("\"$tmux\" \"$@\" | head -n -{lines}; exit 0");
        refused(
            &env,
            meddling(&env, &format!("cut-{lines}"), &cut),
            "tmux's answer was cut off",
        );
    }
    // With the end, but without a window in between.
    let without = "\"$tmux\" \"$@\" | grep -av '|@[0-9]*|5|'; exit 0";
    refused(&env, meddling(&env, "without", without), "lacks the row of a window");
    env.tsm(["save"]).run().success();
    assert!(state(&env, "alpha").contains("renamed"));
}

#[test]
fn a_cut_answer_closes_no_session() {
    let env = Environment::new();
    saved(&env);
    let before = state(&env, "alpha");
    let none = meddling(&env, "none", "\"$tmux\" \"$@\" | head -n 1; exit 0");
    env.tsm(["save"])
        .env("TSM_TMUX", none)
        .env("TSM_TRANSPORT", "spawn")
        .run()
        .code(1);
    assert_eq!(state(&env, "alpha"), before);
    assert!(before.contains("SESSION_LIFECYCLE=\"live\""));
}

#[test]
fn what_cannot_be_saved_is_not_left() {
    let env = Environment::new();
    let before = saved(&env);
    let beta = env.project("beta").display().to_string();
    let right = env.panes("claude-alpha")[1].id.clone();
    let cut = meddling(&env, "cut", "\"$tmux\" \"$@\" | head -n -1; exit 0");
    let switch = || env.tsm(["switch", &beta]).in_pane(&right);
    let output = switch()
        .env("TSM_TMUX", &cut)
        .env("TSM_TRANSPORT", "spawn")
        .run()
        .code(1);
    let said = output.stderr_str();
    assert!(
        said.contains("alpha can't be saved: tmux's answer was cut off"),
        "{said}"
    );
    let output = env
        .tsm(["kill", "alpha"])
        .env("TSM_TMUX", cut)
        .env("TSM_TRANSPORT", "spawn")
        .run()
        .code(1);
    assert!(
        output.stderr_str().contains("it couldn't be saved"),
        "{}",
        output.stderr_str()
    );
    assert_eq!(sessions(&env), ["claude-alpha"]);
    assert_eq!(state(&env, "alpha"), before);
    switch().run().success();
}

#[test]
fn a_session_that_ends_while_it_is_looked_at_is_not_saved() {
    let env = Environment::new();
    saved(&env);
    let other = env.project("other");
    env.tsm(["create", "."]).dir(&other).run().success();
    let ending = "\"$tmux\" \"$@\"; \"$tmux\" -S \"$TSM_SOCKET_PATH\" kill-session -t =claude-alpha 2>/dev/null; \
                  while \"$tmux\" -S \"$TSM_SOCKET_PATH\" has-session -t =claude-alpha 2>/dev/null; do :; done; exit 0";
    let tmux = meddling(&env, "ending", ending);
    let before = state(&env, "alpha");
    let output = env
        .tsm(["save", "alpha", "other"])
        .env("TSM_TMUX", tmux)
        .env("TSM_TRANSPORT", "spawn")
        .run()
        .code(8);
    assert!(
        output.stderr_str().contains("the session ended meanwhile"),
        "{}",
        output.stderr_str()
    );
    assert_eq!(state(&env, "alpha"), before);
}

#[test]
fn a_server_that_ends_while_it_is_looked_at_saves_nothing() {
    let env = Environment::new();
    saved(&env);
    let pid = env.server_pid().unwrap();
    let ending = format!(
        "\"$tmux\" \"$@\"; code=$?; kill -9 {pid} 2>/dev/null; while kill -0 {pid} 2>/dev/null; do :; done; exit $code"
    );
    refused(
        &env,
        meddling(&env, "ending", &ending),
        "the tmux server ended meanwhile",
    );
    // And what is in the record comes back.
    env.tsm(["restore"]).run().success();
    assert_eq!(sessions(&env), ["claude-alpha"]);
}

#[test]
fn programs_that_outlive_the_server_do_not_make_it_alive() {
    let env = Environment::new();
    saved(&env);
    for pane in env.panes("claude-alpha") {
        let program = "trap '' HUP; exec sleep 86395";
        env.tmux(["respawn-pane", "-k", "-t", &pane.id, program]);
    }
    let programs = wait_until("the programs", || {
        let panes = env.panes("claude-alpha");
        let started = panes.iter().all(|pane| pane.command == "sleep");
        started.then(|| {
            panes
                .iter()
                .filter_map(|pane| Process::of(pane.pid))
                .collect::<Vec<_>>()
        })
    });
    assert_eq!(programs.len(), 3);
    let pid = env.server_pid().unwrap();
    // The server ends after tsm has told which process it is, and before it asks the first pane's program.
    let calls = record(&env.home().join(".config"), &env.tsm(["save"]).prepared());
    let stat = format!("/proc/{pid}/stat");
    let told = calls.iter().position(|call| call.text.contains(&stat)).unwrap();
    let asks = |call: &&SystemCall| call.text.contains(&format!("/proc/{}/", programs[0].pid));
    let asked = calls[told..].iter().find(asks).unwrap();
    let before = state(&env, "alpha");
    let trace = env.home().join("trace");
    let save = env.tsm(["save"]).prepared();
    let save = start_delayed(asked, Duration::from_secs(2), &trace, &save);
    wait_until("the server to be told", || {
        let done = std::fs::read_to_string(&trace).unwrap_or_default();
        done.contains(&stat).then_some(())
    });
    env.kill_server_hard();
    let output = save.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the tmux server ended meanwhile"), "{said}");
    assert_eq!(state(&env, "alpha"), before);
    for program in programs {
        assert!(
            program.signal(Signal::KILL),
            "a program ended with its terminal, and this tested nothing"
        );
        assert!(program.wait_ended(Duration::from_secs(20)));
    }
}

#[test]
fn a_smaller_session_is_saved_and_the_larger_stays_in_the_history() {
    let env = Environment::new().at(1_000_000);
    let before = saved(&env);
    assert!(before.contains("SESSION_WINDOWS=\"0 5\""), "{before}");
    env.tmux(["kill-window", "-t", "claude-alpha:5"]);
    let env = env.at(2_000_000);
    env.tsm(["save"]).run().success();
    assert!(state(&env, "alpha").contains("SESSION_WINDOWS=\"0\""));
    let larger = env.tsm(["state", "alpha", "--at", "1500000"]).run().success();
    assert_eq!(larger.stdout_str(), before);
}
