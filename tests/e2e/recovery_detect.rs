//! What is broken is found with its cause; what isn't is not.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use serde_json::Value;
use tests::process::Signal;
use tests::{Environment, FakeAgent, wait_until};

use crate::switch::type_into;

pub(crate) fn findings(env: &Environment, verb: &str) -> Vec<(String, String, String)> {
    let output = env.recovery([verb, "--json"]).run();
    let document: Value = output.json();
    let findings = document["findings"].as_array().unwrap();
    let expected = if findings.is_empty() { 0 } else { 1 };
    assert_eq!(output.status.code(), Some(expected), "{document}");
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    for finding in findings {
        assert!(!word(finding, "remedy").is_empty(), "{finding}");
    }
    findings
        .iter()
        .map(|f| (word(f, "kind"), word(f, "subject"), word(f, "detail")))
        .collect()
}

fn kinds(env: &Environment) -> Vec<String> {
    findings(env, "detect").into_iter().map(|(kind, _, _)| kind).collect()
}

fn one(env: &Environment, kind: &str) -> (String, String) {
    let all = findings(env, "detect");
    let mut found = all.iter().filter(|finding| finding.0 == kind);
    let (_, subject, detail) = found.next().unwrap_or_else(|| panic!("no {kind} in {all:?}")).clone();
    (subject, detail)
}

