//! Saving, losing the server, and getting everything back.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use tests::{Environment, FakeAgent, wait_until};

use crate::switch::{sessions, state, type_into};

#[derive(Debug, PartialEq, Eq)]
struct Seen {
    window: u32,
    pane: u32,
    geometry: [u32; 4],
    cwd: PathBuf,
}

fn seen(env: &Environment, session: &str) -> Vec<Seen> {
    let panes = env.panes(session).into_iter();
    panes
        .map(|pane| Seen {
            window: pane.window,
            pane: pane.pane,
            geometry: [pane.left, pane.top, pane.width, pane.height],
            cwd: pane.cwd,
        })
        .collect()
}

fn flags(env: &Environment, session: &str) -> String {
    let format = "#{window_index}.#{pane_index} #{?automatic-rename,its own,#{window_name}} #{window_active} #{pane_active} #{window_zoomed_flag} #{pane_title}";
    String::from_utf8(env.tmux(["list-panes", "-s", "-t", &format!("={session}"), "-F", format])).unwrap()
}

#[test]
fn after_kill_9_everything_comes_back() {
    let env = Environment::new();
    let path = env.project("alpha");
    let other = env.project("other");
    let (src, doc) = (env.project("alpha/src"), env.project("alpha/doc"));
    env.tsm(["create", ".", "--size", "203x57"]).dir(&path).run().success();
    env.tsm(["create", "."]).dir(&other).run().success();
    let right = env.panes("claude-alpha")[1].id.clone();
    env.tmux(["split-window", "-t", &right, "-v", "-c", src.to_str().unwrap()]);
    env.tmux([
        "split-window",
        "-t",
        &right,
        "-v",
        "-l",
        "5",
        "-c",
        doc.to_str().unwrap(),
    ]);
    env.tmux([
        "new-window",
        "-d",
        "-t",
        "=claude-alpha:4",
        "-n",
        "fixed name",
        "-c",
        doc.to_str().unwrap(),
    ]);
    env.tmux([
        "split-window",
        "-d",
        "-t",
        "=claude-alpha:4",
        "-h",
        "-c",
        src.to_str().unwrap(),
    ]);
    env.tmux(["new-window", "-d", "-t", "=claude-alpha:9", "-c", src.to_str().unwrap()]);
    env.tmux(["select-pane", "-t", &right, "-T", "a #(title) of ours"]);
    env.tmux(["select-pane", "-t", &right]);
    env.tmux(["resize-pane", "-Z", "-t", "=claude-alpha:4"]);
    env.tmux(["select-window", "-t", "=claude-alpha:4"]);
    let before = wait_until("the shells' directories", || {
        let panes = seen(&env, "claude-alpha");
        (panes.len() == 7 && panes.iter().filter(|pane| pane.cwd == src).count() == 3).then_some(panes)
    });
    let flags_before = flags(&env, "claude-alpha");
    env.tsm(["save"]).run().success();
    env.kill_server_hard();

    // Without a server, and twice.
    let list = env.tsm(["list", "--json"]).run().success().json();
    assert_eq!(list["sessions"].as_array().map(Vec::len), Some(0));
    let dry = env.tsm(["restore", "--dry-run", "--json"]).run().success().json();
    assert_eq!(dry["plan"], serde_json::json!(["restore alpha", "restore other"]));
    assert!(env.server().is_none());
    let json = env.tsm(["restore", "--json"]).run().success().json();
    let restored = json["sessions"].as_array().unwrap();
    assert!(
        restored.len() == 2 && restored.iter().all(|session| session["outcome"] == "restored"),
        "{json}"
    );
    assert_eq!(sessions(&env), ["claude-alpha", "claude-other"]);
    let after = wait_until("the shells' directories", || {
        Some(seen(&env, "claude-alpha")).filter(|after| *after == before)
    });
    assert_eq!(after.len(), 7);
    assert_eq!(flags(&env, "claude-alpha"), flags_before);

    let pids: Vec<u32> = env.panes("claude-alpha").iter().map(|pane| pane.pid).collect();
    let again = env.tsm(["restore", "--json"]).run().success().json();
    assert_eq!(again["sessions"].as_array().map(Vec::len), Some(0));
    let named = env.tsm(["restore", "alpha", "--json"]).run().success().json();
    assert_eq!(named["sessions"][0]["outcome"], "already_live");
    assert_eq!(
        env.panes("claude-alpha")
            .iter()
            .map(|pane| pane.pid)
            .collect::<Vec<_>>(),
        pids
    );
}

