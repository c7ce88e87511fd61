//! The watcher: what it saves, what it survives, and that it is nobody to the sessions.

use std::fs;

use tests::{Environment, FakeAgent, Process, Running, Signal, wait_for, wait_until};

use crate::autosave::{create, log};
use crate::switch::{state, type_into, wait_gone};

fn watch(env: &Environment) -> Running {
    let watcher = env.tsm(["watch"]).start();
    wait_for("the watcher", || match log(env) {
        log if log.contains("watch: begins") => Ok(()),
        log => Err(log),
    });
    watcher
}

#[track_caller]
fn end(watcher: Running) -> String {
    Process::of(watcher.pid()).expect("it runs").signal(Signal::TERM);
    watcher.wait().success().stderr_str().to_owned()
}

#[track_caller]
fn wait_state(env: &Environment, what: &str) {
    wait_for(&format!("{what:?} in the state"), || match state(env, "a") {
        text if text.contains(what) => Ok(()),
        text => Err((text, log(env))),
    });
}

#[test]
fn it_saves_structure_at_once_and_directories_after_a_while() {
    let env = Environment::new();
    env.tsm_config("autosave = { delay = 0.1, interval = 1 }\n");
    let a = create(&env, "a");
    let watcher = watch(&env);
    env.tmux(["split-window", "-d", "-t", &a]);
    wait_state(&env, "WINDOW_0_PANES=\"0 1 2\"");
    let deep = env.project("a/deep");
    type_into(&env, &env.panes("claude-a")[1].id, &format!("cd {}", deep.display()));
    wait_state(&env, &format!("PANE_0_1_CWD=\"{}\"", deep.display()));
    assert!(end(watcher).contains("tsm: saved a\n"));
    assert!(log(&env).contains("watch: ends"));
}

#[test]
fn it_is_no_client_and_starts_no_server() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    create(&env, "a");
    let watcher = watch(&env);
    wait_for("a look at the server", || match log(&env) {
        log if log.contains("there is a server") => Ok(()),
        log => Err(log),
    });
    assert_eq!(env.tmux(["list-clients"]), b"");
    let list = env.tsm(["list", "--json"]).run().success().json();
    assert_eq!(list["sessions"][0]["attached"], false);
    // A session that it looks at can be left like any other.
    agent.wait_started(1);
    let beta = env.project("b");
    let client = env.attach("claude-a");
    type_into(
        &env,
        &env.panes("claude-a")[1].id,
        &format!("tsm switch {}", beta.display()),
    );
    client.wait_session("claude-b");
    wait_gone(&env, "claude-a");
    drop(client);
    let server = env.server().expect("a server");
    env.kill_server_hard();
    wait_for("the watcher to see it", || match log(&env) {
        log if log.contains("the server has ended") => Ok(()),
        log => Err(log),
    });
    assert_eq!(env.server(), None);
    // It is watched again when it comes back.
    env.tsm(["restore"]).run().success();
    assert_ne!(env.server().expect("a server"), server);
    env.tmux(["split-window", "-d", "-t", "=claude-b:"]);
    wait_until("the state", || {
        state(&env, "b").contains("WINDOW_0_PANES=\"0 1 2\"").then_some(())
    });
    end(watcher);
}

#[test]
fn there_is_one_for_a_server_and_hooks_leave_it_to_him() {
    let env = Environment::new();
    env.tsm_config("autosave.delay = 0.1\n");
    let a = create(&env, "a");
    let watcher = watch(&env);
    let second = env.tsm(["watch"]).run().code(4);
    assert!(second.stderr_str().contains("watch failed"), "{}", second.stderr_str());
    let status = env.tsm(["autosave", "status"]).run().success();
    assert!(
        status
            .stdout_str()
            .contains(&format!("watcher     process {}\n", watcher.pid()))
    );
    let health = env.tsm(["health"]).run();
    assert!(
        health
            .stdout_str()
            .contains(&format!("autosave: watched by process {}", watcher.pid()))
    );
    env.tmux(["split-window", "-d", "-t", &a]);
    env.tsm(["autosave-run"]).run().success();
    wait_state(&env, "WINDOW_0_PANES=\"0 1 2\"");
    assert!(!log(&env).contains("autosave: saved"), "{}", log(&env));
    end(watcher);
    // One that was killed is none.
    let mut killed = env.tsm(["watch"]).start();
    wait_for("the next watcher", || match log(&env) {
        log if log.matches("watch: begins").count() == 2 => Ok(()),
        log => Err(log),
    });
    killed.kill();
    let _output = killed.wait();
    let status = env.tsm(["autosave", "status"]).run().success();
    assert!(status.stdout_str().contains("watcher     none: "), "{status:?}");
    env.tmux(["split-window", "-d", "-t", &a]);
    env.tsm(["autosave-run"]).run().success();
    wait_state(&env, "WINDOW_0_PANES=\"0 1 2 3\"");
}

#[test]
fn what_changed_last_is_saved_before_it_ends() {
    let env = Environment::new();
    // It would save by itself only after a minute.
    env.tsm_config("autosave.delay = 60\n");
    let a = create(&env, "a");
    let watcher = watch(&env);
    wait_for("a look at the server", || match log(&env) {
        log if log.contains("there is a server") => Ok(()),
        log => Err(log),
    });
    env.tmux(["split-window", "-d", "-t", &a]);
    assert!(!state(&env, "a").contains("WINDOW_0_PANES=\"0 1 2\""));
    end(watcher);
    assert!(state(&env, "a").contains("WINDOW_0_PANES=\"0 1 2\""));
}

#[test]
fn a_server_that_does_not_answer_is_waited_for() {
    let env = Environment::new();
    env.tsm_config("autosave.delay = 0.1\n");
    let a = create(&env, "a");
    let watcher = watch(&env);
    let server = env.server().expect("a server");
    server.signal(Signal::STOP);
    server.signal(Signal::CONT);
    env.tmux(["split-window", "-d", "-t", &a]);
    wait_state(&env, "WINDOW_0_PANES=\"0 1 2\"");
    end(watcher);
}

#[test]
fn the_unit_names_the_program_and_what_is_not_the_default() {
    let env = Environment::new();
    let output = env.tsm(["watch", "--unit"]).run().success();
    let text = env.normalise(output.stdout_str());
    for line in [
        "[Unit]",
        "[Service]",
        "Type=exec",
        "Environment=\"TSM_SOCKET_PATH=<root>/s\"",
        "ExecStart=\"<root>/bin/tsm\" watch",
        "Restart=on-failure",
        "[Install]",
        "WantedBy=default.target",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    }
    assert!(!text.contains("XDG_STATE_HOME"));
    let elsewhere = env.root().join("else");
    let output = env
        .tsm(["watch", "--unit", "--state-dir", "/s t"])
        .env("XDG_STATE_HOME", &elsewhere)
        .run()
        .success();
    assert!(output.stdout_str().contains("Environment=\"TSM_STATE_DIR=/s t\"\n"));
    let line = format!("Environment=\"XDG_STATE_HOME={}\"\n", elsewhere.display());
    assert!(output.stdout_str().contains(&line));
    assert!(!fs::exists(&elsewhere).expect("a look"), "printing makes nothing");
}
