//! Sessions that are made from templates.

use std::fs;
use std::path::PathBuf;

use tests::{Environment, FakeAgent, PaneRow, wait_for, wait_until};

use crate::switch::{sessions, state, type_into};

/// Where the panes lie, and in which directories.
pub(crate) type Places = Vec<(u32, [u32; 4], PathBuf)>;

pub(crate) fn places(panes: &[PaneRow]) -> Places {
    let first = panes.iter().map(|pane| pane.window).min().unwrap_or_default();
    let place = |pane: &PaneRow| {
        let geometry = [pane.left, pane.top, pane.width, pane.height];
        (pane.window - first, geometry, pane.cwd.clone())
    };
    panes.iter().map(place).collect()
}

/// What tmux says to a format about a session, one line for each window.
pub(crate) fn windows(env: &Environment, session: &str, format: &str) -> Vec<String> {
    let output = env.tmux(["list-windows", "-t", &format!("={session}:"), "-F", format]);
    String::from_utf8_lossy(&output).lines().map(str::to_owned).collect()
}

fn option(env: &Environment, flags: &str, session: &str, name: &str) -> String {
    let output = env.tmux(["show-options", flags, "-t", session, name]);
    String::from_utf8_lossy(&output).trim().to_owned()
}

#[track_caller]
pub(crate) fn wait_screen(env: &Environment, pane: &str, text: &str) {
    wait_for(&format!("{text:?} in {pane}"), || {
        let screen = env.tmux(["capture-pane", "-p", "-t", pane]);
        let screen = String::from_utf8_lossy(&screen).into_owned();
        match screen.contains(text) {
            true => Ok(()),
            false => Err(screen),
        }
    });
}

const WEB: &str = r##"
[templates.web]
extends = "pair"
description = "what the web needs"
variables = { port = 3000, greeting = "hello" }
environment = { PORT = "{{port}}", DEBUG = true }
options = { status-left = "#S of {{project}} ", main-pane-width = 30 }

[[templates.web.windows]]
name = "code"
split = "columns"
panes = [
    { agent = true, share = 60, minimum = 20 },
    { share = 40, split = "rows", panes = [
        { share = 2, title = "the editor", run = ["sh", "-c", "echo $PORT $0; exec sleep 1000", "{{greeting}}"] },
        { share = 1, directory = "src", shell = "LOCAL=kept; export LOCAL; echo in $PWD", focus = true },
    ] },
]

[[templates.web.windows]]
name = "logs"
directory = "log"
layout = "main-vertical"
focus = true
options = { synchronize-panes = true }
panes = [{}, { directory = ".." }, {}]

[[templates.web.windows]]
"##;

fn web(env: &Environment) -> PathBuf {
    let path = env.project("shop");
    env.project("shop/src");
    env.project("shop/log");
    let text = format!(
        "agent = \"auto\"\n{WEB}\n[projects.shop]\npath = {path:?}\ntemplate = \"web\"\nvariables = {{ port = 4000 }}\n\
         environment = {{ SHOP = \"mine\" }}\n"
    );
    env.tsm_config(&text);
    path
}

#[test]
fn a_template_makes_its_windows_panes_programs_options_and_environment() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let path = web(&env);
    let (src, log) = (path.join("src"), path.join("log"));
    env.tsm(["create", "shop", "--size", "101x41", "--set", "greeting=it's me"])
        .run()
        .success();
    agent.wait_started(1);
    let panes = env.panes("claude-shop");
    assert_eq!(
        places(&panes),
        [
            (0, [0, 0, 60, 41], path.clone()),
            (0, [61, 0, 40, 27], path.clone()),
            (0, [61, 28, 40, 13], src.clone()),
            (1, [0, 0, 30, 41], log.clone()),
            (1, [31, 0, 70, 20], path.clone()),
            (1, [31, 21, 70, 20], log),
            (2, [0, 0, 101, 41], path.clone()),
        ]
    );
    assert_eq!(
        windows(
            &env,
            "claude-shop",
            "#{window_name} #{window_active} #{automatic-rename}"
        )[..2],
        ["code 0 0", "logs 1 0"]
    );
    wait_screen(&env, &panes[1].id, "4000 it's me");
    assert_eq!(panes[1].title, "the editor");
    wait_screen(&env, &panes[2].id, &format!("in {}", src.display()));
    // The line was run by the very shell that is there now.
    type_into(&env, &panes[2].id, "echo \"<$LOCAL-$PORT-$DEBUG-$SHOP>\"");
    wait_screen(&env, &panes[2].id, "<kept-4000-true-mine>");
    assert_eq!(option(&env, "-v", "=claude-shop:", "status-left"), "#S of shop");
    assert_eq!(option(&env, "-wv", "=claude-shop:logs", "synchronize-panes"), "on");
    assert_eq!(option(&env, "-wv", "=claude-shop:code", "synchronize-panes"), "");
    assert_eq!(option(&env, "-wv", "=claude-shop:code", "main-pane-width"), "30");
}

