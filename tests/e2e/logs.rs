//! `tsm logs`: what was done, by whom, and what comes.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tests::{Environment, Process, Signal, wait_for};

fn create(env: &Environment, name: &str) {
    let path = env.project(name);
    env.tsm(["create", "."]).dir(&path).run().success();
}

#[test]
fn verbs_that_change_something_are_logged_and_others_are_not() {
    let env = Environment::new().at(1_760_000_000);
    let empty = env.tsm(["logs"]).run().success();
    assert_eq!(
        (empty.stdout_str(), empty.stderr_str()),
        ("", "tsm: the log is empty\n")
    );
    create(&env, "alpha");
    env.tsm(["list"]).run().success();
    env.tsm(["status", "alpha"]).run().success();
    env.tsm(["save", "nowhere"]).run().code(3);
    let log = env.tsm(["logs"]).run().success();
    let lines: Vec<&str> = log.stdout_str().lines().collect();
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(lines[0].starts_with("2025-10-09T08:53:20Z info    ["), "{lines:#?}");
    assert!(lines[0].contains("] create alpha: done (ms="), "{lines:#?}");
    assert!(
        lines[1].contains("] save: there is no project nowhere (ms=") && lines[1].contains(" class=not_found)"),
        "{lines:#?}"
    );
    let last = env.tsm(["logs", "-n", "1"]).run().success();
    assert_eq!(last.stdout_str().lines().collect::<Vec<_>>(), lines[1..]);
    let file = env.home().join(".local/state/tsm/tsm.log");
    assert_eq!(file.metadata().expect("a log").permissions().mode() & 0o777, 0o600);
}

#[test]
fn json_by_choice() {
    let env = Environment::new();
    env.tsm_config("log.format = \"json\"\n");
    create(&env, "alpha");
    let log = env.tsm(["logs"]).run().success();
    let record: serde_json::Value = serde_json::from_str(log.stdout_str()).expect("one object");
    assert_eq!(record["verb"], "create");
    assert_eq!(record["project"], "alpha");
    assert_eq!(record["message"], "done");
    assert_eq!(record["level"], "info");
    assert!(record["fields"]["ms"].is_string() && record["pid"].is_u64() && record["time"].is_string());
}

#[test]
fn an_argument_forges_no_record() {
    let env = Environment::new();
    for format in ["human", "json"] {
        env.tsm_config(&format!("log.format = \"{format}\"\n"));
        let hostile = "x\n2026-01-01T00:00:00Z info    [1] create forged: done\u{1b}]0;t\u{7}";
        env.tsm(["save", hostile]).run().code(2);
    }
    let log = env.tsm(["logs"]).run().success();
    assert_eq!(log.stdout_str().lines().count(), 2, "{}", log.stdout_str());
    let raw = fs::read(env.home().join(".local/state/tsm/tsm.log")).expect("a log");
    assert!(raw.iter().all(|byte| *byte == b'\n' || !byte.is_ascii_control()));
}

#[test]
fn following_goes_on_over_rotations() {
    let env = Environment::new();
    env.tsm_config("log = { max_bytes = 600, keep = 50 }\n");
    env.tsm(["save", "n0"]).run().code(3);
    let follower = env.tsm(["logs", "-f", "-n", "5"]).start();
    let shown = |n: usize| {
        wait_for(&format!("record {n}"), || {
            let shown = String::from_utf8_lossy(&follower.stdout_so_far()).into_owned();
            if shown.contains(&format!("no project n{n} ")) {
                Ok(())
            } else {
                Err(shown)
            }
        });
    };
    shown(0);
    for n in 1..30 {
        env.tsm(["save", &format!("n{n}")]).run().code(3);
    }
    shown(29);
    let text = String::from_utf8_lossy(&follower.stdout_so_far()).into_owned();
    let numbers: Vec<usize> = text
        .lines()
        .map(|line| {
            line.split("no project n")
                .nth(1)
                .unwrap()
                .split(' ')
                .next()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    assert_eq!(numbers, (0..30).collect::<Vec<_>>());
    assert!(env.home().join(".local/state/tsm/tsm.log.3").exists(), "it rotated");
    Process::of(follower.pid()).expect("it follows").signal(Signal::TERM);
    let _ended = follower.wait();
}

/// Waiting costs nothing: no clock ticks while nothing is written.
#[test]
fn following_an_idle_log_uses_no_processor() {
    let env = Environment::new();
    env.tsm(["save", "n0"]).run().code(3);
    let follower = env.tsm(["logs", "-f"]).start();
    wait_for("the first record", || {
        let shown = follower.stdout_so_far();
        if shown.is_empty() { Err(()) } else { Ok(()) }
    });
    // It sleeps in one system call, and makes no other while this test looks again and again.
    let switches = || {
        let status = fs::read_to_string(format!("/proc/{}/status", follower.pid())).unwrap_or_default();
        let line = status
            .lines()
            .find(|line| line.starts_with("voluntary_ctxt_switches"))
            .map(str::to_owned);
        line.unwrap_or_default()
    };
    let mut before = switches();
    wait_for("it to sleep", || {
        let now = switches();
        if now == before {
            Ok(())
        } else {
            before = now.clone();
            Err(now)
        }
    });
    for _ in 0..1000 {
        assert_eq!(switches(), before);
    }
    Process::of(follower.pid()).expect("it follows").signal(Signal::TERM);
    let _ended = follower.wait();
}
