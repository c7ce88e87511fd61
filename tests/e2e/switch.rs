//! The main job: from one project to another.

use std::fs;
use std::time::Duration;

use tests::{AttachedClient, Environment, FakeAgent, Start, wait_for, wait_until};

/// Two projects, `alpha` with a session, an agent in it, and a client that looks at it.
struct TwoProjects {
    env: Environment,
    agent: FakeAgent,
    first: Start,
}

impl TwoProjects {
    fn new() -> Self {
        let env = Environment::new();
        let agent = FakeAgent::install(&env, "claude");
        env.project("beta");
        let alpha = env.project("alpha");
        env.tsm(["create", "."]).dir(&alpha).run().success();
        let first = agent.wait_started(1).remove(0);
        Self { env, agent, first }
    }

    fn attached(&self) -> AttachedClient<'_> {
        self.env.attach("claude-alpha")
    }

    /// The pane with the shell.
    fn right(&self) -> String {
        self.env.panes("claude-alpha")[1].id.clone()
    }

    fn beta(&self) -> String {
        self.env.root().join("projects/beta").display().to_string()
    }

    #[track_caller]
    fn wait_alpha_replaced(&self) {
        let log = self.agent.wait_log(self.first.pid, "END");
        assert_eq!(log.iter().filter(|line| *line == "TERM").count(), 1, "{log:?}");
        self.agent.wait_ended(self.first.pid);
        wait_gone(&self.env, "claude-alpha");
        wait_until("the record of the end", || {
            state(&self.env, "alpha")
                .contains("SESSION_LIFECYCLE=\"ended\"")
                .then_some(())
        });
    }
}

pub(crate) fn state(env: &Environment, project: &str) -> String {
    let path = env
        .home()
        .join(".claude/session-states")
        .join(format!("{project}.state"));
    fs::read_to_string(path).unwrap_or_default()
}

pub(crate) fn sessions(env: &Environment) -> Vec<String> {
    // Without a server, or with one that is just ending, there are none.
    let output = env.tmux_command(["list-sessions", "-F", "#{session_name}"]).run();
    let mut names: Vec<String> = output.stdout_str().lines().map(str::to_owned).collect();
    names.sort();
    names
}

#[track_caller]
pub(crate) fn wait_gone(env: &Environment, session: &str) {
    let log = env.home().join(".local/state/tsm/tsm.log");
    wait_for(&format!("the end of {session}"), || match sessions(env) {
        names if names.iter().any(|name| name == session) => Err(fs::read_to_string(&log).unwrap_or_default()),
        _ => Ok(()),
    });
}

/// Types a command into a pane's shell.
pub(crate) fn type_into(env: &Environment, pane: &str, command: &str) {
    env.tmux(["send-keys", "-l", "-t", pane, "--", command]);
    env.tmux(["send-keys", "-t", pane, "Enter"]);
}

#[test]
fn a_switch_in_the_right_pane_replaces_the_session() {
    let two = TwoProjects::new();
    let client = two.attached();
    type_into(&two.env, &two.right(), &format!("tsm switch {}", two.beta()));
    client.wait_session("claude-beta");
    two.wait_alpha_replaced();
    assert_eq!(sessions(&two.env), ["claude-beta"]);
    let panes = two.env.panes("claude-beta");
    assert_eq!(panes.len(), 2);
    assert!(
        panes
            .iter()
            .all(|pane| pane.cwd == two.env.root().join("projects/beta")),
        "{panes:?}"
    );
}

#[test]
fn switching_back_brings_directories_and_layout_back() {
    let two = TwoProjects::new();
    let deep = two.env.project("alpha/src/deep");
    let client = two.attached();
    let right = two.right();
    two.env.tmux(["resize-pane", "-t", &right, "-x", "25"]);
    two.env.tmux([
        "split-window",
        "-t",
        &right,
        "-v",
        "-l",
        "7",
        "-c",
        deep.to_str().unwrap(),
    ]);
    two.env.tmux([
        "new-window",
        "-d",
        "-t",
        "=claude-alpha:7",
        "-n",
        "logs",
        "-c",
        deep.to_str().unwrap(),
    ]);
    let seen = |env: &Environment| -> Vec<_> {
        let panes = env.panes("claude-alpha").into_iter();
        panes
            .map(|pane| (pane.window, pane.left, pane.top, pane.width, pane.height, pane.cwd))
            .collect()
    };
    let before = wait_until("the shell's directory", || {
        Some(seen(&two.env)).filter(|panes| panes.iter().filter(|pane| pane.5 == deep).count() == 2)
    });
    type_into(&two.env, &right, &format!("tsm switch {}", two.beta()));
    client.wait_session("claude-beta");
    two.wait_alpha_replaced();

    let right = two.env.panes("claude-beta")[1].id.clone();
    type_into(&two.env, &right, "tsm switch alpha");
    client.wait_session("claude-alpha");
    wait_until("the same panes", || (seen(&two.env) == before).then_some(()));
    let names = two.env.tmux([
        "list-windows",
        "-t",
        "=claude-alpha",
        "-F",
        "#{window_index}#{window_name}",
    ]);
    assert!(String::from_utf8(names).unwrap().contains("7logs"));
}

