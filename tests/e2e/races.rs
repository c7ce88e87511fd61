//! Between deciding that a session ends and ending it, the world goes on.

use std::time::Duration;

use tests::{Environment, FakeAgent, wait_for, wait_until};

use crate::switch::{sessions, state, type_into, wait_gone};

fn log(env: &Environment) -> String {
    std::fs::read_to_string(env.home().join(".local/state/tsm/tsm.log")).unwrap_or_default()
}

fn create(env: &Environment, name: &str) -> String {
    let path = env.project(name);
    env.tsm(["create", "."]).dir(&path).run().success();
    env.panes(&format!("claude-{name}"))[1].id.clone()
}

#[test]
fn a_strangers_session_with_the_same_id_on_a_new_server_survives() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    agent.ignore_term();
    create(&env, "a");
    let start = agent.wait_started(1).remove(0);
    let kill = env.tsm(["kill", "a", "--timeout", "2"]).start();
    agent.wait_log(start.pid, "TERM");
    // While the agent has its time to leave, the server dies and another one gives `$0` to somebody else.
    env.kill_server_hard();
    env.tmux(["new-session", "-d", "-s", "mine"]);
    let pid = env.panes("mine")[0].pid;
    // Whatever it says of itself, what counts is what is there.
    let _said = kill.wait();
    assert_eq!(sessions(&env), ["mine"]);
    assert_eq!(env.panes("mine")[0].pid, pid);
}

#[test]
fn work_begun_while_the_agent_leaves_keeps_the_session() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    agent.delay_term(Duration::from_secs(2));
    let right = create(&env, "a");
    let start = agent.wait_started(1).remove(0);
    let beta = env.project("b").display().to_string();
    let client = env.attach("claude-a");
    env.tsm(["switch", &beta]).in_pane(&right).run().success();
    agent.wait_log(start.pid, "TERM");
    type_into(&env, &right, "cat");
    wait_for("the session to be kept", || match log(&env) {
        log if log.contains("kept: `cat` in pane 0.1 still runs") => Ok(()),
        log => Err(log),
    });
    assert_eq!(sessions(&env), ["claude-a", "claude-b"]);
    client.wait_screen(|screen| screen.contains("tsm: a is kept: `cat` in pane 0.1 still runs"));
}

#[test]
fn a_session_that_somebody_came_back_to_lives_on() {
    for force in [false, true] {
        let env = Environment::new();
        let agent = FakeAgent::install(&env, "claude");
        let (right_a, right_b) = (create(&env, "a"), create(&env, "b"));
        agent.wait_started(2);
        // The end of `a` waits for the lock that this holds, and meanwhile the other switch is at it.
        let mut there = env.tsm(["switch", "b"]);
        if force {
            there = there.arg("--force");
        }
        let there = there.in_pane(&right_a).start();
        let back = env.tsm(["switch", "a", "--keep"]).in_pane(&right_b).start();
        there.wait().success();
        back.wait().success();
        wait_until("the end or the keeping", || {
            let log = log(&env);
            (log.contains("session kept") || log.contains("session ended")).then_some(())
        });
        // Whichever came last: where somebody went last lives.
        let alive = sessions(&env);
        let ended_first = log(&env).contains("session ended");
        assert!(alive.contains(&"claude-b".to_owned()), "{alive:?}");
        assert!(ended_first || alive.contains(&"claude-a".to_owned()), "{alive:?}");
    }
}

#[test]
fn two_opposite_switches_leave_a_place_to_be() {
    let env = Environment::new();
    let (right_a, right_b) = (create(&env, "a"), create(&env, "b"));
    let one = env.tsm(["switch", "b"]).in_pane(&right_a).start();
    let two = env.tsm(["switch", "a"]).in_pane(&right_b).start();
    one.wait().success();
    // It may have been ended with the session that it ran in.
    let _said = two.wait();
    wait_until("both ends to be decided", || {
        log(&env).contains(": session ").then_some(())
    });
    assert!(!sessions(&env).is_empty(), "{}", log(&env));
}

