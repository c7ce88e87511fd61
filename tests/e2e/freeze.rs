//! Templates from living sessions.

use std::fs;

use tests::{Environment, wait_until};

use crate::template::{places, wait_screen, windows};

/// A session of somebody else's: two windows, the first in three panes, one of which runs something.
fn foreign(env: &Environment) -> (std::path::PathBuf, std::path::PathBuf) {
    let (path, src) = (env.project("shop"), env.project("shop/src"));
    let (at, in_src) = (path.to_str().unwrap(), src.to_str().unwrap());
    env.tmux([
        "new-session",
        "-d",
        "-s",
        "theirs",
        "-x",
        "121",
        "-y",
        "41",
        "-n",
        "code",
        "-c",
        at,
        "sh",
    ]);
    env.tmux([
        "split-window",
        "-h",
        "-l",
        "37",
        "-t",
        "=theirs:code",
        "-c",
        in_src,
        "sh",
    ]);
    env.tmux([
        "split-window",
        "-v",
        "-l",
        "11",
        "-t",
        "=theirs:code",
        "-c",
        at,
        "exec sleep 1000",
    ]);
    env.tmux(["select-pane", "-t", "=theirs:code.{left}", "-T", "the {{left}} one"]);
    env.tmux(["new-window", "-d", "-t", "=theirs:", "-n", "logs", "-c", "/usr", "sh"]);
    (path, src)
}

#[test]
fn what_a_frozen_session_was_a_new_one_is() {
    let env = Environment::new();
    let (path, _) = foreign(&env);
    wait_until("programs", || {
        let panes = env.panes("theirs");
        let known = panes.iter().all(|pane| pane.cwd.is_absolute());
        (known && panes[2].command == "sleep").then_some(())
    });
    let expected = env.panes("theirs");
    let printed = env.tsm(["freeze", "theirs", "--name", "mine"]).run().success();
    assert!(
        printed.stdout_str().contains("[templates.mine]"),
        "{}",
        printed.stdout_str()
    );
    assert!(
        printed.stdout_str().contains(r#"run = ["sleep", "1000"]"#),
        "{}",
        printed.stdout_str()
    );
    env.tsm_config("# mine\nprefix = \"p\"\n");
    env.tsm(["freeze", "theirs", "--name", "mine", "--write"])
        .run()
        .success();
    let config = fs::read_to_string(env.tsm_config_file()).unwrap();
    assert!(config.starts_with("# mine\nprefix = \"p\"\n"), "{config}");
    assert_eq!(config, format!("# mine\nprefix = \"p\"\n\n{}", printed.stdout_str()));
    assert_eq!(env.panes("theirs"), expected, "it was only looked at");

    env.tsm(["create", ".", "--template", "mine", "--size", "121x41"])
        .dir(&path)
        .run()
        .success();
    assert_eq!(places(&env.panes("p-shop")), places(&expected));
    assert_eq!(
        windows(&env, "p-shop", "#{window_name} #{window_active}"),
        ["code 1", "logs 0"]
    );
    let panes = env.panes("p-shop");
    assert_eq!(panes[0].title, "the {{left}} one");
    wait_until("sleep", || (env.panes("p-shop")[2].command == "sleep").then_some(()));
    // And frozen once more it is the same.
    let again = env.tsm(["freeze", "shop", "--name", "mine"]).run().success();
    let without = |text: &str| {
        text.lines()
            .filter(|line| !line.starts_with("description"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(without(again.stdout_str()), without(printed.stdout_str()));

    let twice = env.tsm(["freeze", "theirs", "--name", "mine", "--write"]).run().code(7);
    assert!(
        twice.stderr_str().contains("templates.mine is in"),
        "{}",
        twice.stderr_str()
    );
    env.tsm(["freeze", "nothing"]).run().code(3);
}

#[test]
fn a_session_of_ours_keeps_its_agent_environment_and_options() {
    let env = Environment::new();
    let agent = tests::FakeAgent::install(&env, "claude");
    let path = env.project("shop");
    env.tsm_config(
        "[templates.x]\nenvironment = { PORT = 3 }\noptions = { status-left = \"#S\" }\n[[templates.x.windows]]\n\
         options = { synchronize-panes = true }\npanes = [{ share = 3, shell = \"echo up\" }, { agent = true, share = 1 }]\n",
    );
    env.tsm(["create", ".", "--template", "x", "--size", "81x20"])
        .dir(&path)
        .run()
        .success();
    agent.wait_started(1);
    wait_screen(&env, &env.panes("claude-shop")[0].id, "up");
    wait_until("a shell", || {
        (env.panes("claude-shop")[0].command == "sh").then_some(())
    });
    let frozen = env.tsm(["freeze", "shop", "--name", "y"]).run().success();
    let expected = r##"[templates.y]
description = "as the session claude-shop was"
environment = { PORT = "3" }
options = { status-left = "#S" }

[[templates.y.windows]]
name = "main"
split = "columns"
focus = true
options = { synchronize-panes = "on" }
panes = [
    { focus = true, share = 60 },
    { agent = true, share = 20 },
]
"##;
    assert_eq!(frozen.stdout_str(), expected);
}
