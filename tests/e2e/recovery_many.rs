//! A hundred sessions at once; states that somebody made to do harm; another version of tmux.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tests::{Environment, wait_for, wait_until};

use crate::recovery_detect::findings;
use crate::switch::{sessions, state};

/// Everything that must be the same afterwards, of every pane: place, directory, title, whether it is the active one, and
/// the window's layout without the ids of panes.
fn seen(env: &Environment) -> BTreeMap<String, String> {
    let format = "#{session_name}:#{window_index}.#{pane_index}|#{pane_width}x#{pane_height} #{pane_left},#{pane_top} \
                  #{pane_current_path} #{pane_title} #{pane_active} #{window_name}";
    let output = env.tmux_command(["list-panes", "-a", "-F", format]).run();
    let text = output.stdout_str().to_owned();
    text.lines()
        .map(|line| line.split_once('|').unwrap())
        .map(|(place, what)| (place.to_owned(), what.to_owned()))
        .collect()
}

/// As many sessions, made by tmux itself and adopted: that is how a test gets them fast.
fn many(env: &Environment, count: usize) {
    for n in 0..count {
        let path = env.project(&format!("p{n}"));
        env.tsm(["create", "."]).dir(&path).run().success();
        let right = format!("=claude-p{n}:0.1");
        env.tmux(["select-pane", "-t", &right, "-T", &format!("title {n}")]);
        if n % 2 == 0 {
            env.tmux(["select-pane", "-t", &right]);
        }
    }
}

#[track_caller]
fn wait_as_before(env: &Environment, before: &BTreeMap<String, String>) {
    wait_for("all panes as they were", || {
        let after = seen(env);
        let differ: Vec<_> = before
            .iter()
            .filter(|(place, pane)| after.get(*place) != Some(pane))
            .take(3)
            .collect();
        if differ.is_empty() && after.len() == before.len() {
            Ok(())
        } else {
            Err(format!("{differ:?}"))
        }
    });
}

#[test]
fn a_hundred_sessions_come_back_equal_after_kill_9() {
    let env = Environment::new();
    many(&env, 100);
    let before = wait_until("the shells' directories", || {
        let panes = seen(&env);
        (panes.len() == 200 && panes.values().all(|pane| pane.contains("/projects/p"))).then_some(panes)
    });
    env.tsm(["save"]).time_limit(Duration::from_secs(120)).run().success();
    env.kill_server_hard();
    env.tsm(["restore"])
        .time_limit(Duration::from_secs(120))
        .run()
        .success();
    wait_as_before(&env, &before);
    env.recovery(["backup"]).run().success();
    assert!(findings(&env, "validate").is_empty());
    // All of it once more, by the way back from anything.
    env.recovery(["emergency", "--yes"])
        .time_limit(Duration::from_secs(120))
        .run()
        .success();
    wait_as_before(&env, &before);
}

/// Each replaces a value in the state; none may harm the server, run anything, or take another session along.
#[test]
fn hostile_states_are_refused_or_tamed() {
    let env = Environment::new();
    for name in ["alpha", "lives"] {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
    env.tsm(["kill", "alpha"]).run().success();
    let server = env.server().unwrap();
    let lives: Vec<u32> = env.panes("claude-lives").iter().map(|pane| pane.pid).collect();
    let file = env.home().join(".claude/session-states/alpha.state");
    let sound = state(&env, "alpha");
    let marker = env.root().join("ran");
    let job = format!("\"#(touch {})\"", marker.display());
    let with = |key: &str, value: &str| -> String {
        let lines = sound.lines().map(|line| match line.split_once('=') {
            Some((name, _)) if name == key => format!("{key}={value}"),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n") + "\n"
    };
    let layouts = [
        "\"\"",
        "\"zzzz\"",
        "\"[[[\"",
        "\"#(x)\"",
        "\"5a63,4294967295x4294967295,0,0,0\"",
    ];
    let mut hostile: Vec<String> = layouts.iter().map(|layout| with("WINDOW_LAYOUT", layout)).collect();
    for key in [
        "SESSION_NAME",
        "WINDOW_0_NAME",
        "PANE_0_0_TITLE",
        "PANE_0_1_TITLE",
        "PANE_0_1_CWD",
        "CURRENT_PATH",
    ] {
        hostile.push(with(key, &job));
    }
    for key in ["SESSION_WIDTH", "SESSION_HEIGHT", "PANE_0_0_WIDTH"] {
        for number in ["0", "10001", "4294967295", "99999999999999999999"] {
            hostile.push(with(key, number));
        }
    }
    hostile.push(with("WINDOW_0_PANE_COUNT", "10000"));
    hostile.push(with("WINDOW_0_INDEX", "4294967295"));
    for text in hostile {
        fs::write(&file, &text).unwrap();
        let output = env.tsm(["restore", "alpha", "--run"]).run();
        assert!(
            matches!(output.status.code(), Some(0 | 1 | 3 | 6 | 7 | 8)),
            "{output:?}\n{text}"
        );
        assert_eq!(env.server(), Some(server), "{text}");
        for name in sessions(&env).iter().filter(|name| *name != "claude-lives") {
            env.tmux(["kill-session", "-t", &format!("={name}")]);
        }
        let now: Vec<u32> = env.panes("claude-lives").iter().map(|pane| pane.pid).collect();
        assert_eq!(now, lives, "{text}");
    }
    assert!(!marker.exists(), "nothing that was saved is run");
}

/// With `TSM_TMUX_OTHER` naming another tmux, states of one version are restored under the other, and back. Without it
/// there is nothing to try: the gate's machine has one version.
#[test]
fn states_of_one_version_are_restored_under_another() {
    let Some(other) = std::env::var_os("TSM_TMUX_OTHER").map(PathBuf::from) else {
        eprintln!("left out: TSM_TMUX_OTHER names no other tmux");
        return;
    };
    let this = std::env::var_os("TSM_TMUX").map_or_else(|| PathBuf::from("/usr/bin/tmux"), PathBuf::from);
    for (from, to) in [(&this, &other), (&other, &this)] {
        let env = Environment::new().with("TSM_TMUX", from.as_os_str());
        let socket = env.socket();
        let run = |tmux: &PathBuf, args: &[&str]| {
            let output = env.command(tmux, ["-u", "-S"]).arg(&socket).args(args).run().success();
            output.stdout_str().to_owned()
        };
        let path = env.project("alpha");
        env.tsm(["create", ".", "--size", "203x57"]).dir(&path).run().success();
        run(from, &["split-window", "-v", "-t", "=claude-alpha:0.1"]);
        run(from, &["split-window", "-h", "-t", "=claude-alpha:0.2"]);
        let format = "#{pane_index} #{pane_left},#{pane_top} #{pane_width}x#{pane_height} #{pane_active}";
        let before = run(from, &["list-panes", "-t", "=claude-alpha:", "-F", format]);
        env.tsm(["save"]).run().success();
        env.kill_server_hard();
        let file = env.home().join(".claude/session-states/alpha.state");
        assert!(file.exists());
        env.tsm(["restore"]).env("TSM_TMUX", to.as_os_str()).run().success();
        assert_eq!(run(to, &["list-panes", "-t", "=claude-alpha:", "-F", format]), before);
        env.kill_server_hard();
    }
}