#[test]
fn a_save_beside_a_create_never_closes_what_was_just_made() {
    let env = Environment::new();
    create(&env, "a");
    for n in 0..4 {
        let path = env.project(&format!("n{n}"));
        let save = env.tsm(["save"]).start();
        let make = env.tsm(["create", "."]).dir(&path).start();
        save.wait().success();
        make.wait().success();
        assert!(state(&env, &format!("n{n}")).contains("SESSION_LIFECYCLE=\"live\""));
    }
}

#[test]
fn a_stopped_program_is_work() {
    let env = Environment::new();
    let right = create(&env, "a");
    let beta = env.project("b").display().to_string();
    type_into(&env, &right, "cat draft -");
    wait_until("the program", || {
        env.panes("claude-a")[1].command.starts_with(b"cat").then_some(())
    });
    env.tmux(["send-keys", "-t", &right, "C-z"]);
    wait_until("the shell", || (env.panes("claude-a")[1].command == "sh").then_some(()));
    let json = env
        .tsm(["switch", &beta, "--json"])
        .in_pane(&right)
        .run()
        .success()
        .json();
    assert_eq!(json["left_outcome"], "kept");
    assert!(json["detail"].as_str().unwrap().contains("`cat draft -`"), "{json}");
}

#[test]
fn work_beside_a_stopped_agent_is_work() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let right = create(&env, "a");
    let start = agent.wait_started(1).remove(0);
    let left = env.panes("claude-a")[0].id.clone();
    let beta = env.project("b").display().to_string();
    env.tmux(["send-keys", "-t", &left, "C-z"]);
    wait_until("a shell beside the agent", || {
        (env.panes("claude-a")[0].command == "sh").then_some(())
    });
    // The shell alone is none, the agent is.
    type_into(&env, &left, "cat");
    wait_until("the program", || {
        (env.panes("claude-a")[0].command == "cat").then_some(())
    });
    let json = env
        .tsm(["switch", &beta, "--json"])
        .in_pane(&right)
        .run()
        .success()
        .json();
    assert_eq!(json["left_outcome"], "kept", "{json}");
    env.tmux(["send-keys", "-t", &left, "C-d"]);
    wait_until("the shell", || (env.panes("claude-a")[0].command == "sh").then_some(()));
    type_into(&env, &left, "exit");
    type_into(&env, &left, "back");
    agent.wait_log(start.pid, "LINE back");
}

#[test]
fn a_session_with_a_linked_window_is_left_only_where_it_is_seen() {
    let env = Environment::new();
    let right = create(&env, "a");
    let beta = env.project("b").display().to_string();
    env.tmux(["new-session", "-d", "-s", "mine"]);
    env.tmux(["link-window", "-s", "=claude-a:", "-t", "=mine:7"]);
    env.tmux(["select-window", "-t", "=mine:7"]);
    let client = env.attach("mine");
    let json = env
        .tsm(["switch", &beta, "--json"])
        .in_pane(&right)
        .run()
        .success()
        .json();
    assert_eq!(json["left_outcome"], "none", "{json}");
    client.wait_session("claude-b");
    drop(client);
    // Seen in the session itself, that one is left, but its window lives in another one too.
    let client = env.attach("claude-a");
    let json = env
        .tsm(["switch", "b", "--json"])
        .in_pane(&right)
        .run()
        .success()
        .json();
    assert_eq!(json["left_outcome"], "kept", "{json}");
    client.wait_session("claude-b");
    assert_eq!(sessions(&env), ["claude-a", "claude-b", "mine"]);
}

