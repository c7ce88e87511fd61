//! Everything of ours comes back; nothing that isn't ours is touched.

use std::fs;

use tests::process::Signal;
use tests::{Environment, FakeAgent, Process, wait_until};

use crate::bystanders::bystanders;
use crate::switch::{sessions, state, type_into};

fn create(env: &Environment, names: &[&str]) {
    for name in names {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
}

fn outcome(document: &serde_json::Value, project: &str) -> String {
    let results = document["results"].as_array().unwrap();
    let result = results.iter().find(|result| result["project"] == project);
    result
        .map(|result| result["outcome"].as_str().unwrap().to_owned())
        .unwrap_or_default()
}

fn emergency(env: &Environment) -> serde_json::Value {
    env.recovery(["emergency", "--yes", "--json"]).run().success().json()
}

#[test]
fn without_a_terminal_and_without_yes_nothing_happens() {
    let env = Environment::new();
    create(&env, &["alpha"]);
    let before = (state(&env, "alpha"), env.panes("claude-alpha"));
    let output = env.recovery(["emergency"]).stdin("YES\n").run().code(7);
    assert!(output.stderr_str().contains("cancelled"), "{}", output.stderr_str());
    assert_eq!((state(&env, "alpha"), env.panes("claude-alpha")), before);
    assert!(!env.home().join(".claude/backups").exists());
}

#[test]
fn a_terminal_is_asked_and_only_yes_goes_on() {
    let env = Environment::new();
    create(&env, &["alpha"]);
    let before = env.panes("claude-alpha");
    let mut asked = env.recovery(["emergency"]).in_terminal();
    asked.wait_screen(|screen| screen.contains("Type YES"));
    asked.type_text("yes\n");
    asked.wait_screen(|screen| screen.contains("cancelled"));
    assert_eq!(env.panes("claude-alpha"), before);
    let mut asked = env.recovery(["emergency"]).in_terminal();
    asked.wait_screen(|screen| screen.contains("Type YES"));
    asked.type_text("YES\n");
    asked.wait_screen(|screen| screen.contains("alpha restored"));
    assert_ne!(env.panes("claude-alpha")[0].pid, before[0].pid);
}

#[test]
fn all_of_ours_comes_back_and_nothing_else_is_touched() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let own = env.command(&agent.program, [""; 0]).in_terminal();
    let unrelated = agent.wait_started(1).remove(0);
    create(&env, &["alpha", "beta"]);
    let started = agent.wait_started(3);
    let right = env.panes("claude-alpha")[1].id.clone();
    let src = env.project("alpha/src");
    type_into(&env, &right, "cd src");
    wait_until("the directory", || {
        (env.panes("claude-alpha")[1].cwd == src).then_some(())
    });
    let server = env.server().unwrap();
    let bystanders = bystanders(&env, true);
    let document = env.recovery(["emergency", "--yes", "--json"]).run().code(7).json();
    assert_eq!(
        (outcome(&document, "alpha"), outcome(&document, "beta")),
        ("restored".into(), "restored".into())
    );
    assert_eq!(document["error"]["class"], "refused", "{document}");
    let message = document["error"]["message"].as_str().unwrap();
    assert!(message.ends_with(": claude-foreign, mine"), "{message}");
    assert_eq!(document["findings"].as_array().unwrap().len(), 0, "{document}");
    assert_eq!(env.server(), Some(server), "it holds sessions of others");
    wait_until("the directory", || {
        (env.panes("claude-alpha")[1].cwd == src).then_some(())
    });
    let agents = agent.wait_started(5);
    for n in [1, 2] {
        agent.wait_ended(started[n].pid);
        assert!(
            agents[3..].iter().any(|now| now.argv[1..] == started[n].argv[1..]),
            "its own conversation"
        );
    }
    assert!(unrelated.process().alive());
    assert_eq!(
        sessions(&env),
        ["claude-alpha", "claude-beta", "claude-foreign", "mine"]
    );
    bystanders.check();
    drop(own);
}

