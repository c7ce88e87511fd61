//! Projects with a tmux server of their own: nothing of another server, and no file, is touched; what is lost comes back to
//! its own.

use std::fs;

use serde_json::Value;
use tests::process::{Process, Signal};
use tests::{FakeAgent, wait_until};

use crate::servers::{create_both, end_server, sessions_of, socket, tmux, two_servers};
use crate::switch::{sessions, state};

/// A foreign session of the same name here stays what it is.
#[test]
fn the_dashboards_keys_reach_the_projects_server() {
    let env = two_servers();
    let config = env.home().join(".config/tsm/config.toml");
    let told = env.root().join("told");
    let hook = format!(
        "hooks.error = 'echo \"$TSM_VERB $TSM_PROJECT $TSM_SOCKET\" >> {}'\n",
        told.display()
    );
    let text = hook + &fs::read_to_string(&config).unwrap();
    fs::write(&config, text).unwrap();
    create_both(&env);
    env.tmux(["new-session", "-d", "-s", "claude-beta"]);
    let mut terminal = env.tsm(["dashboard"]).in_terminal();
    terminal.wait_screen(|screen| screen.contains("alpha") && screen.contains("beta"));
    terminal.type_text("/beta\r");
    terminal.wait_screen(|screen| screen.contains("match beta"));
    tmux(&env, "two", &["rename-window", "-t", "=claude-beta:", "renamed"]);
    terminal.type_text("s");
    terminal.wait_screen(|screen| screen.contains("beta saved"));
    assert!(state(&env, "beta").contains("renamed"));
    terminal.type_text("ky");
    terminal.wait_screen(|screen| screen.contains("beta saved and ended"));
    assert!(sessions_of(&env, "two").is_empty());
    terminal.type_text("c");
    terminal.wait_screen(|screen| screen.contains("claude-beta created"));
    assert_eq!(sessions_of(&env, "two"), ["claude-beta"]);
    assert_eq!(sessions(&env), ["claude-alpha", "claude-beta"]);
    // What fails there is told with that server.
    tmux(&env, "two", &["kill-session", "-t", "=claude-beta"]);
    terminal.type_text("ky");
    terminal.wait_screen(|screen| screen.contains("beta has no session"));
    let expected = format!("kill beta {}\n", socket(&env, "two").display());
    wait_until("the hook", || {
        (fs::read_to_string(&told).ok()? == expected).then_some(())
    });
    terminal.type_text("q");
    assert!(terminal.exit_status().success());
    assert_eq!(sessions(&env), ["claude-alpha", "claude-beta"]);
}