#[test]
fn dead_sessions_are_rebuilt_from_their_record() {
    let env = Environment::new();
    env.tmux_config("set -g remain-on-exit on\n");
    create(&env, "a");
    let deep = env.project("a/deep");
    let right = env.panes("claude-a")[1].id.clone();
    type_into(&env, &right, "cd deep");
    wait_until("the directory", || (env.panes("claude-a")[1].cwd == deep).then_some(()));
    env.tsm(["save"]).run().success();
    for pane in env.panes("claude-a") {
        type_into(&env, &pane.id, "exit");
    }
    wait_until("dead panes", || {
        env.panes("claude-a").iter().all(|pane| pane.dead).then_some(())
    });
    let status = env.tsm(["status", "a", "--json"]).run().success().json();
    assert_eq!(status["session"]["state"], "dead");
    // What tmux doesn't know of a dead pane doesn't replace what was known.
    env.tsm(["save"]).run().success();
    assert!(
        state(&env, "a").contains(&format!("PANE_0_1_CWD=\"{}\"", deep.display())),
        "{}",
        state(&env, "a")
    );
    let json = env.tsm(["switch", "a", "--json"]).run().success().json();
    assert_eq!(
        (json["created"].as_bool(), json["session"].as_str()),
        (Some(true), Some("claude-a"))
    );
    wait_until("one living session of the name", || {
        (sessions(&env) == ["claude-a"]).then_some(())?;
        env.panes("claude-a").iter().all(|pane| !pane.dead).then_some(())
    });
    assert_eq!(env.panes("claude-a")[1].cwd, deep);
    assert!(
        state(&env, "a").contains("SESSION_NAME=\"claude-a\""),
        "{}",
        state(&env, "a")
    );
}

#[test]
fn in_a_popup_it_is_the_same_server() {
    let env = Environment::new();
    create(&env, "a");
    let beta = env.project("b").display().to_string();
    let client = env.attach("claude-a");
    let tsm = env.bin().join("tsm");
    let name = String::from_utf8(env.tmux(["list-clients", "-F", "#{client_name}"])).unwrap();
    let command = format!("env -u TSM_SOCKET_PATH {} switch {beta}", tsm.display());
    env.tmux(["display-popup", "-c", name.trim(), "-E", &command]);
    client.wait_session("claude-b");
    wait_gone(&env, "claude-a");
}

#[test]
fn a_removed_working_directory_is_no_project() {
    let env = Environment::new();
    env.project("gone");
    let script = "cd gone && rmdir ../gone && tsm switch . --no-attach";
    let output = env
        .command("sh", ["-c", script])
        .dir(env.root().join("projects"))
        .run()
        .code(3);
    assert!(
        output.stderr_str().contains("working directory"),
        "{}",
        output.stderr_str()
    );
    assert!(env.server().is_none());
}

#[test]
fn our_own_session_under_another_projects_name_is_no_strangers() {
    let env = Environment::new();
    create(&env, "a");
    let path = env.project("b");
    env.tmux(["rename-session", "-t", "=claude-a", "claude-b"]);
    let output = env.tsm(["switch", "."]).dir(&path).run().code(7);
    assert!(
        output.stderr_str().contains("the session claude-b is that of a"),
        "{}",
        output.stderr_str()
    );
    assert!(!output.stderr_str().contains("adopt"), "{}", output.stderr_str());
    env.tsm(["adopt", "."]).dir(&path).run().code(7);
    // It is still found by its project.
    let json = env.tsm(["switch", "a", "--no-attach", "--json"]).run().success().json();
    assert_eq!(
        (json["created"].as_bool(), json["session"].as_str()),
        (Some(false), Some("claude-b"))
    );
}

#[test]
fn a_damaged_record_is_named() {
    let env = Environment::new();
    create(&env, "a");
    std::fs::write(
        env.home().join(".claude/session-states/a.state"),
        "# tsm-state v1 sha256=0 len=5\n",
    )
    .unwrap();
    std::fs::remove_dir_all(env.home().join(".claude/session-states/history")).ok();
    for verb in ["switch", "kill", "state"] {
        let output = env.tsm([verb, "a"]).run().code(6);
        assert!(
            output.stderr_str().contains("a.state can't be used"),
            "{verb}: {}",
            output.stderr_str()
        );
    }
    assert_eq!(sessions(&env), ["claude-a"]);
}

#[test]
fn usage_errors_are_json_where_that_was_asked_for() {
    let env = Environment::new();
    let json = env.tsm(["switch", "--json"]).run().code(2).json();
    assert_eq!(json["error"]["class"], "usage");
}
