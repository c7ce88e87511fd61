//! `tsm cleanup` puts away what has ended, and nothing that lives.

use std::fs;

use serde_json::Value;
use tests::process::Signal;
use tests::{Environment, FakeAgent, wait_until};

use crate::recovery_detect::lock_record;
use crate::switch::{state, type_into};

/// Kind, subject, whether it was done, and the reason.
type Action = (String, String, bool, String);

fn cleanup(env: &Environment, args: &[&str]) -> Vec<Action> {
    let all: Vec<&str> = ["cleanup", "--json"].iter().chain(args).copied().collect();
    let document: Value = env.tsm(all).run().success().json();
    let word = |action: &Value, key: &str| action[key].as_str().unwrap().to_owned();
    let actions = document["actions"].as_array().unwrap();
    actions
        .iter()
        .map(|action| {
            let done = action["done"].as_bool().unwrap();
            (
                word(action, "kind"),
                word(action, "subject"),
                done,
                word(action, "reason"),
            )
        })
        .collect()
}

fn kinds(actions: &[Action]) -> Vec<(&str, &str, bool)> {
    actions
        .iter()
        .map(|(kind, subject, done, _)| (kind.as_str(), subject.as_str(), *done))
        .collect()
}

fn end_shell(env: &Environment, session: &str, pane: usize) {
    let pane = env.panes(session)[pane].id.clone();
    type_into(env, &pane, "exit");
    wait_until("the end of the shell", || {
        env.panes(session).iter().find(|p| p.id == pane)?.dead.then_some(())
    });
}

#[test]
fn where_nothing_has_ended_nothing_happens() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let before = (env.panes("claude-alpha"), state(&env, "alpha"));
    assert_eq!(cleanup(&env, &[]), []);
    let said = env.tsm(["cleanup"]).run().success();
    assert_eq!(said.stderr_str(), "tsm: there is nothing to clean up\n");
    assert_eq!((env.panes("claude-alpha"), state(&env, "alpha")), before);
    env.kill_server();
    fs::remove_file(env.socket()).unwrap_or_default();
    assert_eq!(cleanup(&env, &[]), []);
}

#[test]
fn dead_panes_and_sessions_go_and_what_they_showed_stays() {
    let env = Environment::new();
    for name in ["alpha", "beta"] {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
    env.tmux(["set-option", "-g", "remain-on-exit", "on"]);
    env.tmux(["new-session", "-d", "-s", "stranger", "true"]);
    type_into(&env, &env.panes("claude-alpha")[1].id.clone(), "echo last words");
    end_shell(&env, "claude-alpha", 1);
    end_shell(&env, "claude-beta", 0);
    end_shell(&env, "claude-beta", 1);
    let found = [("pane_dead", "alpha 0.1"), ("session_empty", "beta")];
    let of = |done| found.map(|(kind, subject)| (kind, subject, done)).to_vec();
    assert_eq!(kinds(&cleanup(&env, &["--dry-run"])), of(false));
    assert_eq!(env.panes("claude-alpha").len(), 2);
    assert_eq!(kinds(&cleanup(&env, &[])), of(true));
    assert_eq!(env.panes("claude-alpha").len(), 1);
    assert!(!env.panes("claude-alpha")[0].dead);
    let sessions = String::from_utf8(env.tmux(["list-sessions", "-F", "#{session_name}"])).unwrap();
    assert_eq!(sessions, "claude-alpha\nstranger\n");
    let shown = env.home().join(".claude/session-states/scrollback/alpha/0.1.txt.zst");
    let shown = env.command("zstdcat", [shown]).run().success();
    assert!(shown.stdout_str().contains("last words"), "{shown:?}");
    assert!(state(&env, "beta").contains("SESSION_LIFECYCLE=\"ended\""));
    // What was closed can be had back.
    assert!(state(&env, "alpha").contains("WINDOW_0_PANES=\"0 1\""));
    assert_eq!(cleanup(&env, &[]), []);
}

#[test]
fn a_dead_session_that_somebody_looks_at_stays() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    env.tmux(["set-option", "-g", "remain-on-exit", "on"]);
    end_shell(&env, "claude-alpha", 0);
    end_shell(&env, "claude-alpha", 1);
    let _client = env
        .tmux_command(["attach-session", "-t", "=claude-alpha"])
        .in_terminal();
    wait_until("the client", || (!env.tmux(["list-clients"]).is_empty()).then_some(()));
    let actions = cleanup(&env, &[]);
    assert_eq!(kinds(&actions), [("session_empty", "alpha", false)]);
    assert_eq!(actions[0].3, "another client looks at it");
}

#[test]
fn what_agents_left_behind_ends_and_nothing_of_others() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let start = agent.wait_started(1).remove(0);
    let state = state(&env, "alpha");
    let id = state
        .lines()
        .find_map(|line| line.strip_prefix("SESSION_ID=\""))
        .unwrap();
    let id = id.trim_end_matches('"').to_owned();
    // As a server that the agent started for its work, and one that anybody started.
    let left = env.command("sleep", ["1000"]).env("TSM_AGENT", &id).start();
    let stranger = env.command("sleep", ["1000"]).start();
    let subject = format!("process {} (sleep)", left.pid());
    wait_until("it is seen", || {
        let actions = cleanup(&env, &["--dry-run"]);
        actions.iter().any(|action| action.1 == subject).then_some(())
    });
    let actions = cleanup(&env, &[]);
    assert_eq!(kinds(&actions), [("process_orphaned", subject.as_str(), false)]);
    assert_eq!(actions[0].3, "the agent that started it is still at work");
    start.process().signal(Signal::KILL);
    agent.wait_ended(start.pid);
    wait_until("the record of its end", || {
        let detected = env.recovery(["detect"]).run();
        detected.stdout_str().contains("its agent has ended").then_some(())
    });
    assert_eq!(
        kinds(&cleanup(&env, &[])),
        [("process_orphaned", subject.as_str(), true)]
    );
    let ended = left.wait();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended.status), Some(15));
    assert!(tests::process::Process::of(stranger.pid()).is_some_and(|process| process.alive()));
}