fn two_projects() -> Environment {
    let env = Environment::new();
    for name in ["alpha", "beta"] {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
    env
}

fn state_file(env: &Environment, project: &str) -> PathBuf {
    env.home().join(format!(".claude/session-states/{project}.state"))
}

#[test]
fn nothing_is_found_where_nothing_is_broken() {
    let env = two_projects();
    env.tsm(["kill", "beta"]).run().success();
    assert!(findings(&env, "detect").is_empty());
    let before = fs::read(state_file(&env, "alpha")).unwrap();
    assert_eq!(
        env.recovery(["check"]).run().success().stdout_str(),
        "nothing is broken\n"
    );
    assert_eq!(fs::read(state_file(&env, "alpha")).unwrap(), before);
}

#[test]
fn a_killed_server_is_told_from_a_reboot_and_from_what_was_closed() {
    let env = two_projects();
    let gamma = env.project("gamma");
    env.tsm(["create", "."]).dir(&gamma).run().success();
    env.tmux(["kill-session", "-t", "=claude-gamma"]);
    env.tsm(["save"]).run().success();
    env.kill_server_hard();
    let lost: Vec<_> = findings(&env, "detect")
        .into_iter()
        .filter(|f| f.0 == "session_lost")
        .collect();
    assert_eq!(lost.iter().map(|f| f.1.as_str()).collect::<Vec<_>>(), ["alpha", "beta"]);
    assert!(lost.iter().all(|f| f.2.contains("was killed")), "{lost:?}");
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    let text = fs::read_to_string(state_file(&env, "beta")).unwrap();
    // A digest that doesn't match says that the file was edited, which it was.
    fs::write(
        state_file(&env, "beta"),
        text.replace(boot.trim(), "00000000-0000-0000-0000-000000000000"),
    )
    .unwrap();
    let lost: Vec<_> = findings(&env, "detect")
        .into_iter()
        .filter(|f| f.0 == "session_lost")
        .collect();
    assert!(
        lost[0].2.contains("was killed") && lost[1].2.contains("the machine was restarted"),
        "{lost:?}"
    );
    assert!(kinds(&env).contains(&"socket_stale".to_owned()));
}

#[test]
fn a_deleted_socket_is_found_and_restore_brings_it_back() {
    let env = two_projects();
    let server = env.server().unwrap();
    let panes: Vec<u32> = env.panes("claude-alpha").iter().map(|pane| pane.pid).collect();
    fs::remove_file(env.socket()).unwrap();
    let (_, detail) = one(&env, "socket_deleted");
    assert!(detail.contains(&server.pid.to_string()), "{detail}");
    assert!(one(&env, "session_lost").1.contains("it lives on there"));
    assert!(!env.socket().exists(), "looking changes nothing");
    env.tsm(["restore"]).run().success();
    assert_eq!(env.server(), Some(server));
    let now: Vec<u32> = env.panes("claude-alpha").iter().map(|pane| pane.pid).collect();
    assert_eq!(now, panes, "the very same panes");
    assert!(findings(&env, "detect").is_empty());
}

#[test]
fn a_server_that_does_not_answer_is_a_finding_and_no_hang() {
    let env = two_projects();
    let server = env.server().unwrap();
    server.signal(Signal::STOP);
    let all = findings(&env, "detect");
    server.signal(Signal::CONT);
    assert_eq!(all.len(), 1, "what it holds can't be said to be lost: {all:?}");
    assert_eq!(all[0].0, "server_hung");
    assert!(all[0].2.contains(&server.pid.to_string()));
}

#[test]
fn another_version_is_a_finding() {
    let env = two_projects();
    let skewed = env.script(
        "skewed",
        "#!/bin/sh\ncase $1 in -V) echo tmux 3.3a;; *) echo 'server version is too old for client' >&2; exit 1;; esac\n",
    );
    let output = env
        .recovery(["detect", "--json"])
        .env("TSM_TMUX", skewed)
        .env("TSM_TRANSPORT", "spawn")
        .run()
        .code(1);
    assert_eq!(output.json()["findings"][0]["kind"], "version_skew");
    let output = env
        .recovery(["detect", "--json"])
        .env("TSM_TMUX", "/nonexistent")
        .env("TSM_TRANSPORT", "spawn")
        .run()
        .code(1);
    assert_eq!(output.json()["findings"][0]["kind"], "tmux_unavailable");
}

#[test]
fn dead_panes_and_sessions_of_nothing_else() {
    let env = two_projects();
    env.tmux(["set-option", "-g", "remain-on-exit", "on"]);
    let end = |session: &str, pane: usize| {
        let pane = env.panes(session)[pane].id.clone();
        type_into(&env, &pane, "exit");
        wait_until("the end of the shell", || {
            env.panes(session).iter().find(|p| p.id == pane)?.dead.then_some(())
        });
    };
    end("claude-alpha", 1);
    assert_eq!(one(&env, "pane_dead").0, "alpha 0.1");
    end("claude-alpha", 0);
    assert_eq!(one(&env, "session_empty").0, "alpha");
    assert!(!kinds(&env).contains(&"pane_dead".to_owned()));
}

#[test]
fn an_agent_whose_pane_is_dead_has_no_shell() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let start = agent.wait_started(1).remove(0);
    env.tmux(["set-option", "-g", "remain-on-exit", "on"]);
    let panes = env.panes("claude-alpha");
    let end = |pane: usize| {
        env.tmux(["respawn-pane", "-k", "-t", &panes[pane].id, "exit"]);
        wait_until("the end of the pane", || {
            let all = env.panes("claude-alpha");
            all.iter().find(|found| found.id == panes[pane].id)?.dead.then_some(())
        });
    };
    end(0);
    agent.wait_ended(start.pid);
    let details = || {
        let found = env.recovery(["detect", "--json"]).run().code(1).json();
        let found = found["findings"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        found
            .map(|one| (text(&one["kind"]), text(&one["detail"])))
            .collect::<Vec<_>>()
    };
    let found = details();
    let kinds: Vec<&str> = found.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["pane_dead", "agent_exited"], "{found:?}");
    assert_eq!(found[1].1, "its agent has ended, and its pane is dead");
    end(1);
    let found = details();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "session_empty");
}

#[test]
fn an_agent_that_ended_and_one_that_outlived_its_session() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    for name in ["alpha", "beta"] {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
    let starts = agent.wait_started(2);
    assert!(findings(&env, "detect").is_empty());
    starts[0].process().signal(Signal::KILL);
    agent.wait_ended(starts[0].pid);
    wait_until("the record of its end", || {
        kinds(&env).contains(&"agent_exited".to_owned()).then_some(())
    });
    assert_eq!(one(&env, "agent_exited").0, "alpha");
    agent.outlive_terminal();
    let gamma = env.project("gamma");
    env.tsm(["create", "."]).dir(&gamma).run().success();
    let orphan = agent.wait_started(3).remove(2);
    // A user's own process of the same name, which no session of tsm's started.
    let own = env.command(&agent.program, [""; 0]).in_terminal();
    let unrelated = agent.wait_started(4).remove(3);
    env.tmux(["kill-session", "-t", "=claude-gamma"]);
    wait_until("the orphan", || {
        kinds(&env).contains(&"process_orphaned".to_owned()).then_some(())
    });
    let (subject, _) = one(&env, "process_orphaned");
    assert!(subject.contains(&format!("process {}", orphan.pid)), "{subject}");
    let orphans = findings(&env, "detect")
        .into_iter()
        .filter(|f| f.0 == "process_orphaned")
        .count();
    assert_eq!(orphans, 1);
    assert!(unrelated.process().alive());
    drop(own);
    // All that was told to outlive its terminal does.
    for start in agent.starts() {
        start.process().signal(Signal::KILL);
    }
}

