//! Which project a directory belongs to, and whether that is the session's: for people, for scripts, for Claude Code and
//! for the prompts of shells.

use std::fs;

use tests::{Environment, Output};

use crate::switch::type_into;

/// Two projects, `web` with a session.
fn two() -> Environment {
    let env = Environment::new();
    let (web, api) = (env.project("web"), env.project("api"));
    fs::create_dir_all(api.join("src/deep")).unwrap();
    env.tsm_config(&format!(
        "[projects.web]\npath = \"{}\"\n[projects.api]\npath = \"{}\"\n",
        web.display(),
        api.display()
    ));
    env.tsm(["create", "web"]).run().success();
    env
}

fn context(env: &Environment, dir: &str, args: &[&str]) -> Output {
    let pane = env.panes("claude-web")[1].id.clone();
    let dir = env.root().join("projects").join(dir);
    let args = [&["context"], args].concat();
    env.tsm(args).dir(dir).in_pane(&pane).run()
}

#[test]
fn a_directory_matches_its_projects_session() {
    let env = two();
    let output = context(&env, "web", &[]).success();
    assert_eq!((output.stdout_str(), output.stderr_str()), ("web\n", ""));
    let output = context(&env, "api/src/deep", &[]).code(1);
    assert_eq!(output.stdout_str(), "api\n");
    let stderr = "tsm: this is the session of web, and the directory belongs to api\nhint: tsm switch api\n";
    assert_eq!(output.stderr_str(), stderr);
    let output = context(&env, "", &[]).code(3);
    assert!(output.stderr_str().contains("belongs to no project"), "{output:?}");
    let api = env.project("api");
    let output = context(&env, "web", &["--dir", "../api"]).code(1);
    assert_eq!(output.stdout_str(), "api\n");
    let json = context(&env, "web", &["--dir", "../api", "--json"]).code(1).json();
    let expected = serde_json::json!({
        "schema": 1, "project": "api", "path": api, "current": "web", "matches": false,
    });
    assert_eq!(json, expected);
    let json = context(&env, "", &["--json"]).code(3).json();
    assert_eq!((&json["project"], &json["current"]), (&().into(), &"web".into()));
    let json = context(&env, "web", &["--dir", "/nonexistent", "--json"])
        .code(3)
        .json();
    assert_eq!(json["error"]["class"], "not_found");

    // Outside of tmux, and in a session that isn't ours.
    let output = env.tsm(["context"]).dir(env.project("web")).run().code(1);
    assert!(
        output.stderr_str().contains("this is no session of tsm's"),
        "{output:?}"
    );
    env.tmux(["new-session", "-d", "-s", "foreign"]);
    env.tmux(["set-option", "-t", "=foreign:", "@tsm_project", "web"]);
    env.tmux(["set-option", "-t", "=foreign:", "@tsm_id", "made-up"]);
    let pane = env.panes("foreign")[0].id.clone();
    let foreign = env.tsm(["context", "--json"]).dir(env.project("web")).in_pane(&pane);
    assert_eq!(foreign.run().code(1).json()["current"], serde_json::Value::Null);
}

#[test]
fn tmux_is_asked_for_one_pane_alone() {
    let env = two();
    let pane = env.panes("claude-web")[1].id.clone();
    let web = env.project("web");
    let output = env
        .tsm(["context"])
        .dir(&web)
        .env("DEBUG", "1")
        .in_pane(&pane)
        .run()
        .success();
    let calls: Vec<&str> = output
        .stderr_str()
        .lines()
        .filter(|line| line.starts_with("debug: "))
        .collect();
    assert_eq!(calls.len(), 1, "{output:?}");
    assert!(
        calls[0].contains("display-message") && !calls[0].contains("list-"),
        "{calls:?}"
    );
    let output = env.tsm(["context"]).dir(&web).env("DEBUG", "1").run().code(1);
    assert!(!output.stderr_str().contains("debug: "), "{output:?}");
}

#[test]
fn claude_code_is_stopped_in_another_projects_directory() {
    let env = two();
    let pane = env.panes("claude-web")[1].id.clone();
    let hook = |event: &str, dir: &std::path::Path, inside: bool| {
        let input = serde_json::json!({
            "session_id": "x", "transcript_path": "/x", "cwd": dir, "hook_event_name": event, "prompt": "go",
        });
        let call = env.tsm(["context", "--hook"]).stdin(input.to_string());
        if inside { call.in_pane(&pane).run() } else { call.run() }
    };
    let (web, api) = (env.project("web"), env.project("api"));
    for event in ["UserPromptSubmit", "PreToolUse"] {
        let output = hook(event, &api, true).code(2);
        assert!(
            output
                .stderr_str()
                .ends_with("belongs to api. Go back, or run: tsm switch api\n"),
            "{output:?}"
        );
        assert_eq!(output.stdout_str(), "");
        let output = hook(event, &web, true).success();
        assert_eq!((output.stdout_str(), output.stderr_str()), ("", ""));
    }
    // What can't be stopped is told; who isn't in a session of ours, and who is in no project, is left alone.
    assert!(
        hook("SessionStart", &api, true)
            .success()
            .stdout_str()
            .contains("tsm switch api")
    );
    assert_eq!(hook("UserPromptSubmit", &api, false).success().stderr_str(), "");
    hook("UserPromptSubmit", env.root(), true).success();
    // Nothing that is wrong with tsm stops an agent: only 2 does.
    env.tsm(["context", "--hook"]).stdin("{}").run().code(1);
    env.tsm(["context", "--hook"]).stdin("\0\u{fffd}[[[[").run().code(1);
    hook("UserPromptSubmit", std::path::Path::new("/nonexistent"), true).code(1);
    env.tsm_config("this is no toml");
    let code = hook("UserPromptSubmit", &api, true).status.code();
    assert_ne!(code, Some(2));
}

/// As the README shows them.
#[test]
fn prompts_of_shells_say_that_one_has_strayed() {
    let env = two();
    let pane = env.panes("claude-web")[1].id.clone();
    let projects = env.root().join("projects");
    let (web, api) = (projects.join("web"), projects.join("api"));
    let (web, api) = (web.display(), api.display());
    let bash =
        format!("PS1='$(tsm context --prompt)$ '; cd {web}; echo \"[${{PS1@P}}]\"; cd {api}; echo \"[${{PS1@P}}]\"");
    let zsh = format!(
        "setopt prompt_subst; PROMPT='$(tsm context --prompt)%% '; cd {web}; print -P \"[$PROMPT]\"; cd {api}; print -P \"[$PROMPT]\""
    );
    let fish = format!(
        "function fish_prompt; echo -n (tsm context --prompt); echo -n '> '; end; cd {web}; echo \"[\"(fish_prompt)\"]\"; cd {api}; echo \"[\"(fish_prompt)\"]\""
    );
    for (shell, args, script, sign) in [
        ("bash", vec!["--norc", "-c"], bash, "$"),
        ("zsh", vec!["-f", "-c"], zsh, "%"),
        ("fish", vec!["--no-config", "-c"], fish, ">"),
    ] {
        let output = env.command(shell, args).arg(script).in_pane(&pane).run().success();
        assert_eq!(
            output.stdout_str(),
            format!("[{sign} ]\n[web!=api{sign} ]\n"),
            "{shell}: {output:?}"
        );
    }
    // In the very pane.
    type_into(&env, &pane, "cd ../api; tsm context --prompt > ../shown; cd ../web");
    tests::wait_until("the prompt's text", || {
        let text = fs::read_to_string(projects.join("shown")).ok()?;
        (text == "web!=api\n").then_some(())
    });
}