#[test]
fn what_a_template_made_comes_back_as_everything_does() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    web(&env);
    env.tsm(["create", "shop", "--size", "101x41"]).run().success();
    agent.wait_started(1);
    let before = places(&env.panes("claude-shop"));
    env.tmux(["kill-server"]);
    env.tsm(["restore", "shop"]).run().success();
    agent.wait_started(2);
    assert_eq!(places(&env.panes("claude-shop")), before);
    assert_eq!(option(&env, "-v", "=claude-shop:", "status-left"), "#S of shop");
    assert_eq!(option(&env, "-wv", "=claude-shop:logs", "synchronize-panes"), "on");
    let right = env.panes("claude-shop")[2].id.clone();
    wait_until("a shell", || {
        (env.panes("claude-shop")[2].command == "sh").then_some(())
    });
    type_into(&env, &right, "echo \"<$PORT>\"");
    wait_screen(&env, &right, "<4000>");
}

#[test]
fn another_template_is_asked_for_by_name() {
    let env = Environment::new();
    web(&env);
    env.tsm(["create", "shop", "--template", "plain", "--size", "80x24"])
        .run()
        .success();
    assert_eq!(env.panes("claude-shop").len(), 1, "no agent, and none is missed");
    let again = env.tsm(["create", "shop", "--template", "pair"]).run().success();
    assert!(
        again.stderr_str().contains("its session lives and stays as it is"),
        "{}",
        again.stderr_str()
    );
    assert_eq!(env.panes("claude-shop").len(), 1);
    env.tsm([
        "switch",
        "shop",
        "--fresh",
        "--template",
        "pair",
        "--set",
        "editor=true",
        "--no-attach",
    ])
    .run()
    .success();
    wait_until("three panes", || {
        (sessions(&env) == ["claude-shop"] && env.panes("claude-shop").len() == 3).then_some(())
    });
    assert!(state(&env, "shop").contains("X_TEMPLATE=\"pair\""));
}

#[test]
fn what_is_wrong_with_a_template_is_told_with_its_line_and_nothing_is_made() {
    let env = Environment::new();
    let path = env.project("shop");
    let cases = [
        (
            "[templates.web]\nwindows = [{ panes = [{ agent = true }, { agent = true }] }]\n",
            2,
            ":2: template `web`, windows[0].panes[1].agent",
        ),
        (
            "[templates.web]\n\n[[templates.web.windows]]\npanes = [\n  { shell = \"{{prot}}\" },\n]\n",
            2,
            ":5: template `web`, windows[0].panes[0].shell: nothing is called `{{prot}}`",
        ),
        (
            "[templates.web]\nextends = \"wbe\"\n",
            3,
            ":2: there is no template `wbe`",
        ),
        (
            "[templates.web]\noptions = { status-right = \"#(touch PWNED)\" }\n",
            2,
            ":2: template `web`, options.status-right: `#(` would run a program",
        ),
        (
            "[templates.web]\noptions.default-command = \"touch PWNED\"\n",
            2,
            ":2: template `web`, options.default-command: a template can't set",
        ),
        ("[templates.web]\nenvironment = [1]\n", 2, ":2: "),
        (
            "[templates.web]\n[[templates.web.windows]]\nlayout = \"5a63,4294967295x4294967295,0,0,0\"\npanes = [{}, {}]\n",
            2,
            ":3: template `web`, windows[0].layout: ",
        ),
        ("[templates.web]\nwindows = [{ panes = [{ share = -1 }] }]\n", 2, ":2: "),
    ];
    for (text, code, expected) in cases {
        env.tsm_config(&format!("{text}[projects.shop]\npath = {path:?}\ntemplate = \"web\"\n"));
        for verb in [["create", "shop"], ["config", "check"]] {
            let output = env.tsm(verb).run().code(code);
            assert!(
                output.stderr_str().contains(expected),
                "{expected}: {}",
                output.stderr_str()
            );
        }
    }
    // A key that there isn't is a warning, as everywhere.
    env.tsm_config("[templates.web]\nwidnows = []\n");
    let output = env.tsm(["config", "check"]).run().code(2);
    let said = ":2: there is no key `widnows` here (did you mean `windows`?)";
    assert!(output.stderr_str().contains(said), "{output:?}");
    let deep = format!(
        "[templates.web]\nwindows = [{{ panes = [{}{}] }}]\n",
        "{ panes = [".repeat(500),
        "] }".repeat(500)
    );
    env.tsm_config(&deep);
    let output = env.tsm(["create", "shop"]).dir(&path).run().code(2);
    assert!(
        output.stderr_str().contains("config.toml:2: "),
        "{}",
        output.stderr_str()
    );
    let many = format!("[templates.web]\nwindows = [{{ panes = [{}] }}]\n", "{},".repeat(501));
    env.tsm_config(&many);
    let output = env.tsm(["create", ".", "--template", "web"]).dir(&path).run().code(2);
    assert!(
        output.stderr_str().contains("more than 500 panes"),
        "{}",
        output.stderr_str()
    );
    assert!(!env.socket().exists(), "no server was started");
    assert!(fs::read_dir(&path).expect("the project").next().is_none());
}