/// What a `tsm save` of this machine writes into the lock that it holds.
pub(crate) fn lock_record(pid: u32, start_time: &str, since: i64) -> String {
    let kernel = |name: &str| {
        let text = fs::read_to_string(format!("/proc/sys/kernel/{name}")).unwrap();
        text.trim().to_owned()
    };
    let (boot, host) = (kernel("random/boot_id"), kernel("hostname"));
    let namespace = fs::metadata("/proc/self/ns/pid").unwrap().ino();
    format!(
        "version = 1\npid = {pid}\nstart_time = {start_time}\nboot_id = \"{boot}\"\npid_namespace = {namespace}\n\
         host = \"{host}\"\ncommand = \"tsm save\"\nsince = {since}\n"
    )
}

#[test]
fn crashed_holders_corrupt_states_and_leftovers() {
    let env = two_projects();
    let states = env.home().join(".claude/session-states");
    fs::remove_dir_all(states.join("history")).unwrap_or_default();
    fs::write(state_file(&env, "beta"), "no state \0").unwrap();
    fs::write(states.join(".tmp-4194304-1-0"), "half").unwrap();
    let lock = fs::read_dir(env.home().join(".local/state/tsm/locks"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::write(&lock, lock_record(4_194_303, "1", 7)).unwrap();
    let all = findings(&env, "detect");
    let kinds: Vec<&str> = all.iter().map(|finding| finding.0.as_str()).collect();
    assert_eq!(kinds, ["lock_crashed", "state_corrupt", "leftover"], "{all:?}");
    assert!(all[0].2.contains("tsm save") && all[1].1 == "beta");
    assert!(states.join(".tmp-4194304-1-0").exists(), "looking changes nothing");
}

#[test]
fn a_corrupt_state_with_a_history_says_what_is_used_instead() {
    let env = two_projects();
    env.tmux(["rename-window", "-t", "=claude-beta:", "changed"]);
    env.tsm(["save"]).run().success();
    fs::write(state_file(&env, "beta"), "no state \0").unwrap();
    let (subject, detail) = one(&env, "state_corrupt");
    assert_eq!(subject, "beta");
    assert!(detail.contains("of its history is used"), "{detail}");
    assert_eq!(
        fs::read(state_file(&env, "beta")).unwrap(),
        b"no state \0",
        "looking changes nothing"
    );
    // What it advises helps.
    env.tsm(["save", "beta"]).run().success();
    assert!(findings(&env, "detect").is_empty());
}

#[test]
fn a_lock_held_too_long_names_its_holder() {
    let env = two_projects();
    let holder = env.panes("claude-alpha")[1].pid;
    let stat = fs::read_to_string(format!("/proc/{holder}/stat")).unwrap();
    let start = stat.rsplit_once(") ").unwrap().1.split(' ').nth(19).unwrap();
    let mut locks = fs::read_dir(env.home().join(".local/state/tsm/locks"))
        .unwrap()
        .flatten();
    let lock = locks.next().unwrap().path();
    let since = 1_900_000_000;
    fs::write(&lock, lock_record(holder, start, since)).unwrap();
    let held = |after: i64| {
        let output = env.recovery(["detect", "--json"]).at(since + after).run();
        let document: Value = output.json();
        let held = document["findings"].as_array().unwrap().iter();
        held.filter(|found| found["kind"] == "lock_held")
            .cloned()
            .collect::<Vec<_>>()
    };
    assert!(held(1).is_empty(), "it may be held for a while");
    let found = held(3600);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["subject"], lock.to_str().unwrap());
    let detail = found[0]["detail"].as_str().unwrap();
    assert!(
        detail.contains(&format!("process {holder} (tsm save)")) && detail.contains("3600 s"),
        "{detail}"
    );
}

#[test]
fn an_uninterruptible_process_is_named() {
    let env = two_projects();
    let right = env.panes("claude-alpha")[1].id.clone();
    let fifo = env.root().join("fifo");
    env.command("mkfifo", [&fifo]).run().success();
    // Whoever starts a process by vfork waits uninterruptibly until it executes its program, which this one doesn't before
    // somebody writes into the fifo.
    let script = env.script(
        "waits",
        &format!(
            "#!/usr/bin/env python3\nimport os\nos.posix_spawn('/bin/true', ['true'], {{}}, \
             file_actions=[(os.POSIX_SPAWN_OPEN, 0, '{}', os.O_RDONLY, 0)])\n",
            fifo.display()
        ),
    );
    type_into(&env, &right, script.to_str().unwrap());
    wait_until("the process that waits", || {
        kinds(&env)
            .contains(&"process_uninterruptible".to_owned())
            .then_some(())
    });
    let (subject, detail) = one(&env, "process_uninterruptible");
    assert!(
        subject.contains("python3") && detail.contains("no signal reaches it"),
        "{subject}: {detail}"
    );
    fs::write(&fifo, "").unwrap();
    wait_until("its end", || findings(&env, "detect").is_empty().then_some(()));
}

#[test]
fn a_zombie_in_a_pane_is_named_with_its_parent() {
    let env = two_projects();
    let right = env.panes("claude-alpha")[1].id.clone();
    // A program that never asks how its child ended.
    let script = env.script("negligent", "#!/bin/sh\nsleep 0 &\nexec sleep 86396\n");
    type_into(&env, &right, script.to_str().unwrap());
    wait_until("the zombie", || {
        kinds(&env).contains(&"process_zombie".to_owned()).then_some(())
    });
    assert!(one(&env, "process_zombie").1.contains("doesn't ask how"));
}

#[test]
fn a_child_that_is_about_to_be_waited_for_is_no_zombie() {
    let env = two_projects();
    let right = env.panes("claude-alpha")[1].id.clone();
    // At any time one of its children has ended and waits some milliseconds.
    let script = "import os, time\nold = 0\nwhile True:\n new = os.fork()\n if new == 0: os._exit(0)\n \
                  if old: os.waitpid(old, 0)\n old = new\n open('up', 'w')\n time.sleep(0.02)\n";
    let file = env.root().join("children.py");
    fs::write(&file, script).unwrap();
    type_into(&env, &right, &format!("exec python3 '{}'", file.display()));
    let up = env.project("alpha").join("up");
    wait_until("the children", || up.exists().then_some(()));
    for _ in 0..3 {
        assert!(!kinds(&env).contains(&"process_zombie".to_owned()));
    }
}

#[test]
fn validate_tells_what_differs_from_the_states() {
    let env = two_projects();
    env.recovery(["backup"]).run().success();
    assert!(
        findings(&env, "validate").is_empty(),
        "{:?}",
        findings(&env, "validate")
    );
    env.tmux(["select-pane", "-t", "=claude-alpha:", "-T", "another title"]);
    env.tmux(["new-window", "-d", "-t", "=claude-beta:"]);
    let all = findings(&env, "validate");
    assert!(
        all.iter()
            .any(|f| f.0 == "session_differs" && f.1.starts_with("alpha") && f.2.contains("title")),
        "{all:?}"
    );
    assert!(
        all.iter()
            .any(|f| f.1.starts_with("beta") && f.2.contains("wasn't there")),
        "{all:?}"
    );
}

#[test]
fn validate_reads_every_byte_of_the_newest_backup() {
    let env = two_projects();
    assert!(findings(&env, "validate").iter().all(|f| f.0 == "backup_missing"));
    let file = env.recovery(["backup"]).run().success().stdout_str().trim().to_owned();
    let mut bytes = fs::read(&file).unwrap();
    let last = bytes.len() - 25;
    bytes[last] ^= 4;
    fs::write(&file, bytes).unwrap();
    let all = findings(&env, "validate");
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (all[0].0.as_str(), all[0].1.as_str()),
        ("backup_damaged", file.as_str())
    );
    assert!(all[0].2.starts_with("it is damaged: "), "{all:?}");
}
