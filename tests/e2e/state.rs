//! Saved states, seen from outside.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tests::Environment;

use crate::switch::state;

#[test]
fn a_state_has_the_keys_of_the_specification_first() {
    let env = Environment::new().at(1_724_513_234);
    let path = env.project("todo");
    env.tsm(["create", ".", "--size", "120x40"]).dir(&path).run().success();
    let text = state(&env, "todo");
    let keys: Vec<&str> = text
        .lines()
        .skip(1)
        .map(|line| line.split('=').next().unwrap())
        .take(8)
        .collect();
    let expected = [
        "PROJECT",
        "SESSION_NAME",
        "WORKING_DIR",
        "CURRENT_PATH",
        "LAST_SAVE",
        "WINDOW_LAYOUT",
        "PANE_INFO",
        "CLAUDE_PID",
    ];
    assert_eq!(keys, expected);
    for line in [
        "PROJECT=\"todo\"",
        "SESSION_NAME=\"claude-todo\"",
        "LAST_SAVE=1724513234",
        "PANE_INFO=\"0:107x40 1:12x40\"",
        "CLAUDE_PID=\"\"",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    let directory = env.home().join(".claude/session-states");
    assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(
        fs::metadata(directory.join("todo.state")).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn a_state_can_be_shown_and_evaluated() {
    let env = Environment::new();
    let path = env.project("todo");
    env.tsm(["create", "."]).dir(&path).run().success();
    let json = env.tsm(["state", "todo", "--json"]).run().success().json();
    assert_eq!(
        (json["project"].as_str(), json["state"]["PROJECT"].as_str()),
        (Some("todo"), Some("todo"))
    );
    let shown = env.tsm(["state", "todo"]).run().success();
    assert_eq!(shown.stdout_str(), state(&env, "todo"));
    let eval = env.command(
        "sh",
        [
            "-c",
            "eval \"$(tsm state todo --shell)\" && printf %s \"$SESSION_NAME\"",
        ],
    );
    assert_eq!(eval.run().success().stdout_str(), "claude-todo");
    env.tsm(["state", "nothing"]).run().code(3);
}

#[test]
fn earlier_states_stay_in_the_history() {
    let env = Environment::new().at(1_000_000);
    let path = env.project("todo");
    env.tsm(["create", "."]).dir(&path).run().success();
    env.tmux(["new-window", "-d", "-t", "claude-todo:5"]);
    let env = env.at(2_000_000);
    env.tsm(["save"]).run().success();
    let history = env.tsm(["state", "todo", "--history"]).run().success();
    let lines: Vec<&str> = history.stdout_str().lines().collect();
    assert!(
        lines
            .iter()
            .any(|line| line.contains("1970-01-12T13:46:40Z  create  live    1 window, 2 panes")),
        "{lines:?}"
    );
    let json = env.tsm(["state", "todo", "--history", "--json"]).run().success().json();
    assert_eq!(json["history"][0]["reason"], "create");
    assert_eq!(json["history"][0]["saved"], "1970-01-12T13:46:40Z");
    // 2,000,000 is 277 h 46 min 40 s after 1,000,000.
    for (ago, windows) in [("277 hours ago", "0"), ("278 hours ago", "0"), ("0 seconds ago", "0 5")] {
        let then = env.tsm(["state", "todo", "--at", ago, "--json"]).run();
        if ago == "278 hours ago" {
            then.code(3);
        } else {
            assert_eq!(then.success().json()["state"]["SESSION_WINDOWS"], windows, "{ago}");
        }
    }
    let number = json["history"][0]["number"].to_string();
    let by_number = env
        .tsm(["state", "todo", "--at", &format!("#{number}")])
        .run()
        .success();
    assert!(by_number.stdout_str().contains("LAST_SAVE=1000000\n"));
    let then = env
        .tsm(["state", "todo", "--at", "1500000", "--json"])
        .run()
        .success()
        .json();
    assert_eq!(then["state"]["LAST_SAVE"], 1_000_000);
    env.tsm(["kill", "todo"]).run().success();
    env.tsm(["restore", "todo", "--at", "1500000"]).run().success();
    assert_eq!(env.panes("claude-todo").len(), 2);
}

#[test]
fn a_state_file_that_was_deleted_is_not_forgotten() {
    let env = Environment::new();
    let path = env.project("todo");
    env.tsm(["create", "."]).dir(&path).run().success();
    env.tmux(["new-window", "-d", "-t", "claude-todo:5"]);
    env.tsm(["save"]).run().success();
    let file = env.home().join(".claude/session-states/todo.state");
    fs::remove_file(&file).unwrap();
    let shown = env.tsm(["state", "todo"]).run().success();
    assert!(shown.stderr_str().contains("it is missing); #"), "{shown:?}");
    // The session is still tsm's, and is saved again.
    env.tsm(["save"]).run().success();
    assert!(state(&env, "todo").contains("SESSION_WINDOWS=\"0 5\"\n"));
    fs::remove_file(&file).unwrap();
    env.tmux(["kill-server"]);
    env.tsm(["restore", "todo"]).run().success();
    assert_eq!(env.panes("claude-todo").len(), 2);
}

#[test]
fn a_state_directory_that_others_can_write_is_refused() {
    let env = Environment::new();
    let path = env.project("todo");
    let directory = env.home().join(".claude/session-states");
    fs::create_dir_all(&directory).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
    let output = env.tsm(["create", "."]).dir(&path).run();
    assert!(!output.status.success());
    assert!(env.server().is_none());
}

#[test]
fn a_wrong_config_is_named_with_its_line() {
    let env = Environment::new();
    env.tsm_config("agent = \"auto\"\nprefxi = \"work\"\n");
    let output = env.tsm(["list"]).run().success();
    let told = "config.toml:2: there is no key `prefxi` here (did you mean `prefix`?)\n";
    assert!(output.stderr_str().contains(told), "{}", output.stderr_str());
    assert!(env.tsm(["config", "check"]).run().code(2).stderr_str().contains(told));
    env.tsm_config("prefix = \"work\"\nlock_timeout = 5\n");
    let show = env.tsm(["config", "show"]).env("TSM_LOCK_TIMEOUT", "7").run().success();
    let row = |key: &str| {
        show.stdout_str()
            .lines()
            .find(|line| line.starts_with(key))
            .unwrap()
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(row("prefix"), "prefix work config file");
    assert_eq!(row("lock_timeout"), "lock_timeout 7 s variable TSM_LOCK_TIMEOUT");
    assert_eq!(row("agent"), "agent auto default");
    env.tsm(["config", "check"]).run().success();
    let path = env.tsm(["config", "path"]).run().success();
    assert!(path.stdout_str().ends_with("/.config/tsm/config.toml\n"));
}

#[test]
fn a_state_directory_that_others_can_read_is_closed_with_a_notice() {
    let env = Environment::new();
    let path = env.project("todo");
    let directory = env.home().join(".claude/session-states");
    fs::create_dir_all(&directory).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o755)).unwrap();
    let output = env.tsm(["create", "."]).dir(&path).run().success();
    assert!(
        output.stderr_str().contains("is now closed to others"),
        "{}",
        output.stderr_str()
    );
    assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_session_whose_record_cannot_be_read_is_not_passed_over() {
    let env = Environment::new();
    for name in ["todo", "other"] {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
    let directory = env.home().join(".claude/session-states");
    fs::write(directory.join("todo.state"), "damaged").unwrap();
    fs::remove_dir_all(directory.join("history/todo")).unwrap();
    let output = env.tsm(["save"]).run().code(8);
    assert!(
        output.stderr_str().contains("todo.state can't be used: "),
        "{}",
        output.stderr_str()
    );
}

#[test]
fn the_server_inherits_nothing() {
    let env = Environment::new();
    let path = env.project("todo");
    // Started while tsm holds the operation lock.
    env.tsm(["create", "."]).dir(&path).run().success();
    let pid = env.server_pid().unwrap();
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let open: Vec<_> = descriptors
        .flatten()
        .filter_map(|descriptor| fs::read_link(descriptor.path()).ok())
        .collect();
    assert!(open.len() >= 3, "{open:?}");
    let ours = [env.home().join(".local"), env.home().join(".claude")];
    let inherited = open.iter().find(|file| ours.iter().any(|dir| file.starts_with(dir)));
    assert_eq!(inherited, None, "{open:?}");
}

#[test]
fn debug_logs_every_call_of_tmux() {
    let env = Environment::new();
    let path = env.project("todo");
    let output = env.tsm(["create", "."]).dir(&path).env("DEBUG", "1").run().success();
    let calls: Vec<&str> = output
        .stderr_str()
        .lines()
        .filter(|line| line.starts_with("debug: tmux "))
        .collect();
    assert!(
        calls
            .iter()
            .any(|line| line.contains(" ms, status 0: \"") && line.contains("\"new-session\"")),
        "{calls:?}"
    );
    assert_eq!(output.stdout_str(), "claude-todo\n");
}
