//! The stand-in for Claude Code.

use std::time::Duration;

use tests::process::Signal;
use tests::{Environment, FakeAgent};

#[test]
fn a_fake_agent_writes_down_what_happens_to_it() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    let project = env.project("todo");
    env.tmux([
        "new-session",
        "-d",
        "-s",
        "a",
        "-c",
        project.to_str().unwrap(),
        "exec claude --resume 'an id'",
    ]);
    let start = agent.wait_started(1).remove(0);
    assert_eq!(start.argv, ["claude", "--resume", "an id"]);
    assert_eq!(start.cwd, project);
    assert_eq!(env.panes("a")[0].pid, start.pid);
    assert_eq!(env.panes("a")[0].command, "claude");
    assert!(start.environment.contains_key("TMUX_PANE"));

    let mut client = env.attach("a");
    client.wait_screen(|screen| screen.contains("fake agent ready"));
    client.type_text("hello\rrun sh -c exit\rrun tmux display-message -p #{session_name}\r");
    client.wait_screen(|screen| screen.contains("you typed: hello"));
    let log = agent.wait_log(start.pid, "OUT a");
    assert!(log.contains(&"RAN 0".to_owned()), "{log:?}");

    assert!(start.process().signal(Signal::TERM));
    agent.wait_ended(start.pid);
    assert_eq!(
        agent.log(start.pid).last_chunk(),
        Some(&["TERM".to_owned(), "END".to_owned()])
    );
}

#[test]
fn a_fake_agent_can_be_stubborn() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    agent.ignore_term();
    agent.outlive_terminal();
    env.tmux(["new-session", "-d", "-s", "a", "exec claude"]);
    let start = agent.wait_started(1).remove(0);
    assert!(start.process().signal(Signal::TERM));
    agent.wait_log(start.pid, "TERM");
    env.tmux(["kill-session", "-t", "=a:"]);
    agent.wait_log(start.pid, "HUP");
    assert!(start.process().alive());
    assert!(start.process().signal(Signal::KILL));
    agent.wait_ended(start.pid);
    assert!(!agent.log(start.pid).contains(&"END".to_owned()));
}

#[test]
fn a_fake_agent_takes_its_time() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    assert_eq!(
        env.command("claude", ["--version"]).run().success().stdout_str(),
        "0.0.0 (fake)\n"
    );
    assert_eq!(agent.starts().len(), 0);
    agent.delay_term(Duration::from_millis(300));
    let mut terminal = env.command("claude", [""; 0]).in_terminal();
    let start = agent.wait_started(1).remove(0);
    start.process().signal(Signal::TERM);
    agent.wait_log(start.pid, "TERM");
    assert!(start.process().alive());
    assert!(terminal.exit_status().success());
}