#[test]
fn a_server_with_only_ours_is_restarted() {
    let env = Environment::new();
    create(&env, &["alpha", "beta"]);
    let server = env.server().unwrap();
    let bystanders = bystanders(&env, false);
    let document = emergency(&env);
    assert_eq!(outcome(&document, "beta"), "restored");
    assert_ne!(env.server(), Some(server));
    assert_eq!(sessions(&env), ["claude-alpha", "claude-beta"]);
    bystanders.check();
}

#[test]
fn a_server_with_others_is_restarted_only_if_that_is_wanted() {
    let env = Environment::new();
    create(&env, &["alpha"]);
    env.tmux(["new-session", "-d", "-s", "mine"]);
    let server = env.server().unwrap();
    let mine = env.panes("mine")[0].pid;
    let alpha = env.panes("claude-alpha")[0].pid;
    let bystanders = bystanders(&env, false);
    let output = env.recovery(["emergency", "--yes"]).run().code(7);
    let said = output.stderr_str();
    assert!(
        said.contains("holds more than sessions of tsm's: mine\n") && said.contains("--restart-server"),
        "{said}"
    );
    assert!(output.stdout_str().contains("alpha restored"), "all else is done");
    assert_eq!((env.server(), env.panes("mine")[0].pid), (Some(server), mine));
    assert_ne!(env.panes("claude-alpha")[0].pid, alpha);
    env.recovery(["emergency", "--yes", "--restart-server"]).run().success();
    assert!(!server.alive());
    assert_eq!(sessions(&env), ["claude-alpha"]);
    bystanders.check();
}

/// Whoever starts tmux again after it was killed has a server that needs no restart.
#[test]
fn a_server_with_only_others_is_no_reason_to_refuse() {
    let env = Environment::new();
    create(&env, &["alpha"]);
    env.kill_server_hard();
    let bystanders = bystanders(&env, true);
    let server = env.server().unwrap();
    let document = emergency(&env);
    assert_eq!(outcome(&document, "alpha"), "restored", "{document}");
    assert!(document.get("error").is_none(), "{document}");
    assert_eq!(env.server(), Some(server));
    bystanders.check();
}

/// Whoever calls it in a server that would have to be ended would go with it.
#[test]
fn it_does_not_end_the_server_that_it_runs_in() {
    let env = Environment::new();
    create(&env, &["alpha"]);
    let (server, before) = (env.server().unwrap(), env.panes("claude-alpha"));
    let out = env.root().join("out");
    let script = format!(
        "#!/bin/sh\n{} emergency --yes --restart-server > {1}.new 2>&1\necho $? >> {1}.new\nmv {1}.new {1}\n",
        env.bin().join("tsm-recovery").display(),
        out.display()
    );
    let script = env.script("inside", &script);
    type_into(&env, &before[1].id, script.to_str().unwrap());
    let said = wait_until("its end", || fs::read_to_string(&out).ok());
    assert!(
        said.contains("run it from outside") && said.ends_with("\n7\n"),
        "{said}"
    );
    assert_eq!(env.server(), Some(server));
    let now = env.panes("claude-alpha");
    assert!(now.iter().map(|pane| pane.pid).eq(before.iter().map(|pane| pane.pid)));
}