#[test]
fn a_child_of_the_agent_switches_and_the_agent_still_gets_term() {
    let two = TwoProjects::new();
    let client = two.attached();
    let left = two.env.panes("claude-alpha")[0].id.clone();
    // As an agent's tool: no terminal, the output captured.
    type_into(&two.env, &left, &format!("run tsm switch {}", two.beta()));
    client.wait_session("claude-beta");
    two.wait_alpha_replaced();
    let log = two.agent.log(two.first.pid);
    assert!(
        log.contains(&"OUT claude-beta".to_owned()) && log.contains(&"RAN 0".to_owned()),
        "{log:?}"
    );
}

#[test]
fn a_detached_session_is_replaced_too() {
    let two = TwoProjects::new();
    let output = two
        .env
        .tsm(["switch", &two.beta(), "--json"])
        .in_pane(&two.right())
        .run()
        .success();
    let json = output.json();
    assert_eq!(json["left"], "claude-alpha");
    assert_eq!(json["left_outcome"], "ended");
    assert_eq!(json["created"], true);
    two.wait_alpha_replaced();
    assert_eq!(sessions(&two.env), ["claude-beta"]);
}

#[test]
fn with_keep_both_live() {
    let two = TwoProjects::new();
    let client = two.attached();
    type_into(&two.env, &two.right(), &format!("tsm switch --keep {}", two.beta()));
    client.wait_session("claude-beta");
    two.agent.wait_started(2);
    let right = two.env.panes("claude-beta")[1].id.clone();
    let json = two
        .env
        .tsm(["switch", "alpha", "--keep", "--json"])
        .in_pane(&right)
        .run()
        .success()
        .json();
    assert_eq!(
        (json["created"].as_bool(), json["left_outcome"].as_str()),
        (Some(false), Some("kept"))
    );
    client.wait_session("claude-alpha");
    assert_eq!(sessions(&two.env), ["claude-alpha", "claude-beta"]);
    assert!(two.first.process().alive());
    assert!(two.agent.log(two.first.pid).is_empty(), "the agent saw something of it");
}

#[test]
fn outside_tmux_nothing_is_left() {
    let two = TwoProjects::new();
    let json = two.env.tsm(["switch", &two.beta(), "--json"]).run().success().json();
    assert_eq!(
        (json["left"].as_str(), json["left_outcome"].as_str()),
        (None, Some("none"))
    );
    assert_eq!(sessions(&two.env), ["claude-alpha", "claude-beta"]);
    let json = two
        .env
        .tsm(["switch", "alpha", "--no-attach", "--json"])
        .in_pane(&two.right())
        .run()
        .success()
        .json();
    assert_eq!(json["left_outcome"], "none");
    assert_eq!(sessions(&two.env), ["claude-alpha", "claude-beta"]);
}

#[test]
fn the_target_being_the_session_left_ends_nothing() {
    let two = TwoProjects::new();
    let json = two
        .env
        .tsm(["switch", "alpha", "--json"])
        .in_pane(&two.right())
        .run()
        .success()
        .json();
    assert_eq!(
        (json["created"].as_bool(), json["left_outcome"].as_str()),
        (Some(false), Some("none"))
    );
    assert!(two.first.process().alive());
}

#[test]
fn on_a_terminal_outside_tmux_it_attaches() {
    let env = Environment::new();
    let path = env.project("alpha");
    let client = env.tsm(["switch", "."]).dir(&path).in_terminal();
    client.wait_session("claude-alpha");
    // The terminal's own size, not 80x24 that is then squeezed.
    let panes = env.panes("claude-alpha");
    assert_eq!(panes[1].width, 12.max(panes[1].width));
    assert!(
        panes[0].width >= 40 && panes[0].width + 1 + panes[1].width >= 80,
        "{panes:?}"
    );
}

#[test]
fn an_agent_that_ignores_term_is_killed_after_the_timeout() {
    let two = TwoProjects::new();
    two.agent.ignore_term();
    two.env.tsm_config("stop.timeout = 1\n");
    two.env
        .tsm(["switch", &two.beta()])
        .in_pane(&two.right())
        .run()
        .success();
    two.agent.wait_ended(two.first.pid);
    assert!(two.agent.log(two.first.pid).contains(&"TERM".to_owned()));
    wait_gone(&two.env, "claude-alpha");
}

