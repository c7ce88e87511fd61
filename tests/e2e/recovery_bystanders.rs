//! Every verb of tsm-recovery beside what isn't tsm's: it is the same afterwards.

use std::fs;

use tests::{Environment, FakeAgent};

use crate::bystanders::bystanders;
use crate::switch::sessions;

const DAY: i64 = 86_400;

/// `emergency` has tests of its own, with servers in every condition.
#[test]
fn no_verb_touches_what_is_not_ours() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    // A user's own agent, which no session of tsm's started.
    let own = env.command(&agent.program, [""; 0]).in_terminal();
    let unrelated = agent.wait_started(1).remove(0);
    for name in ["alpha", "beta"] {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
    agent.wait_started(3);
    let bystanders = bystanders(&env, true).with_files();
    let panes =
        || ["claude-alpha", "claude-beta"].map(|name| env.panes(name).iter().map(|pane| pane.pid).collect::<Vec<_>>());
    let before = panes();
    let start = 1_900_000_000;
    let run = |args: &[&str], day: i64| {
        let output = env.recovery(args).at(start + day * DAY).run();
        bystanders.are_untouched(&args.join(" "));
        assert!(unrelated.process().alive(), "{args:?}");
        assert!(!output.stderr_str().contains("panicked"), "{output:?}");
        output
    };
    let old = run(&["backup", "--full"], 0).success().stdout_str().trim().to_owned();
    env.tmux(["rename-window", "-t", "=claude-alpha:", "changed"]);
    env.tsm(["save"]).run().success();
    let young = run(&["backup"], 30).success().stdout_str().trim().to_owned();
    for args in [
        &["detect"][..],
        &["list-backups"],
        &["verify"],
        &["restore", &old, "--dry-run", "--sessions"],
        &["cleanup-backups", "1", "--dry-run"],
    ] {
        run(args, 31).success();
    }
    assert_eq!(
        run(&["list-backups", "--json"], 31).json()["backups"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    run(&["restore", &old, "--sessions"], 31).success();
    run(&["validate"], 31);
    assert_eq!(panes(), before, "what lives is left alone");
    env.tsm(["kill", "alpha", "--force"]).run().success();
    bystanders.are_untouched("kill");
    fs::remove_file(env.home().join(".claude/session-states/alpha.state")).unwrap();
    run(&["restore", &young, "--sessions", "--project", "alpha"], 32).success();
    assert_eq!(
        sessions(&env),
        ["claude-alpha", "claude-beta", "claude-foreign", "mine"]
    );
    let file = fs::OpenOptions::new().write(true).open(&young).unwrap();
    file.set_len(100).unwrap();
    run(&["restore", &young], 32).code(6);
    run(&["restore", &young, "--partial"], 32);
    run(&["backup", "--full"], 60).success();
    let done = run(&["cleanup-backups", "1", "--json"], 61).success().json();
    let actions = done["actions"].as_array().unwrap();
    assert!(actions.iter().any(|action| action["done"] == true), "{done}");
    assert!(
        actions
            .iter()
            .all(|action| !action["subject"].as_str().unwrap().starts_with("other")),
        "{done}"
    );
    env.tsm(["cleanup"]).run().success();
    bystanders.are_untouched("cleanup");
    bystanders.check();
    drop(own);
}