#[test]
fn what_an_agent_there_works_with_is_left_alone_here() {
    let env = two_servers();
    let config = env.home().join(".config/tsm/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replace("agent = \"shell\"", "")).unwrap();
    let agent = FakeAgent::install(&env, "claude");
    env.tsm(["create", "beta"]).run().success();
    agent.wait_started(1);
    let state = state(&env, "beta");
    let id = state.lines().find_map(|line| line.strip_prefix("SESSION_ID=\""));
    let id = id.unwrap().trim_end_matches('"').to_owned();
    let mut left = env.command("sleep", ["1000"]).env("TSM_AGENT", &id).start();
    let subject = format!("process {} (sleep)", left.pid());
    let reasons = |args: &[&str]| {
        let actions = env.tsm(args).run().success().json();
        let actions = actions["actions"].as_array().unwrap().clone();
        let of_it = actions.into_iter().filter(|action| action["subject"] == *subject);
        of_it
            .map(|action| action["reason"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let there = wait_until("it is seen there", || {
        let reasons = reasons(&["-L", "two", "cleanup", "--json"]);
        (!reasons.is_empty()).then_some(reasons)
    });
    assert_eq!(there, ["the agent that started it is still at work"]);
    assert!(reasons(&["cleanup", "--json"]).is_empty());
    env.recovery(["detect"]).run().success();
    assert!(Process::of(left.pid()).is_some_and(|process| process.alive()));
    left.kill();
    let _killed = left.wait();
    env.tsm(["kill", "beta"]).run().success();
}

/// tmux would remove what is there to make its socket.
#[test]
fn a_servers_path_costs_nobody_a_file() {
    let env = two_servers();
    let config = env.home().join(".config/tsm/config.toml");
    let text = fs::read_to_string(&config).unwrap();
    let notes = env.home().join("notes");
    fs::write(&notes, "mine").unwrap();
    let named = |path: &str| fs::write(&config, text.replace("\"two\"", &format!("\"{path}\""))).unwrap();
    named("~/notes");
    for args in [&["create", "beta"][..], &["switch", "beta", "--no-attach"]] {
        let refused = env.tsm(args).run().code(7);
        assert!(refused.stderr_str().contains("no socket"), "{refused:?}");
    }
    env.tsm(["create", "alpha"]).run().success();
    for args in [
        &["list", "--all"][..],
        &["status", "beta"],
        &["status", "--all"],
        &["restore"],
        &["restore", "--all"],
        &["save"],
        &["cleanup"],
        &["dashboard", "--once"],
    ] {
        env.tsm(args).run().success();
        assert_eq!(fs::read_to_string(&notes).unwrap(), "mine", "{args:?}");
    }
    env.recovery(["detect"]).run().success();
    assert_eq!(fs::read_to_string(&notes).unwrap(), "mine");
    named("~/missing/socket");
    let refused = env.tsm(["create", "beta"]).run().code(7);
    assert!(
        refused.stderr_str().contains("its directory doesn't exist"),
        "{refused:?}"
    );
    assert!(!env.home().join("missing").exists());
    assert_eq!(state(&env, "beta"), "");
}

#[test]
fn restore_brings_each_back_to_its_own_server() {
    let env = two_servers();
    create_both(&env);
    end_server(&env, "two");
    let listed = env.tsm(["list"]).run().success();
    assert!(
        listed.stderr_str().contains("1 of the sessions"),
        "{}",
        listed.stderr_str()
    );
    // Here it isn't built, whoever restores everything of this server.
    env.recovery(["emergency", "--yes"]).run().success();
    assert_eq!(sessions(&env), ["claude-alpha"]);
    let told = env.tsm(["restore"]).run().success();
    assert_eq!(told.stdout_str(), "beta restored\n");
    assert_eq!(sessions(&env), ["claude-alpha"]);
    assert_eq!(sessions_of(&env, "two"), ["claude-beta"]);

    // An emergency here leaves that server alone.
    let pid = tmux(&env, "two", &["display-message", "-p", "#{pid}"]);
    env.recovery(["emergency", "--yes"]).run().success();
    assert_eq!(tmux(&env, "two", &["display-message", "-p", "#{pid}"]), pid);
    assert_eq!(sessions_of(&env, "two"), ["claude-beta"]);

    end_server(&env, "two");
    env.kill_server_hard();
    let told = env.tsm(["restore", "--all"]).run().success();
    assert_eq!(told.stdout_str(), "alpha restored\nbeta restored\n");
    assert_eq!(sessions(&env), ["claude-alpha"]);
    assert_eq!(sessions_of(&env, "two"), ["claude-beta"]);
    end_server(&env, "two");
}

#[test]
fn a_restored_backup_brings_each_session_to_its_own_server() {
    let env = two_servers();
    create_both(&env);
    let backup = env.recovery(["backup", "--json"]).run().success().json();
    let file = backup["file"].as_str().unwrap().to_owned();
    let restore = |more: &[&str]| {
        env.recovery(["restore", &file, "--sessions", "--json"])
            .args(more)
            .run()
    };
    let outcomes = |json: &Value| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let sessions = json["sessions"].as_array().unwrap_or_else(|| panic!("{json}"));
        sessions
            .iter()
            .map(|one| (text(&one["project"]), text(&one["outcome"])))
            .collect()
    };
    let expected = |outcome: &str| ["alpha", "beta"].map(|project| (project.to_owned(), outcome.to_owned()));
    assert_eq!(
        outcomes(&restore(&["--dry-run"]).success().json()),
        expected("already_live")
    );
    end_server(&env, "two");
    env.kill_server_hard();
    assert_eq!(
        outcomes(&restore(&["--dry-run"]).success().json()),
        expected("restored")
    );
    assert_eq!(outcomes(&restore(&[]).success().json()), expected("restored"));
    assert_eq!(sessions(&env), ["claude-alpha"]);
    assert_eq!(sessions_of(&env, "two"), ["claude-beta"]);
    env.recovery(["validate"]).run().success();
    assert_eq!(outcomes(&restore(&[]).success().json()), expected("already_live"));
    env.recovery(["detect"]).run().success();
    env.recovery(["validate"]).run().success();

    // One that can't be asked keeps none of the others from coming back.
    env.kill_server_hard();
    let pid: u32 = tmux(&env, "two", &["display-message", "-p", "#{pid}"])[0]
        .parse()
        .unwrap();
    let server = Process::of(pid).unwrap();
    server.signal(Signal::STOP);
    let restored = restore(&[]).code(8).json();
    server.signal(Signal::CONT);
    let [alpha, _] = expected("restored");
    let [_, beta] = expected("failed");
    assert_eq!(outcomes(&restored), [alpha, beta]);
    assert_eq!(sessions(&env), ["claude-alpha"]);
    end_server(&env, "two");
}