/// An agent is asked to leave by the signal that its table names, whoever ends it and whatever became of the server.
#[test]
fn agents_are_asked_by_their_own_signal() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "mine");
    env.tsm_config(
        "agent = \"mine\"\n[agents.mine]\nprogram = \"mine\"\nnew = [\"--id={conversation}\"]\n\
         resume = [\"again\", \"{conversation}\"]\nstop_signal = \"INT\"\nstop_timeout = 1\n",
    );
    let bystanders = bystanders(&env, false);
    let asked_by_int = |n: usize| {
        let start = agent.wait_started(n + 1).remove(n);
        agent.wait_ended(start.pid);
        let log = agent.log(start.pid);
        let has = |signal: &str| log.iter().any(|line| line == signal);
        assert!(has("INT") && !has("TERM"), "agent {n}: {log:?}");
    };
    create(&env, &["alpha"]);
    agent.wait_started(1);
    emergency(&env);
    asked_by_int(0);
    // The server doesn't answer.
    agent.wait_started(2);
    env.server().unwrap().signal(Signal::STOP);
    emergency(&env);
    asked_by_int(1);
    // There is none, and the agent lives on.
    agent.wait_started(3);
    env.tsm(["kill", "alpha"]).run().success();
    asked_by_int(2);
    agent.outlive_terminal();
    for by_cleanup in [false, true] {
        let n = agent.starts().len();
        env.tsm(["create", "alpha"]).run().success();
        let start = agent.wait_started(n + 1).remove(n);
        env.kill_server_hard();
        assert!(start.process().alive());
        if by_cleanup {
            env.tsm(["cleanup"]).run().success();
        } else {
            emergency(&env);
        }
        asked_by_int(n);
        if !by_cleanup {
            agent.wait_started(n + 2);
            env.tsm(["kill", "alpha"]).run().success();
        }
    }
    for start in agent.starts() {
        start.process().signal(Signal::KILL);
    }
    bystanders.check();
}

#[test]
fn without_a_server_config_sidecars_and_with_a_corrupt_state() {
    let env = Environment::new();
    let bystanders = bystanders(&env, false);
    create(&env, &["alpha", "beta"]);
    env.recovery(["backup"]).run().success();
    env.kill_server_hard();
    env.tsm_config("= broken\n");
    let backups = env.home().join(".claude/backups");
    for entry in fs::read_dir(&backups).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            fs::remove_file(path).unwrap();
        }
    }
    let states = env.home().join(".claude/session-states");
    fs::remove_dir_all(states.join("history")).unwrap_or_default();
    fs::write(states.join("beta.state"), "no state \0").unwrap();
    fs::write(states.join("gamma.state"), "no state either \0").unwrap();
    let output = env.recovery(["emergency", "--yes", "--json"]).run().code(8);
    let document = output.json();
    assert!(
        output.stderr_str().contains("built-in defaults are used"),
        "{}",
        output.stderr_str()
    );
    assert_eq!(outcome(&document, "alpha"), "restored");
    assert_eq!(outcome(&document, "beta"), "restored", "{document}");
    assert_eq!(outcome(&document, "gamma"), "lost", "{document}");
    assert_eq!(sessions(&env), ["claude-alpha", "claude-beta"]);
    bystanders.check();
}

#[test]
fn a_hung_server_with_only_ours_is_replaced() {
    let env = Environment::new();
    let bystanders = bystanders(&env, false);
    create(&env, &["alpha", "beta"]);
    let server = env.server().unwrap();
    server.signal(Signal::STOP);
    let document = emergency(&env);
    assert_eq!(
        (outcome(&document, "alpha"), outcome(&document, "beta")),
        ("restored".into(), "restored".into())
    );
    assert!(!server.alive());
    assert_eq!(sessions(&env), ["claude-alpha", "claude-beta"]);
    bystanders.check();
}

#[test]
fn a_hung_server_with_others_is_left_alone_unless_that_is_wanted() {
    let env = Environment::new();
    let bystanders = bystanders(&env, false);
    create(&env, &["alpha"]);
    env.tmux(["new-session", "-d", "-s", "mine"]);
    let server = env.server().unwrap();
    let before = state(&env, "alpha");
    let mine = env.panes("mine")[0].pid;
    server.signal(Signal::STOP);
    let output = env.recovery(["emergency", "--yes"]).run().code(7);
    assert!(
        output.stderr_str().contains(&format!("process {mine} ")),
        "{}",
        output.stderr_str()
    );
    assert!(output.stderr_str().contains("--restart-server"));
    assert_eq!(state(&env, "alpha"), before);
    assert!(!env.home().join(".claude/backups").exists(), "nothing was changed");
    assert!(server.alive());
    env.recovery(["emergency", "--yes", "--restart-server"]).run().success();
    assert!(!server.alive());
    assert_eq!(sessions(&env), ["claude-alpha"]);
    bystanders.check();
}