#[test]
fn a_session_that_came_back_as_it_was_keeps_its_time_and_its_history() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let then = i64::try_from(now).unwrap() - 2 * 24 * 3600;
    let env = Environment::new();
    // Nothing else saves in this test.
    env.tsm_config("[autosave]\nenabled = false\n");
    let todo = env.project("todo");
    env.tsm(["create", "."]).dir(&todo).at(then).run().success();
    env.tsm(["save"]).at(then + 60).run().success();
    let value = |name: &str| {
        let text = state(&env, "todo");
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.unwrap_or_default().to_owned()
    };
    let history = || {
        let json = env.tsm(["state", "todo", "--history", "--json"]).run().success().json();
        json["history"].as_array().map(Vec::len).unwrap()
    };
    let (saved, server, entries) = (value("LAST_SAVE"), value("SESSION_SERVER_PID"), history());
    assert!(!server.is_empty(), "{}", state(&env, "todo"));
    env.kill_server_hard();
    env.tsm(["restore"]).run().success();
    assert_eq!((value("LAST_SAVE"), history()), (saved.clone(), entries));
    assert_ne!(value("SESSION_SERVER_PID"), server);
    // It is nothing that nobody has looked at for days.
    let health = env.tsm(["health", "--json"]).run().json();
    let checks = health["checks"].as_array().unwrap();
    let states = checks.iter().find(|check| check["name"] == "states").unwrap();
    assert_eq!(states["status"], "ok", "{states}");
    // What didn't come back as it was is a change.
    let right = env.panes("claude-todo")[1].id.clone();
    type_into(&env, &right, "sleep 86390");
    wait_until("the program to be recorded", || {
        env.tsm(["save"]).at(then + 120).run().success();
        state(&env, "todo").contains("86390").then_some(())
    });
    let entries = history();
    env.kill_server_hard();
    env.tsm(["restore"]).run().success();
    assert_ne!(value("LAST_SAVE"), saved);
    assert_eq!(history(), entries + 1);
}

#[test]
fn what_was_ended_or_closed_stays_away_unless_named() {
    let env = Environment::new();
    for name in ["lives", "killed", "closed"] {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
    env.tsm(["kill", "killed"]).run().success();
    env.tmux(["kill-session", "-t", "=claude-closed"]);
    env.tsm(["save"]).run().success();
    assert!(
        state(&env, "closed").contains("SESSION_LIFECYCLE=\"closed\""),
        "{}",
        state(&env, "closed")
    );
    env.kill_server_hard();
    env.tsm(["restore"]).run().success();
    assert_eq!(sessions(&env), ["claude-lives"]);
    env.tsm(["restore", "killed", "closed"]).run().success();
    assert_eq!(sessions(&env), ["claude-closed", "claude-killed", "claude-lives"]);
}

#[test]
fn programs_are_offered_and_started_on_request() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let right = env.panes("claude-alpha")[1].id.clone();
    type_into(&env, &right, "sleep 86399");
    wait_until("the program", || {
        (env.panes("claude-alpha")[1].command == "sleep").then_some(())
    });
    env.tsm(["save"]).run().success();
    env.kill_server_hard();
    let json = env.tsm(["restore", "--dry-run", "--json"]).run().success().json();
    let pane = &json["sessions"][0]["panes"][1];
    assert_eq!(
        (pane["outcome"].as_str(), pane["detail"].as_str()),
        (Some("offered"), Some("`sleep 86399` ran here"))
    );
    let list = env.tsm(["list"]).run().success();
    assert!(
        list.stderr_str()
            .contains("1 of the sessions were live in a server that is gone"),
        "{}",
        list.stderr_str()
    );
    let dry = env.tsm(["restore", "--dry-run", "--run"]).run().success();
    assert!(
        dry.stdout_str().contains("pane 0.1: `sleep 86399` is started again"),
        "{}",
        dry.stdout_str()
    );
    env.tsm(["restore", "--run"]).run().success();
    wait_until("the program", || {
        (env.panes("claude-alpha")[1].command == "sleep").then_some(())
    });
}

#[test]
fn after_a_program_that_was_started_again_there_is_the_shell() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let right = env.panes("claude-alpha")[1].id.clone();
    type_into(&env, &right, "cat");
    wait_until("the program", || {
        (env.panes("claude-alpha")[1].command == "cat").then_some(())
    });
    env.tsm(["kill", "alpha"]).run().success();
    env.tsm(["restore", "alpha", "--run"]).run().success();
    wait_until("the program", || {
        (env.panes("claude-alpha")[1].command == "cat").then_some(())
    });
    let right = env.panes("claude-alpha")[1].id.clone();
    env.tmux(["send-keys", "-t", &right, "C-d"]);
    wait_until("the shell", || {
        (env.panes("claude-alpha").get(1)?.command == "sh").then_some(())
    });
}

#[test]
fn the_command_that_saves_is_not_in_the_state() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let right = env.panes("claude-alpha")[1].id.clone();
    type_into(&env, &right, "cd / && tsm save && echo done > \"$HOME/saved\"");
    wait_until("the save", || env.home().join("saved").exists().then_some(()));
    assert!(
        state(&env, "alpha").contains("PANE_0_1_CWD=\"/\""),
        "{}",
        state(&env, "alpha")
    );
    assert!(
        state(&env, "alpha").contains("PANE_0_1_ARG_COUNT=0"),
        "{}",
        state(&env, "alpha")
    );
}

#[test]
fn the_agent_comes_back_with_its_session() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let first = agent.wait_started(1).remove(0);
    env.tsm(["save"]).run().success();
    env.kill_server_hard();
    agent.wait_ended(first.pid);
    env.tsm(["restore"]).run().success();
    let second = agent.wait_started(2).remove(1);
    assert_eq!(second.argv[1..], first.argv[1..]);
    assert_eq!(second.cwd, path);
}

