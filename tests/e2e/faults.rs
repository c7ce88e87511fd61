//! tmux missing, too old, hanging, dying; and two at the same time.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use tests::{Environment, FakeAgent, Signal, wait_until};

use crate::switch::{sessions, state, wait_gone};

#[test]
fn a_missing_tmux_is_named() {
    let env = Environment::new();
    let path = env.project("alpha");
    let output = env
        .tsm(["switch", ".", "--no-attach"])
        .dir(&path)
        .env("TSM_TMUX", "/nonexistent/tmux")
        .run()
        .code(5);
    assert!(
        output
            .stderr_str()
            .contains("there is no tmux program /nonexistent/tmux"),
        "{}",
        output.stderr_str()
    );
    assert!(
        output.stderr_str().contains("hint: install tmux"),
        "{}",
        output.stderr_str()
    );
    assert_eq!(state(&env, "alpha"), "");
}

#[test]
fn a_tmux_that_is_too_old_is_named_with_what_is_needed() {
    let env = Environment::new();
    let path = env.project("alpha");
    let old = env.script(
        "old-tmux",
        "#!/bin/sh\ncase $1 in -V) echo tmux 2.6;; *) echo 'usage: tmux [-2CluvV]' >&2; exit 1;; esac\n",
    );
    let output = env
        .tsm(["switch", ".", "--no-attach"])
        .dir(&path)
        .env("TSM_TMUX", old)
        .run()
        .code(5);
    assert!(
        output
            .stderr_str()
            .contains("tmux 2.6 is too old, 3.2a or newer is needed"),
        "{}",
        output.stderr_str()
    );
}

#[test]
fn without_a_server_a_tmux_that_cannot_start_one_is_told_by_all_who_need_it() {
    let env = Environment::new();
    let path = env.project("todo");
    env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
    env.kill_server();
    let old = env.script("old-tmux", "#!/bin/sh\necho tmux 2.9\n");
    for tmux in [std::path::Path::new("/nonexistent/tmux"), &old] {
        for line in [
            "list",
            "list --all",
            "status todo",
            "status --all",
            "save",
            "kill todo",
            "kill --all",
            "send todo x",
            "attach todo",
            "adopt todo",
            "restore",
            "restore todo",
            "create todo",
        ] {
            let call = env.tsm(line.split(' ')).arg("-q").env("TSM_TMUX", tmux);
            let output = call.run().code(5);
            assert!(output.stderr_str().contains("hint: install "), "{line}: {output:?}");
        }
        for line in [
            "state todo",
            "project list",
            "config show",
            "logs",
            "context --dir .",
            "dashboard --once",
        ] {
            let call = env.tsm(line.split(' ')).env("TSM_TMUX", tmux).dir(&path).run();
            assert!(call.status.code().is_some_and(|code| code < 2), "{line}: {call:?}");
        }
        for verb in ["detect", "validate"] {
            let found = env
                .recovery([verb, "--json"])
                .env("TSM_TMUX", tmux)
                .run()
                .code(1)
                .json();
            let kinds = found["findings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|found| found["kind"].as_str());
            assert!(kinds.flatten().any(|kind| kind == "tmux_unavailable"), "{found:#}");
        }
        env.recovery(["backup"]).env("TSM_TMUX", tmux).run().success();
    }
}

#[test]
fn a_server_that_hangs_does_not_hang_us() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let server = env.server().unwrap();
    server.signal(Signal::STOP);
    let started = Instant::now();
    let output = env.tsm(["list"]).run().code(5);
    assert!(started.elapsed() < Duration::from_secs(40));
    assert!(
        output.stderr_str().contains("didn't answer within"),
        "{}",
        output.stderr_str()
    );
    server.signal(Signal::CONT);
    env.tsm(["list"]).run().success();
}

#[test]
fn a_tmux_that_hangs_does_not_hang_us() {
    let env = Environment::new();
    let path = env.project("alpha");
    let hung = env.script("hung-tmux", "#!/bin/sh\nexec sleep 86398\n");
    let started = Instant::now();
    let output = env.tsm(["create", "."]).dir(&path).env("TSM_TMUX", hung).run().code(5);
    assert!(started.elapsed() < Duration::from_secs(40));
    assert!(
        output.stderr_str().contains("didn't answer within"),
        "{}",
        output.stderr_str()
    );
    assert_eq!(state(&env, "alpha"), "");
}

#[test]
fn tmux_killed_midway_is_an_error_and_loses_no_state() {
    let env = Environment::new();
    let (alpha, beta) = (env.project("alpha"), env.project("beta"));
    env.tsm(["create", "."]).dir(&alpha).run().success();
    env.tsm(["save"]).run().success();
    let server = env.server().unwrap();
    let pid = server.pid;
    let right = env.panes("claude-alpha")[1].id.clone();
    // Kills the server at the first command that makes something, after the state was saved.
    env.tmux([
        "set-hook",
        "-g",
        "after-new-session",
        &format!("run-shell 'kill -9 {pid}'"),
    ]);
    let output = env
        .tsm(["switch", beta.to_str().unwrap()])
        .in_pane(&right)
        .run()
        .code(5);
    assert!(
        output.stderr_str().contains("went away during the call"),
        "{}",
        output.stderr_str()
    );
    assert!(state(&env, "alpha").contains("SESSION_LIFECYCLE=\"live\""));
    // The kernel closes its socket a moment before the process is gone.
    wait_until("the end of the server", || (!server.alive()).then_some(()));
    env.tsm(["restore"]).run().success();
    assert_eq!(sessions(&env), ["claude-alpha"]);
    env.tsm(["switch", beta.to_str().unwrap(), "--no-attach"])
        .run()
        .success();
    assert_eq!(sessions(&env), ["claude-alpha", "claude-beta"]);
}

