//! Everything of ours comes back; nothing that isn't ours is touched.

use std::fs;

use tests::process::Signal;
use tests::{Environment, FakeAgent, Process, Running, wait_until};

use crate::switch::{sessions, state, type_into};

struct Bystanders<'a> {
    env: &'a Environment,
    other: std::path::PathBuf,
    panes: Vec<u32>,
    /// A process that is called as the agents are.
    claude: Running,
}

/// A second server, a program called `claude` that tsm knows nothing of, and, if asked for, sessions of other people on ours; one has a name like ours.
fn bystanders(env: &Environment, on_ours: bool) -> Bystanders<'_> {
    let other = env.root().join("other");
    env.command("tmux", ["-S"])
        .arg(&other)
        .args(["new-session", "-d", "-s", "claude-mine"])
        .run()
        .success();
    if on_ours {
        for name in ["mine", "claude-foreign"] {
            env.tmux(["new-session", "-d", "-s", name]);
        }
    }
    let claude = env.root().join("claude");
    fs::copy("/bin/sleep", &claude).unwrap();
    let mut found = Bystanders {
        env,
        other,
        panes: Vec::new(),
        claude: env.command(&claude, ["86394"]).start(),
    };
    found.panes = found.now(on_ours);
    assert_eq!(found.panes.len(), if on_ours { 3 } else { 1 });
    found
}

impl Bystanders<'_> {
    fn now(&self, on_ours: bool) -> Vec<u32> {
        let format = ["list-panes", "-a", "-F", "#{session_name} #{pane_pid}"];
        let other = self
            .env
            .command("tmux", ["-S"])
            .arg(&self.other)
            .args(format)
            .run()
            .success();
        let ours = if on_ours { self.env.tmux(format) } else { Vec::new() };
        let text = [other.stdout_str().to_owned(), String::from_utf8(ours).unwrap()].concat();
        let foreign = |line: &&str| {
            ["claude-mine ", "mine ", "claude-foreign "]
                .iter()
                .any(|name| line.starts_with(name))
        };
        text.lines()
            .filter(foreign)
            .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
            .collect()
    }

    fn check(mut self, on_ours: bool) {
        assert_eq!(self.now(on_ours), self.panes, "untouched");
        let claude = Process::of(self.claude.pid());
        assert!(claude.is_some_and(|claude| claude.alive()), "untouched");
        self.claude.kill();
        self.env
            .command("tmux", ["-S"])
            .arg(&self.other)
            .args(["kill-server"])
            .run()
            .success();
    }
}

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
    let document = emergency(&env);
    assert_eq!(
        (outcome(&document, "alpha"), outcome(&document, "beta")),
        ("restored".into(), "restored".into())
    );
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
    bystanders.check(true);
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
    bystanders.check(false);
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
    bystanders.check(false);
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
    bystanders.check(false);
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
    bystanders.check(false);
}

#[test]
fn a_deleted_socket_comes_back() {
    let env = Environment::new();
    let bystanders = bystanders(&env, false);
    create(&env, &["alpha"]);
    env.tmux(["new-session", "-d", "-s", "mine"]);
    let server = env.server().unwrap();
    fs::remove_file(env.socket()).unwrap();
    let document = emergency(&env);
    assert_eq!(outcome(&document, "alpha"), "restored", "{document}");
    assert_eq!(env.server(), Some(server));
    assert_eq!(sessions(&env), ["claude-alpha", "mine"]);
    bystanders.check(false);
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
    bystanders.check(false);
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
    bystanders.check(false);
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
