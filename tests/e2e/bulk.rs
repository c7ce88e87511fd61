//! Verbs about several projects: names, globs, `--all`, a result for each.

use tests::{Environment, wait_until};

use crate::json_documents::check;
use crate::switch::sessions;

/// Four projects; all but `docs` have a session.
fn four() -> Environment {
    let env = Environment::new();
    let names = ["api-one", "api-two", "web", "docs"];
    let project = |name: &&str| format!("[projects.{name}]\npath = \"{}\"\n", env.project(name).display());
    env.tsm_config(&names.iter().map(project).collect::<String>());
    for name in &names[..3] {
        env.tsm(["create", name]).run().success();
    }
    env
}

fn projects(json: &serde_json::Value, list: &str) -> Vec<String> {
    let results = json[list].as_array().unwrap_or_else(|| panic!("{json}"));
    let mut names: Vec<String> = results
        .iter()
        .map(|one| one["project"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn globs_names_and_all_choose() {
    let env = four();
    let json = env.tsm(["save", "api-*", "--json"]).run().success().json();
    assert_eq!(projects(&json, "results"), ["api-one", "api-two"]);
    let json = env.tsm(["save", "--all", "--json"]).run().success().json();
    assert_eq!(projects(&json, "results"), ["api-one", "api-two", "web"]);
    let json = env.tsm(["status", "*s", "api-*", "--json"]).run().success().json();
    assert_eq!(
        projects(&json, "sessions"),
        ["api-one", "api-two", "docs"],
        "also what has no session"
    );
    let json = env.tsm(["status", "w?b", "--json"]).run().success().json();
    assert_eq!(projects(&json, "sessions"), ["web"], "a list, however many match");
    let json = env.tsm(["status", "--all", "--json"]).run().success().json();
    assert_eq!(projects(&json, "sessions"), ["api-one", "api-two", "docs", "web"]);
    let human = env.tsm(["status", "--all"]).run().success();
    assert_eq!(human.stdout_str().matches("Projekt: ").count(), 4);

    let json = env
        .tsm(["send", "api-*,web", "echo hello > sent", "--pane", "shell", "--json"])
        .run();
    let json = json.success().json();
    assert_eq!(projects(&json, "results"), ["api-one", "api-two", "web"]);
    for name in ["api-one", "api-two", "web"] {
        wait_until("the text's effect", || {
            env.project(name).join("sent").exists().then_some(())
        });
    }
    // Twice the same is once.
    let json = env.tsm(["kill", "api-one", "api-*", "--json"]).run().success().json();
    assert_eq!(projects(&json, "results"), ["api-one", "api-two"]);
    assert_eq!(sessions(&env), ["claude-web"]);
    let json = env.tsm(["restore", "api-*", "--json"]).run().success().json();
    assert_eq!(projects(&json, "sessions"), ["api-one", "api-two"]);
    env.tsm(["kill", "--all"]).run().success();
    let json = env.tsm(["restore", "--all", "--json"]).run().success().json();
    assert_eq!(projects(&json, "sessions"), ["api-one", "api-two", "web"]);
    assert_eq!(sessions(&env).len(), 3);
}

#[test]
fn a_glob_that_matches_nothing_changes_nothing_and_names_what_is_near() {
    let env = four();
    for args in [
        &["save", "ap-*"][..],
        &["kill", "web", "ap-*"],
        &["send", "ap-*", "text"],
        &["restore", "ap-*"],
        &["status", "ap-*"],
    ] {
        let output = env.tsm(args).run().code(3);
        let stderr = output.stderr_str();
        assert!(
            stderr.contains("nothing matches \"ap-*\"\nhint: did you mean api-one or api-two"),
            "{stderr}"
        );
        let json = env.tsm([args, &["--json"]].concat()).run().code(3).json();
        assert_eq!(json["error"]["class"], "not_found");
    }
    // It has no session, so there is nothing of it to end.
    env.tsm(["kill", "doc?"]).run().code(3);
    let output = env.tsm(["kill", "a[*"]).run().code(2);
    assert!(output.stderr_str().contains("no glob"), "{output:?}");
    assert_eq!(sessions(&env).len(), 3);
}

#[test]
fn what_works_in_part_is_told_for_each_with_exit_8() {
    let env = four();
    let states = env.home().join(".claude/session-states");
    std::fs::write(states.join("docs.state"), "damaged").unwrap();
    let output = env.tsm(["status", "--all", "--json"]).run().code(8);
    assert_eq!(projects(&output.json(), "sessions"), ["api-one", "api-two", "web"]);
    assert!(output.stderr_str().contains("docs"), "{output:?}");

    let shell = env.panes("claude-web")[1].id.clone();
    env.tmux(["kill-pane", "-t", &shell]);
    let output = env
        .tsm(["send", "--all", "--pane", "shell", "--json", "true"])
        .run()
        .code(8);
    let refused = |one: &&serde_json::Value| one["outcome"] == "refused";
    let json = output.json();
    let refused: Vec<&serde_json::Value> = json["results"].as_array().unwrap().iter().filter(refused).collect();
    assert_eq!((refused.len(), &refused[0]["project"]), (1, &"web".into()), "{json}");

    let mut config = std::fs::read_to_string(env.tsm_config_file()).unwrap();
    config.push_str("[projects.web.hooks]\npre_save = \"exit 1\"\n");
    env.tsm_config(&config);
    for verb in ["save", "kill"] {
        let json = env.tsm([verb, "api-one", "web", "--json"]).run().code(8).json();
        assert_eq!(projects(&json, "results"), ["api-one", "web"]);
    }
    assert_eq!(sessions(&env), ["claude-api-two", "claude-web"]);
}

#[test]
fn a_restore_that_fails_for_one_brings_the_others_back() {
    let env = four();
    env.kill_server_hard();
    // Somebody else's session has the name of one.
    env.tmux(["new-session", "-d", "-s", "claude-web"]);
    let run = |args: &[&str]| {
        env.tsm([&["restore", "api-one", "web", "api-two", "--json"], args].concat())
            .run()
    };
    let plan = run(&["--dry-run"]).code(8).json();
    check("restore", &plan);
    assert_eq!(sessions(&env), ["claude-web"]);
    let json = run(&[]).code(8).json();
    check("restore", &json);
    let outcomes: Vec<(&str, &str)> = json["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["project"].as_str().unwrap(), one["outcome"].as_str().unwrap()))
        .collect();
    let expected = [("api-one", "restored"), ("web", "failed"), ("api-two", "restored")];
    assert_eq!(outcomes, expected, "{json}");
    assert_eq!(sessions(&env), ["claude-api-one", "claude-api-two", "claude-web"]);
    let told = env.tsm(["restore", "api-one", "web"]).run().code(8);
    assert_eq!(told.stdout_str(), "api-one lives already\n");
    assert!(
        told.stderr_str()
            .contains("web failed: the session claude-web isn't tsm's"),
        "{told:?}"
    );
    let json = env.tsm(["restore", "web", "--json"]).run().code(1).json();
    check("restore", &json);
}