/// What is kept of agents and leases, by its kind: records, their directories, leases.
fn kept(env: &Environment) -> [usize; 3] {
    let tsm = env.home().join(".local/state/tsm");
    let entries = |name: &str| fs::read_dir(tsm.join(name)).into_iter().flatten().flatten();
    let records = entries("agents").filter(|entry| entry.path().is_file()).count();
    let directories = entries("agents").filter(|entry| entry.path().is_dir()).count();
    [records, directories, entries("leases").count()]
}

#[test]
fn what_was_kept_of_agents_goes_when_their_sessions_are_long_gone() {
    let env = Environment::new();
    let claude = tests::FakeClaude::install(&env);
    for name in ["alpha", "beta"] {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
    for start in claude.wait_started(2) {
        claude.wait_status(start.pid, "idle");
    }
    wait_until("both agents to be recorded", || (kept(&env) == [2, 2, 2]).then_some(()));
    let states = env.home().join(".claude/session-states");
    let later = || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        (now.unwrap().as_secs() + 31 * 24 * 3600).to_string()
    };
    let in_a_month = |args: &[&str]| {
        let all: Vec<&str> = ["cleanup", "--json"].iter().chain(args).copied().collect();
        let document: Value = env.tsm(all).env("TSM_NOW", later()).run().success().json();
        let actions = document["actions"].as_array().unwrap().clone();
        let subject = |action: &Value| action["subject"].as_str().unwrap().to_owned();
        let subjects = actions.iter().map(subject);
        // The server's socket isn't the matter here.
        subjects.filter(|subject| subject.contains("/tsm/")).collect::<Vec<_>>()
    };
    assert_eq!(in_a_month(&[]), [""; 0], "what lives stays");
    env.tsm(["kill", "alpha"]).run().success();
    env.tsm(["kill", "beta"]).run().success();
    let planned = in_a_month(&["--dry-run"]);
    assert!(
        planned.len() == 2 && planned.iter().all(|subject| subject.contains("/leases/")),
        "{planned:?}"
    );
    // Alpha's state goes, with its history; the states of another directory know nothing of it.
    fs::remove_file(states.join("alpha.state")).unwrap();
    fs::remove_dir_all(states.join("history/alpha")).unwrap();
    let others = env.root().join("other-states");
    let elsewhere = env
        .tsm([
            "--state-dir",
            others.to_str().unwrap(),
            "cleanup",
            "--json",
            "--dry-run",
        ])
        .env("TSM_NOW", later())
        .run()
        .success()
        .json();
    let actions = elsewhere["actions"].as_array().unwrap();
    assert!(
        actions
            .iter()
            .all(|action| !action["subject"].as_str().unwrap().contains("/agents/")),
        "{elsewhere}"
    );
    let early = cleanup(&env, &[]);
    assert!(early.iter().all(|action| !action.1.contains("/tsm/")), "{early:?}");
    assert_eq!(kept(&env), [2, 2, 2]);
    assert_eq!(in_a_month(&["--dry-run"]).len(), 3);
    assert_eq!(kept(&env), [2, 2, 2]);
    assert_eq!(in_a_month(&[]).len(), 3);
    assert_eq!(kept(&env), [1, 1, 0], "beta's is its state's");
    assert_eq!(in_a_month(&[]), [""; 0]);
}

#[test]
fn what_killed_runs_left_goes() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    env.recovery(["backup"]).run().success();
    let tsm = env.home().join(".local/state/tsm");
    let leftovers = [
        env.home().join(".claude/session-states/.tmp-4194304-1-0"),
        env.home().join(".claude/backups/.tmp-4194304-1-0"),
        tsm.join("agents/.tmp-4194304-1-0"),
    ];
    fs::create_dir_all(tsm.join("agents")).unwrap();
    for leftover in &leftovers {
        fs::write(leftover, "half").unwrap();
    }
    let record = lock_record(4_194_303, "1", 7);
    let locks: Vec<_> = fs::read_dir(tsm.join("locks"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    for lock in &locks {
        fs::write(lock, &record).unwrap();
    }
    env.kill_server_hard();
    wait_until("the server's end", || env.server().is_none().then_some(()));
    let planned = cleanup(&env, &["--dry-run"]);
    assert!(leftovers.iter().all(|leftover| leftover.exists()) && env.socket().exists());
    let done = cleanup(&env, &[]);
    assert!(done.iter().all(|action| action.2), "{done:?}");
    assert_eq!((planned.len(), done.len()), (4 + locks.len(), 4 + locks.len()));
    assert!(!leftovers.iter().any(|leftover| leftover.exists()) && !env.socket().exists());
    assert_eq!(cleanup(&env, &[]), []);
    env.tsm(["restore"]).run().success();
    assert_eq!(env.panes("claude-alpha").len(), 2);
}