#[test]
fn a_failed_build_leaves_nothing_half_made() {
    let env = Environment::new();
    let (alpha, beta) = (env.project("alpha"), env.project("beta"));
    env.tsm(["create", "."]).dir(&alpha).run().success();
    let client = env.attach("claude-alpha");
    let right = env.panes("claude-alpha")[1].id.clone();
    // An alias of the user replaces the command that the build needs after it made the session.
    env.tmux([
        "set-option",
        "-s",
        "command-alias[99]",
        "split-window=display-message -t =nope: -p x ; has-session -t =nope",
    ]);
    let before = state(&env, "alpha");
    env.tsm(["switch", beta.to_str().unwrap()])
        .in_pane(&right)
        .run()
        .code(1);
    assert_eq!(sessions(&env), ["claude-alpha"]);
    assert_eq!(client.session().as_deref(), Some("claude-alpha"));
    assert!(!before.is_empty() && state(&env, "alpha").contains("SESSION_LIFECYCLE=\"live\""));
}

#[test]
fn two_switches_at_once_are_both_right() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let paths: Vec<_> = ["a", "b", "a", "b", "a", "b"].map(|name| env.project(name)).into();
    let running: Vec<_> = paths
        .iter()
        .map(|path| env.tsm(["switch", ".", "--no-attach", "--json"]).dir(path).start())
        .collect();
    let created: Vec<bool> = running
        .into_iter()
        .map(|running| running.wait().success().json()["created"].as_bool().unwrap())
        .collect();
    assert_eq!(created.iter().filter(|created| **created).count(), 2);
    assert_eq!(sessions(&env), ["claude-a", "claude-b"]);
    assert_eq!(env.panes("claude-a").len() + env.panes("claude-b").len(), 4);
    agent.wait_started(2);
}

#[test]
fn a_lock_that_is_held_is_waited_for_or_named() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let locks = env.home().join(".local/state/tsm/locks");
    let lock = std::fs::read_dir(&locks)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("operation-"))
        .unwrap();
    let mut holder = env
        .command("flock", ["--no-fork", lock.to_str().unwrap(), "sleep", "86397"])
        .start();
    wait_until("the lock", || {
        let output = env.tsm(["create", "alpha", "--lock-timeout", "0"]).run();
        (output.status.code() == Some(4)).then_some(())
    });
    let output = env.tsm(["create", "alpha", "--lock-timeout", "0"]).run().code(4);
    assert!(output.stderr_str().contains("is held"), "{}", output.stderr_str());
    holder.kill();
    env.tsm(["create", "alpha"]).run().success();
}

#[test]
fn a_session_killed_from_inside_is_ended_from_outside() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let right = env.panes("claude-alpha")[1].id.clone();
    env.tsm(["kill", "alpha"]).in_pane(&right).run().success();
    wait_gone(&env, "claude-alpha");
    wait_until("the record of the end", || {
        state(&env, "alpha")
            .contains("SESSION_LIFECYCLE=\"ended\"")
            .then_some(())
    });
}

#[test]
fn what_a_session_showed_is_kept_when_it_ends() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let right = env.panes("claude-alpha")[1].id.clone();
    crate::switch::type_into(&env, &right, "echo precious-$((40 + 2))");
    wait_until("the output", || {
        let shown = env.tmux(["capture-pane", "-p", "-t", &right]);
        String::from_utf8_lossy(&shown).contains("precious-42").then_some(())
    });
    env.tsm(["kill", "alpha"]).run().success();
    assert!(kept(&env, "0.1").contains("precious-42"));
}

/// What was kept of a pane of alpha.
fn kept(env: &Environment, pane: &str) -> String {
    let directory = env.home().join(".claude/session-states/scrollback/alpha");
    let bytes = std::fs::read(directory.join(format!("{pane}.txt.zst"))).unwrap();
    String::from_utf8(zstd::decode_all(bytes.as_slice()).unwrap()).unwrap()
}

#[test]
fn what_a_session_shows_is_kept_at_every_save_if_wanted() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let directory = env.home().join(".claude/session-states/scrollback");
    env.tsm(["save"]).run().success();
    assert!(!directory.exists(), "it is off by default");
    env.tsm_config("state.scrollback = 50\n");
    for pane in env.panes("claude-alpha") {
        crate::switch::type_into(&env, &pane.id, &format!("echo shown-{}-$((40 + 2))", pane.pane));
        wait_until("the output", || {
            let shown = env.tmux(["capture-pane", "-p", "-t", &pane.id]);
            let text = format!("shown-{}-42", pane.pane);
            String::from_utf8_lossy(&shown).contains(&text).then_some(())
        });
    }
    // Of a save that was killed.
    let left = directory.join("alpha/.tmp-4194303-1-0");
    std::fs::create_dir_all(left.parent().unwrap()).unwrap();
    std::fs::write(&left, "half").unwrap();
    let output = env.tsm(["save"]).env("DEBUG", "1").run().success();
    assert!(!left.exists(), "what a killed save left is still there");
    let captures = output.stderr_str().lines().filter(|line| line.contains("capture-pane"));
    assert_eq!(captures.count(), 1, "{}", output.stderr_str());
    for pane in ["0", "1"] {
        assert!(kept(&env, &format!("0.{pane}")).contains(&format!("shown-{pane}-42")));
        let file = directory.join(format!("alpha/0.{pane}.txt.zst"));
        assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