#[test]
fn titles_and_names_run_nothing() {
    let env = Environment::new();
    let path = env.project("shop");
    env.tsm_config(
        "[templates.x]\n[[templates.x.windows]]\nname = \"#(touch PWNED)\"\npanes = [{ title = \"#(touch PWNED)\" }, \
         { directory = \"#(touch PWNED)\", focus = true }]\n",
    );
    let output = env
        .tsm(["create", ".", "--template", "x", "--size", "80x24"])
        .dir(&path)
        .run()
        .success();
    assert!(
        output.stderr_str().contains("#(touch PWNED) is gone"),
        "{}",
        output.stderr_str()
    );
    let panes = env.panes("claude-shop");
    assert_eq!(panes[0].title, "#(touch PWNED)");
    assert_eq!(windows(&env, "claude-shop", "#{window_name}"), ["#(touch PWNED)"]);
    assert!(!path.join("PWNED").exists());
}

#[test]
fn a_line_that_fails_or_is_interrupted_leaves_the_shell() {
    let env = Environment::new();
    let path = env.project("shop");
    env.tsm_config(
        "[templates.x]\n[[templates.x.windows]]\npanes = [{ shell = \"foo(\" }, { shell = \"cat; echo after\" }]\n",
    );
    env.tsm(["create", ".", "--template", "x", "--size", "160x24"])
        .dir(&path)
        .run()
        .success();
    let panes = env.panes("claude-shop");
    wait_screen(&env, &panes[0].id, "yntax error");
    type_into(&env, &panes[0].id, "echo still-$((1 + 1))");
    wait_screen(&env, &panes[0].id, "still-2");
    wait_until("cat", || (env.panes("claude-shop")[1].command == "cat").then_some(()));
    env.tmux(["send-keys", "-t", &panes[1].id, "C-c"]);
    wait_screen(&env, &panes[1].id, "after");
    type_into(&env, &panes[1].id, "echo still-$((2 + 1))");
    wait_screen(&env, &panes[1].id, "still-3");
}

#[test]
fn templates_are_listed_shown_and_applied_to_what_does_not_live() {
    let env = Environment::new();
    let path = web(&env);
    let list = env.tsm(["template", "list"]).run().success();
    for name in ["agent", "pair", "plain", "web"] {
        assert!(list.stdout_str().contains(name), "{}", list.stdout_str());
    }
    let shown = env.tsm(["template", "show", "web"]).run().success();
    // With what it has of the one that it extends; and it reads as what it is.
    assert!(shown.stdout_str().contains("editor = \"vi\""), "{}", shown.stdout_str());
    env.tsm_config(shown.stdout_str());
    assert_eq!(
        env.tsm(["template", "show", "web"]).run().success().stdout_str(),
        shown.stdout_str()
    );
    let unknown = env.tsm(["template", "show", "webb"]).run().code(3);
    assert!(
        unknown.stderr_str().contains("did you mean web?"),
        "{}",
        unknown.stderr_str()
    );
    env.tsm(["template", "apply", "web", "--no-agent"])
        .dir(&path)
        .run()
        .success();
    let before = env.panes("claude-shop");
    assert_eq!(before.len(), 7);
    let refused = env.tsm(["template", "apply", "plain"]).dir(&path).run().code(7);
    assert!(
        refused.stderr_str().contains("a template isn't put over it"),
        "{}",
        refused.stderr_str()
    );
    assert_eq!(env.panes("claude-shop").len(), 7);
}