#[test]
fn the_same_conversation_comes_back() {
    let two = TwoProjects::new();
    let conversation = |start: &Start, flag: &str| {
        let at = start.argv.iter().position(|word| word == flag);
        start.argv[at.unwrap_or_else(|| panic!("{flag} in {:?}", start.argv)) + 1].clone()
    };
    let id = conversation(&two.first, "--session-id");
    let transcripts = two.env.home().join(".claude/projects/-alpha");
    fs::create_dir_all(&transcripts).unwrap();
    fs::write(transcripts.join(format!("{id}.jsonl")), "{}\n").unwrap();
    two.env
        .tsm(["switch", &two.beta()])
        .in_pane(&two.right())
        .run()
        .success();
    two.wait_alpha_replaced();
    two.env.tsm(["switch", "alpha"]).run().success();
    let starts = two.agent.wait_started(3);
    let resumed = starts
        .iter()
        .find(|start| start.cwd.ends_with("alpha") && start.pid != two.first.pid);
    assert_eq!(conversation(resumed.unwrap(), "--resume"), id);
    let other = starts.iter().find(|start| start.cwd.ends_with("beta"));
    assert_ne!(conversation(other.unwrap(), "--session-id"), id);
}

#[test]
fn fresh_replaces_a_live_session_under_its_name() {
    let two = TwoProjects::new();
    let client = two.attached();
    two.env
        .tsm(["switch", "alpha", "--fresh"])
        .in_pane(&two.right())
        .run()
        .success();
    two.agent.wait_ended(two.first.pid);
    two.agent.wait_started(2);
    wait_until("one session of the old name", || {
        (sessions(&two.env) == ["claude-alpha"]).then_some(())
    });
    client.wait_session("claude-alpha");
    let json = two.env.tsm(["status", "alpha", "--json"]).run().success().json();
    assert_eq!(json["session"]["panes"], 2);
}

#[test]
fn a_fresh_session_has_the_name_while_the_old_one_still_ends() {
    let two = TwoProjects::new();
    let panes = || -> Vec<String> {
        let panes = two.env.panes("claude-alpha");
        panes.into_iter().map(|pane| pane.id).collect()
    };
    let old = panes();
    two.agent.delay_term(Duration::from_secs(4));
    let fresh = ["switch", "alpha", "--fresh", "--force", "--no-attach"];
    let printed = two.env.tsm(fresh).run().success();
    assert_eq!(printed.stdout_str(), "claude-alpha\n");
    let new = panes();
    assert!(new.iter().all(|pane| !old.contains(pane)), "{old:?} {new:?}");
    two.env
        .tsm(["send", "alpha", "touch new", "--pane", "shell"])
        .run()
        .success();
    assert!(two.first.process().alive(), "the old agent ends later");
    let json = two.env.tsm(["list", "--json"]).run().success().json();
    assert_eq!(json["sessions"][0]["name"], "claude-alpha");
    assert_eq!(json["sessions"].as_array().map(Vec::len), Some(1), "{json}");
    two.agent.wait_ended(two.first.pid);
    wait_until("one session of the old name", || {
        (sessions(&two.env) == ["claude-alpha"]).then_some(())
    });
    assert_eq!(panes(), new);
    wait_until("the text's effect", || {
        two.env.root().join("projects/alpha/new").exists().then_some(())
    });
}

/// tsm becomes the client there, so its end isn't what the old session's waits for.
#[test]
fn fresh_from_a_terminal_outside_of_tmux_ends_the_old_session() {
    let two = TwoProjects::new();
    let client = two.env.tsm(["switch", "alpha", "--fresh"]).in_terminal();
    client.wait_session("claude-alpha");
    two.agent.wait_ended(two.first.pid);
    wait_until("one session of the old name", || {
        (sessions(&two.env) == ["claude-alpha"]).then_some(())
    });
    client.wait_session("claude-alpha");
}

#[test]
fn a_dry_run_only_tells() {
    let two = TwoProjects::new();
    let before = state(&two.env, "alpha");
    let output = two
        .env
        .tsm(["switch", &two.beta(), "--dry-run"])
        .in_pane(&two.right())
        .run()
        .success();
    let plan = "save claude-alpha\nmake claude-beta\nshow claude-beta\nend claude-alpha\n";
    assert_eq!(output.stdout_str(), plan);
    assert_eq!(sessions(&two.env), ["claude-alpha"]);
    assert_eq!(state(&two.env, "alpha"), before);
}
