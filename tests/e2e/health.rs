//! `tsm health`: every check in order, out of order, and what it tells machines.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tests::programs::built;
use tests::{Environment, FakeAgent, Signal};

fn create(env: &Environment, name: &str) {
    let path = env.project(name);
    env.tsm(["create", ".", "-q"]).dir(&path).run().success();
}

fn report(env: &Environment) -> Value {
    let output = env.tsm(["health", "--json"]).run();
    let report = output.json();
    assert_eq!(report["schema"], 1);
    // 0 only if nothing is an error.
    let code = if report["status"] == "error" { 1 } else { 0 };
    output.code(code);
    report
}

#[track_caller]
fn check(report: &Value, name: &str) -> Value {
    let checks = report["checks"].as_array().expect("checks");
    let found = checks.iter().find(|check| check["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {report:#}")).clone()
}

#[track_caller]
fn expect(env: &Environment, name: &str, status: &str, detail: &str, remedy: &str) {
    let check = check(&report(env), name);
    let text = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    assert_eq!(text("status"), status, "{check:#}");
    assert!(text("detail").contains(detail), "{check:#}");
    assert!(text("remedy").contains(remedy), "{check:#}");
    assert_eq!(check["remedy"].is_null(), status == "ok", "{check:#}");
}

#[test]
fn a_machine_in_order_is_told_so() {
    let env = Environment::new().with("TSM_AUTOSAVE", "on").with("LC_ALL", "C.UTF-8");
    FakeAgent::install(&env, "claude");
    create(&env, "todo");
    create(&env, "article");
    env.recovery(["backup"]).run().success();
    let output = env.tsm(["health"]).run().code(0);
    let lines: Vec<&str> = output.stdout_str().lines().collect();
    // The lines of the original, whose symbols are words where no terminal is.
    for line in [
        "ok      tmux binary: available",
        "ok      tmux server: running",
        "ok      claude binary: available",
        "ok      project todo: directory exists",
        "ok      project article: directory exists",
        "ok      state directory: exists (2 states)",
        "ok      temp directory: writable",
        "ok      lock file: clean",
        "ok      tmux client and server: of one version",
        "ok      locale: C.UTF-8",
        "ok      states: of today",
        "ok      last backup: of today",
        "ok      autosave: by hooks",
    ] {
        assert!(
            lines.iter().any(|found| found.starts_with(line)),
            "no {line:?} in {lines:#?}"
        );
    }
    assert!(!output.stdout_str().contains('\u{1b}'));
    // As root, or beside a cleaned /tmp, it warns of those; nothing else is wrong.
    let warned: Vec<&&str> = lines.iter().filter(|line| line.starts_with("warning ")).collect();
    let known = [
        "warning user:",
        "warning tmux socket:",
        "warning SYSTEM STATUS:",
        "warning logout:",
    ];
    assert!(
        warned
            .iter()
            .all(|line| known.iter().any(|start| line.starts_with(start))),
        "{warned:#?}"
    );
    let verdict = lines.last().expect("a line");
    let number = warned.len().saturating_sub(1);
    match number {
        0 => assert_eq!(*verdict, "ok      SYSTEM STATUS: OPTIMAL"),
        1 => assert_eq!(*verdict, "warning SYSTEM STATUS: 1 WARNING"),
        _ => assert_eq!(*verdict, format!("warning SYSTEM STATUS: {number} WARNINGS")),
    }
}

#[test]
fn on_a_terminal_symbols_have_colours() {
    let env = Environment::new();
    let mut terminal = env.tsm(["health"]).in_terminal();
    let screen = terminal.wait_screen(|screen| screen.contains("SYSTEM STATUS"));
    assert!(screen.contains("✔ tmux binary: available"), "{screen}");
    assert!(terminal.exit_status().success());
    let forced = env.tsm(["health", "--color", "always"]).run();
    assert!(forced.stdout_str().contains("\u{1b}[32m✔\u{1b}[0m tmux binary"));
}

#[test]
fn an_empty_home_is_in_order() {
    let env = Environment::new();
    let report = report(&env);
    assert_ne!(report["status"], "error", "{report:#}");
    assert!(!env.home().join(".claude").exists(), "looking makes nothing");
    assert!(!env.home().join(".local/state/tsm").exists(), "looking makes nothing");
}

#[test]
fn a_tmux_that_is_missing_or_too_old_is_an_error() {
    let env = Environment::new();
    let old = env.script("old-tmux", "#!/bin/sh\necho tmux 3.1c\n");
    let report = |tmux: &str| env.tsm(["health", "--json"]).env("TSM_TMUX", tmux).run().code(1).json();
    let found = check(&report(old.to_str().unwrap()), "tmux binary");
    assert_eq!(found["status"], "error");
    assert_eq!(found["detail"], "3.1c is too old: tsm needs 3.2a");
    let found = check(&report("/nonexistent/tmux"), "tmux binary");
    assert!(found["remedy"].as_str().unwrap().contains("install tmux"), "{found}");
    let fault = env.script("faulty-tmux", "#!/bin/sh\necho tmux 3.7\n");
    let found = env.tsm(["health", "--json"]).env("TSM_TMUX", fault).run().json();
    assert_eq!(check(&found, "tmux version")["status"], "warning");
}