#[test]
fn a_deleted_socket_comes_back() {
    let env = Environment::new();
    let bystanders = bystanders(&env, false);
    create(&env, &["alpha"]);
    env.tmux(["new-session", "-d", "-s", "mine"]);
    let server = env.server().unwrap();
    fs::remove_file(env.socket()).unwrap();
    let document = env.recovery(["emergency", "--yes", "--json"]).run().code(7).json();
    assert_eq!(outcome(&document, "alpha"), "restored", "{document}");
    assert_eq!(env.server(), Some(server));
    assert_eq!(sessions(&env), ["claude-alpha", "mine"]);
    bystanders.check();
}

#[test]
fn a_living_holder_of_the_lock_is_only_ended_if_it_is_an_old_tsm() {
    let env = Environment::new();
    let bystanders = bystanders(&env, false);
    create(&env, &["alpha"]);
    let lock = fs::read_dir(env.home().join(".local/state/tsm/locks"))
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("operation-"))
        .unwrap();
    let mut holder = env
        .command("flock", ["--no-fork", lock.to_str().unwrap(), "sleep", "86395"])
        .start();
    let args = ["emergency", "--yes", "--lock-timeout", "1"];
    wait_until("the lock", || {
        (env.tsm(["create", "alpha", "--lock-timeout", "0"]).run().status.code() == Some(4)).then_some(())
    });
    env.recovery(args).run().code(4);
    assert!(Process::of(holder.pid()).is_some());
    holder.kill();
    // A tsm that hangs, here because its tmux does until it ends, and has held the lock since a minute.
    let stuck = env.script(
        "stuck-tmux",
        "#!/bin/sh\ncase $1 in -V) exec tmux -V;; esac\nexec tail --pid=$PPID -f /dev/null\n",
    );
    let now = 1_900_000_000;
    let mut old = env
        .tsm(["save"])
        .env("TSM_TMUX", stuck)
        .env("TSM_TRANSPORT", "spawn")
        .at(now - 60)
        .start();
    wait_until("the lock", || {
        (env.tsm(["create", "alpha", "--lock-timeout", "0"]).run().status.code() == Some(4)).then_some(())
    });
    let output = env.recovery(args).at(now).run().success();
    assert!(
        output.stdout_str().contains("which held the lock"),
        "{}",
        output.stdout_str()
    );
    assert!(Process::of(old.pid()).is_none());
    old.kill();
    assert_eq!(sessions(&env), ["claude-alpha"]);
    bystanders.check();
}

#[test]
fn what_an_agent_left_behind_is_ended() {
    let env = Environment::new();
    let bystanders = bystanders(&env, false);
    let agent = FakeAgent::install(&env, "claude");
    create(&env, &["alpha"]);
    agent.wait_started(1);
    agent.outlive_terminal();
    create(&env, &["beta"]);
    let orphan = agent.wait_started(2).remove(1);
    env.kill_server_hard();
    assert!(orphan.process().alive());
    let document = emergency(&env);
    assert!(document["steps"].to_string().contains("left"), "{document}");
    assert!(!orphan.process().alive());
    agent.wait_started(4);
    for start in agent.starts() {
        start.process().signal(Signal::KILL);
    }
    bystanders.check();
}

#[test]
fn what_an_ended_process_was_writing_is_taken_away() {
    let env = Environment::new();
    env.tsm(["create", "."]).dir(env.project("todo")).run().success();
    // As an agent's hook leaves it that is killed between writing and renaming.
    let left = env.home().join(".local/state/tsm/agents/.tmp-4194303-1-5");
    fs::create_dir_all(left.parent().unwrap()).unwrap();
    fs::write(&left, "half").unwrap();
    env.recovery(["detect"]).run().code(1);
    env.recovery(["emergency", "--yes"]).run().success();
    assert!(!left.exists());
    env.recovery(["detect"]).run().success();
}
