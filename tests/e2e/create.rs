//! Making sessions without going there.

use tests::{Environment, FakeAgent};

use crate::switch::sessions;

#[test]
fn the_first_steps_of_the_readme_work_in_an_empty_home() {
    let env = Environment::new().at(1_760_000_000);
    let path = env.project("todo");
    let output = env.tsm(["switch", ".", "--no-attach"]).dir(&path).run().success();
    assert_eq!(output.stdout_str(), "claude-todo\n");
    assert!(
        output
            .stderr_str()
            .contains("claude isn't in PATH: the left pane gets a shell")
    );

    let list = env.tsm(["list", "--json"]).run().success().json();
    assert_eq!(list["schema"], 1);
    let session = &list["sessions"][0];
    let mut status = env.tsm(["status", "todo", "--json"]).run().success().json();
    let template = status["session"].as_object_mut().unwrap().remove("template");
    assert_eq!(
        template,
        Some(serde_json::json!({ "name": "agent", "differs_from_config": false }))
    );
    assert_eq!(status["session"], *session);
    let expected = serde_json::json!({
        "name": "claude-todo", "project": "todo", "path": path.to_str().unwrap(), "attached": false, "clients": 0,
        "windows": 1, "panes": 2, "created": session["created"], "activity": session["activity"],
        "state": "healthy", "agent": null,
    });
    assert_eq!(*session, expected);
    assert!(session["created"].as_str().unwrap().ends_with('Z'));
    let human = env.tsm(["status", "todo"]).run().success();
    assert!(human.stdout_str().lines().any(|line| line == "Projekt: todo"));
}

#[test]
fn ninety_to_ten_with_both_minima() {
    let env = Environment::new();
    for (size, widths) in [
        ("200x50", vec![180, 19]),
        ("120x40", vec![107, 12]),
        ("53x20", vec![40, 12]),
        ("20x10", vec![15, 4]),
        // Too narrow for two: the window is larger than whoever looks at it.
        ("2x5", vec![1, 1]),
    ] {
        let path = env.project(&format!("p{size}"));
        env.tsm(["create", ".", "--size", size]).dir(&path).run().success();
        let panes = env.panes(&format!("claude-p{size}"));
        assert_eq!(
            panes.iter().map(|pane| pane.width).collect::<Vec<_>>(),
            widths,
            "{size}"
        );
        let height: u32 = size.split_once('x').unwrap().1.parse().unwrap();
        assert!(
            panes.iter().all(|pane| pane.height == height && pane.cwd == path),
            "{panes:?}"
        );
    }
}

#[test]
fn without_a_viewer_nothing_is_squeezed() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let panes = env.panes("claude-alpha");
    assert_eq!((panes[0].width, panes[1].width, panes[0].height), (180, 19, 50));
}

#[test]
fn a_second_create_changes_nothing() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let start = agent.wait_started(1).remove(0);
    let before = env.panes("claude-alpha");
    let json = env
        .tsm(["create", "alpha", "--json", "--size", "80x24"])
        .run()
        .success()
        .json();
    assert_eq!(json["created"], false);
    assert_eq!(env.panes("claude-alpha"), before);
    assert!(start.process().alive());
}

#[test]
fn the_agent_knows_nothing_of_the_agent_around_it() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let path = env.project("alpha");
    env.tsm(["create", "."])
        .dir(&path)
        .env("CLAUDECODE", "1")
        .env("CLAUDE_CODE_CHILD_SESSION", "1")
        .run()
        .success();
    let start = agent.wait_started(1).remove(0);
    for marker in ["CLAUDECODE", "CLAUDE_CODE_CHILD_SESSION"] {
        assert!(!start.environment.contains_key(marker), "{marker}");
    }
    assert_eq!(start.cwd, path);
}

#[test]
fn after_the_agent_its_pane_is_a_shell() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let start = agent.wait_started(1).remove(0);
    // The agent says that it has started before its pane has recorded which process it is.
    tests::wait_until("the record of the agent", || {
        let status = env.tsm(["status", "alpha", "--json"]).run().success().json();
        (status["session"]["agent"]["pid"] == start.pid).then_some(())
    });
    start.process().signal(tests::process::Signal::TERM);
    agent.wait_ended(start.pid);
    let left = env.panes("claude-alpha")[0].id.clone();
    crate::switch::type_into(&env, &left, "touch from-the-shell");
    tests::wait_until("the shell's file", || {
        path.join("from-the-shell").exists().then_some(())
    });
    let status = env.tsm(["status", "alpha", "--json"]).run().success().json();
    assert_eq!(status["session"]["agent"]["status"], "exited");
    assert_eq!(status["session"]["state"], "degraded");
}

#[test]
fn an_agent_asked_for_by_name_must_be_there() {
    let env = Environment::new();
    env.tsm_config("agent = \"claude\"\n");
    let path = env.project("alpha");
    let output = env.tsm(["switch", ".", "--no-attach"]).dir(&path).run().code(2);
    assert!(
        output.stderr_str().contains("the agent claude isn't in PATH"),
        "{}",
        output.stderr_str()
    );
    assert!(env.server().is_none());
    env.tsm(["switch", ".", "--no-attach", "--no-agent"])
        .dir(&path)
        .run()
        .success();
    assert_eq!(sessions(&env), ["claude-alpha"]);
}

#[test]
fn users_settings_of_tmux_do_not_matter() {
    let env = Environment::new();
    env.tmux_config(
        "set -g base-index 3\nsetw -g pane-base-index 5\nset -g renumber-windows on\nset -g status off\nset -g mouse on\n\
         set -g remain-on-exit on\nset-hook -g after-new-session 'display-message -p noise'\n\
         set-hook -g after-list-panes 'display-message -p more-noise'\nset-hook -g after-split-window 'run-shell false'\n",
    );
    let path = env.project("alpha");
    let json = env.tsm(["create", ".", "--json"]).dir(&path).run().success().json();
    assert_eq!(json["created"], true);
    let status = env.tsm(["status", "alpha", "--json"]).run().success().json();
    assert_eq!(status["session"]["panes"], 2);
    // The harness reads panes too, and isn't made for this noise.
    env.tmux(["set-hook", "-gu", "after-list-panes"]);
    let panes = env.panes("claude-alpha");
    assert_eq!((panes.len(), panes[0].window, panes[0].pane), (2, 3, 5));
    env.tsm(["kill", "alpha"]).run().success();
}

#[test]
fn a_saved_session_comes_back_in_the_size_that_is_wanted_now() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", ".", "--size", "120x40"]).dir(&path).run().success();
    env.tsm(["kill", "alpha"]).run().success();
    env.tsm(["create", "alpha", "--size", "200x50"]).run().success();
    let panes = env.panes("claude-alpha");
    assert_eq!((panes[0].width + 1 + panes[1].width, panes[0].height), (200, 50));
    // The size isn't fixed: it follows a client that comes.
    let client = env.attach("claude-alpha");
    client.wait_session("claude-alpha");
    tests::wait_until("the client's size", || {
        let panes = env.panes("claude-alpha");
        (panes[0].width + 1 + panes[1].width != 200).then_some(())
    });
}