#[test]
fn another_tmux_than_the_server_s_is_told() {
    let env = Environment::new();
    create(&env, "todo");
    let other = env.script("other-tmux", "#!/bin/sh\necho tmux 9.9\n");
    let found = env.tsm(["health", "--json"]).env("TSM_TMUX", other).run().json();
    let found = check(&found, "tmux client and server");
    assert_eq!(found["status"], "warning");
    assert!(
        found["remedy"].as_str().unwrap().starts_with("set TSM_TMUX=/"),
        "{found}"
    );
}

#[test]
fn a_server_that_hangs_or_lost_its_socket_is_an_error() {
    let env = Environment::new();
    create(&env, "todo");
    let server = env.server().expect("a server");
    server.signal(Signal::STOP);
    expect(&env, "tmux server", "error", "doesn't answer", "tsm-recovery emergency");
    server.signal(Signal::CONT);
    expect(&env, "tmux server", "ok", "running", "");
    fs::remove_file(env.socket()).unwrap();
    expect(&env, "tmux server", "error", "socket was deleted", "kill -USR1");
    server.signal(Signal::USR1);
    tests::wait_until("the socket", || env.socket().exists().then_some(()));
}

#[test]
fn what_is_wrong_with_files_is_told() {
    let env = Environment::new();
    create(&env, "todo");
    create(&env, "article");
    let states = env.home().join(".claude/session-states");
    let mode = |mode: u32| fs::set_permissions(&states, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o755);
    expect(&env, "state directory", "warning", "others can read", "chmod 700");
    mode(0o777);
    expect(&env, "state directory", "error", "others can write", "chmod 700");
    mode(0o700);
    fs::remove_dir_all(states.join("history/todo")).unwrap();
    fs::write(states.join("todo.state"), "damaged [").unwrap();
    expect(&env, "state of todo", "error", "todo.state", "tsm-recovery restore");
    fs::remove_dir_all(env.root().join("projects/article")).unwrap();
    expect(&env, "project article", "warning", "article", "make the directory anew");
    env.tsm_config(&format!(
        "[projects.article]\npath = \"{}\"\n",
        env.root().join("projects/article").display()
    ));
    expect(
        &env,
        "project article",
        "error",
        "article",
        "projects.article in the config",
    );
    let report = env.tsm(["health", "--json"]).env("TMPDIR", "/nonexistent").run().json();
    assert_eq!(check(&report, "temp directory")["status"], "error");
}

#[test]
fn time_that_passes_is_told() {
    const NOW: i64 = 1_900_000_000;
    let env = Environment::new().at(NOW);
    FakeAgent::install(&env, "claude");
    create(&env, "todo");
    env.recovery(["backup"]).run().success();
    let at = |time: i64| env.tsm(["health", "--json"]).at(time).run().json();
    let status = |report: &Value, name: &str| check(report, name)["status"].clone();
    let now = at(NOW + 3600);
    assert_eq!(
        (status(&now, "states"), status(&now, "last backup")),
        ("ok".into(), "ok".into())
    );
    let then = at(NOW + 25 * 3600);
    assert_eq!(check(&then, "states")["detail"], "older than a day: todo");
    let then = at(NOW + 8 * 86_400);
    assert_eq!(check(&then, "last backup")["detail"], "8 days old");
    assert_eq!(status(&then, "last backup"), "warning");
    // What was looked at and hadn't changed isn't old.
    env.tsm(["autosave-run"]).at(NOW + 24 * 3600).run().success();
    assert_eq!(status(&at(NOW + 25 * 3600), "states"), "ok");
}

#[test]
fn conversations_that_are_about_to_be_deleted_are_told() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    create(&env, "todo");
    let argv = agent.wait_started(1).remove(0).argv;
    let flag = argv
        .iter()
        .position(|word| word == "--session-id")
        .expect("a conversation");
    let conversation = &argv[flag + 1];
    let directory = env.home().join(".claude/projects/x");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join(format!("{conversation}.jsonl"));
    fs::write(&file, "{}\n").unwrap();
    expect(&env, "agent transcripts", "ok", "kept for 30 days", "");
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(25 * 86_400);
    fs::File::options()
        .append(true)
        .open(&file)
        .unwrap()
        .set_modified(old)
        .unwrap();
    expect(
        &env,
        "agent transcripts",
        "warning",
        "those of todo within 7 days",
        "tsm-recovery backup",
    );
    fs::write(env.home().join(".claude/settings.json"), "{\"cleanupPeriodDays\": 365}").unwrap();
    expect(&env, "agent transcripts", "ok", "kept for 365 days", "");
}

