//! Panes that lie above the others: tmux 3.8 can be told where, older ones tile them, which is said.

use std::fs;

use tests::{Environment, wait_until};
use tmux_core::{Capability, Version};

use crate::switch::state;

fn seen(env: &Environment) -> String {
    let format = "#{pane_index} #{pane_left},#{pane_top} #{pane_width}x#{pane_height} #{pane_floating_flag} #{pane_active} \
                  #{pane_title} #{pane_current_path}";
    String::from_utf8(env.tmux(["list-panes", "-t", "=claude-alpha:", "-F", format])).unwrap()
}

#[test]
fn what_floated_floats_again() {
    let env = Environment::new();
    let path = env.project("alpha");
    let src = env.project("alpha/src");
    env.tsm(["create", ".", "--size", "160x45"]).dir(&path).run().success();
    let version = String::from_utf8(env.tmux(["display-message", "-p", "#{version}"])).unwrap();
    let version = Version::parse(version.trim());
    if !version.has(Capability::FloatingPanes) {
        tiled_where_nothing_can_float(&env);
        return;
    }
    for (x, y) in [("4", "2"), ("30", "9")] {
        let args = [
            "new-pane",
            "-d",
            "-t",
            "=claude-alpha:",
            "-x",
            "50",
            "-y",
            "10",
            "-X",
            x,
            "-Y",
            y,
        ];
        let place = ["-c", src.to_str().unwrap(), "-T", "above"];
        env.tmux([&args[..], &place[..]].concat());
    }
    env.tmux(["select-pane", "-t", "=claude-alpha:0.1"]);
    let before = wait_until("the shells' directories", || {
        let seen = seen(&env);
        (seen.matches("/alpha/src").count() == 2).then_some(seen)
    });
    assert_eq!(before.lines().count(), 4, "{before}");
    env.tsm(["save"]).run().success();
    env.kill_server_hard();
    let output = env.tsm(["restore"]).run().success();
    if version.has(Capability::JsonLayouts) {
        assert!(!output.stdout_str().contains("pane 0."), "{}", output.stdout_str());
        wait_until("all panes as they were", || (seen(&env) == before).then_some(()));
    } else {
        assert_eq!(
            output.stdout_str().matches("it lay above the others").count(),
            2,
            "{output:?}"
        );
        assert_eq!(seen(&env).lines().count(), 4);
    }
}

/// A state of tmux 3.8 on an older one.
fn tiled_where_nothing_can_float(env: &Environment) {
    env.tsm(["save"]).run().success();
    env.kill_server_hard();
    let file = env.home().join(".claude/session-states/alpha.state");
    let json = r#"{"V":2,"L":{"t":"v","w":160,"h":45,"x":0,"y":0,"c":[{"t":"p","w":160,"h":45,"x":0,"y":0,"i":0,"a":true},{"t":"p","w":48,"h":8,"x":5,"y":3,"i":1,"z":0}]}}"#;
    let text = state(env, "alpha");
    let with_json = text.replacen("WINDOW_0_", &format!("WINDOW_0_LAYOUT_JSON='{json}'\nWINDOW_0_"), 1);
    fs::write(&file, with_json).unwrap();
    let output = env.tsm(["restore"]).run().success();
    assert!(
        output.stdout_str().contains("pane 0.1: it lay above the others"),
        "{output:?}"
    );
    assert_eq!(env.panes("claude-alpha").len(), 2);
}