#[test]
fn a_missing_directory_is_told_and_the_rest_comes_back() {
    let env = Environment::new();
    let path = env.project("alpha");
    let gone = env.project("alpha/gone");
    env.tsm(["create", "."]).dir(&path).run().success();
    let right = env.panes("claude-alpha")[1].id.clone();
    type_into(&env, &right, "cd gone");
    wait_until("the directory", || {
        (env.panes("claude-alpha")[1].cwd == gone).then_some(())
    });
    env.tsm(["save"]).run().success();
    env.kill_server_hard();
    std::fs::remove_dir(&gone).unwrap();
    let output = env.tsm(["restore"]).run().success();
    assert!(
        output.stdout_str().contains("pane 0.1: its directory"),
        "{}",
        output.stdout_str()
    );
    assert!(env.panes("claude-alpha").iter().all(|pane| pane.cwd == path));
}

#[test]
fn a_layout_that_kills_servers_is_never_sent() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    env.tsm(["kill", "alpha"]).run().success();
    let file = env.home().join(".claude/session-states/alpha.state");
    // 3.8 has it in another notation too, which would do.
    let text: String = state(&env, "alpha")
        .split_inclusive('\n')
        .filter(|line| !line.contains("_LAYOUT_JSON="))
        .collect();
    let layout = text
        .lines()
        .find_map(|line| line.strip_prefix("WINDOW_LAYOUT="))
        .unwrap()
        .to_owned();
    for bad in [
        "\"\"",
        "\"zzzz\"",
        "\"5a63,4294967295x4294967295,0,0,0\"",
        "\"b25d,80x24,0,0,0\"",
    ] {
        std::fs::write(&file, text.replace(&layout, bad)).unwrap();
        let output = env.tsm(["restore", "alpha"]).run().success();
        assert!(
            output.stdout_str().contains("the panes are tiled")
                || output.stdout_str().contains("the panes lie much like it"),
            "{bad}: {}",
            output.stdout_str()
        );
        assert_eq!(env.panes("claude-alpha").len(), 2);
        env.tsm(["kill", "alpha"]).run().success();
    }
}

/// What the records will say is known before tmux is done: one that came out otherwise would be written anew, which takes
/// longer and is noticed here alone.
#[test]
fn records_of_many_are_written_while_tmux_builds() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    for n in 0..17 {
        let path = env.project(&format!("p{n}"));
        let without: &[&str] = if n == 3 { &[] } else { &["--no-agent"] };
        env.tsm(["create", "."]).args(without).dir(&path).run().success();
    }
    let first = agent.wait_started(1).remove(0);
    env.tmux(["split-window", "-v", "-t", "=claude-p5:0.1"]);
    env.tmux(["new-window", "-d", "-t", "=claude-p5:4", "-n", "more"]);
    env.tmux(["split-window", "-h", "-t", "=claude-p5:4"]);
    env.tsm(["save"]).run().success();
    let layout = env.tmux(["display-message", "-p", "-t", "=claude-p5:0", "#{window_layout}"]);
    // What 3.8 prints says more than can be known before.
    let (ahead, anew) = if layout.starts_with(b"{") { (1, 16) } else { (17, 0) };
    env.kill_server_hard();
    agent.wait_ended(first.pid);
    let output = env.tsm(["restore"]).env("DEBUG", "1").run().success();
    let told = format!("records written ahead: {ahead}, anew: {anew}");
    assert!(output.stderr_str().contains(&told), "{output:?}");
    for n in 0..17 {
        assert_eq!(env.panes(&format!("claude-p{n}")).len(), if n == 5 { 5 } else { 2 });
    }
    // The records know the server that the sessions are in now.
    let again = env.tsm(["restore"]).run().success();
    assert_eq!(again.stdout_str().lines().next(), Some("nothing to restore"));
    agent.wait_started(2);
}

#[test]
fn of_many_one_that_cannot_be_recorded_keeps_no_other_from_it() {
    let env = Environment::new();
    // More than come in two calls.
    let projects: Vec<String> = (0..36).map(|n| format!("p{n:02}")).collect();
    for project in &projects {
        let path = env.project(project);
        env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
    }
    env.tsm(["kill", "--all"]).run().success();
    let history = env.home().join(".claude/session-states/history/p05");
    std::fs::remove_dir_all(&history).unwrap();
    std::fs::write(&history, "in the way").unwrap();
    let output = env.tsm(["restore", "p*"]).run();
    assert!(!output.status.success(), "{output:?}");
    assert_eq!(sessions(&env).len(), projects.len());
    let is_live = |project: &&String| state(&env, project).contains("SESSION_LIFECYCLE=\"live\"");
    let (live, others): (Vec<_>, Vec<_>) = projects.iter().partition(is_live);
    assert_eq!(others, ["p05"], "{live:?}");
    // What is no longer in the way is made good by the next save.
    std::fs::remove_file(&history).unwrap();
    env.tsm(["save"]).run().success();
    assert!(is_live(&&projects[5]));
}