#[test]
fn a_locale_without_utf_8_is_told() {
    let env = Environment::new();
    let with = |locale: &str| env.tsm(["health", "--json"]).env("LC_ALL", locale).run().json();
    assert_eq!(check(&with("POSIX"), "locale")["status"], "warning");
    assert_eq!(check(&with("C.UTF-8"), "locale")["status"], "ok");
}

#[test]
fn a_missing_agent_that_the_config_names_is_an_error() {
    let env = Environment::new();
    expect(&env, "claude binary", "warning", "not in PATH", "agent = \"shell\"");
    env.tsm_config("agent = \"claude\"\n");
    expect(&env, "claude binary", "error", "not in PATH", "install it");
    env.tsm_config("agent = \"shell\"\n");
    expect(&env, "claude binary", "ok", "not needed", "");
}

#[test]
fn sessions_that_went_with_their_server_are_told() {
    let env = Environment::new();
    create(&env, "todo");
    env.kill_server_hard();
    expect(
        &env,
        "sessions",
        "warning",
        "1 session went with a server that is gone: todo",
        "tsm restore",
    );
}

/// Prometheus' own parser, from PyPI; `cargo xtask` puts it into the target folder.
fn parse(text: &str) -> Vec<(String, Value, f64)> {
    let tools = built("tsm-under-test")
        .ancestors()
        .nth(2)
        .expect("a target folder")
        .join("tools");
    let library: PathBuf = tools.join("prometheus-client-0.26.0");
    assert!(
        library.is_dir(),
        "{} isn't there; `cargo xtask e2e` puts it there",
        library.display()
    );
    let script = "import sys, json\n\
                  from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse\n\
                  rows = []\n\
                  for family in parse(sys.stdin.read()):\n    \
                  for s in family.samples: rows.append([s.name, s.labels, s.value])\n\
                  json.dump(rows, sys.stdout)\n";
    let mut child = Command::new("python3")
        .args(["-c", script])
        .env("PYTHONPATH", library)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("python");
    std::io::Write::write_all(&mut child.stdin.take().expect("piped"), text.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(
        output.status.success(),
        "{}\n{text}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("rows")
}

#[test]
fn a_prometheus_parser_reads_the_figures() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let before = parse(env.tsm(["health", "--metrics"]).run().stdout_str());
    let value = |rows: &[(String, Value, f64)], name: &str, labels: Value| {
        let found = rows.iter().find(|(found, with, _)| found == name && *with == labels);
        found.map(|(_, _, value)| *value)
    };
    let none = || serde_json::json!({});
    assert_eq!(value(&before, "tsm_switches_total", none()), Some(0.0));
    create(&env, "todo");
    agent.wait_started(1);
    env.tsm(["switch", "todo", "--no-attach"]).run().success();
    env.tsm(["save"]).run().success();
    env.tsm(["save", "nowhere"]).run().code(3);
    env.recovery(["backup"]).run().success();
    let output = env.tsm(["health", "--metrics"]).run();
    let rows = parse(output.stdout_str());
    let label = |name: &str, value: &str| serde_json::json!({ name: value });
    for (name, labels, expected) in [
        ("tsm_sessions", label("state", "healthy"), 1.0),
        ("tsm_panes", none(), 2.0),
        ("tsm_tmux_up", none(), 1.0),
        ("tsm_switches_total", none(), 1.0),
        ("tsm_switch_duration_seconds_count", none(), 1.0),
        ("tsm_save_duration_seconds_count", none(), 2.0),
        ("tsm_errors_total", label("class", "not_found"), 1.0),
        (
            "tsm_calls_total",
            serde_json::json!({"verb": "create", "outcome": "done"}),
            1.0,
        ),
        ("tsm_backups", label("condition", "sound"), 1.0),
        ("tsm_backups_made_total", none(), 1.0),
        ("tsm_states", label("condition", "sound"), 1.0),
        ("tsm_watcher_up", none(), 0.0),
    ] {
        assert_eq!(
            value(&rows, name, labels.clone()),
            Some(expected),
            "{name} {labels}\n{}",
            output.stdout_str()
        );
    }
    let waits = value(&rows, "tsm_lock_wait_seconds_count", none()).expect("lock waits");
    assert!(waits >= 3.0, "{waits}");
    let agents: f64 = rows
        .iter()
        .filter(|(name, _, _)| name == "tsm_agents")
        .map(|(_, _, value)| value)
        .sum();
    assert!((agents - 1.0).abs() < f64::EPSILON, "{agents}");
    assert!(
        rows.iter()
            .any(|(name, _, bytes)| name == "tsm_agent_memory_bytes" && *bytes > 0.0)
    );
    assert!(
        rows.iter()
            .any(|(name, _, bytes)| name == "tsm_tmux_memory_bytes" && *bytes > 100_000.0)
    );
}
