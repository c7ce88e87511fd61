//! What Claude Code writes of itself into its registry, without tsm.

use tests::claude_home::process_of;
use tests::loopback_model::answer_to;
use tests::process::Signal;
use tests::{ClaudeHome, Process, wait_until};
use uuid::Uuid;

use crate::talk::{ask, press, prompt, start, wait_agent, wait_idle, wait_screen};

#[test]
fn status_and_conversation_follow_what_happens() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    start(&home, "a", &path, "--permission-mode manual");
    let first = wait_idle(&home, "a");
    let pid = &first["pid"];
    assert_eq!(*pid, home.env.panes("a")[0].pid);

    prompt(&home, "a", "slow one");
    wait_agent(&home, "a", "to be busy", |entry| entry["status"] == "busy");
    home.model.wait_asked("slow one");
    press(&home, "a", "Escape");
    wait_idle(&home, "a");
    home.model.release();

    prompt(&home, "a", "tool touch sentinel");
    let waiting = wait_agent(&home, "a", "to wait", |entry| entry["status"] == "waiting");
    assert_eq!(waiting["waitingFor"], "permission prompt");
    press(&home, "a", "Escape");
    let idle = wait_idle(&home, "a");
    assert!(
        idle.get("waitingFor").is_none_or(serde_json::Value::is_null),
        "{idle:#}"
    );
    assert!(!path.join("sentinel").exists());

    ask(&home, "a", "before");
    prompt(&home, "a", "/clear");
    let cleared = wait_agent(&home, "a", "to have another conversation", |entry| {
        entry["sessionId"] != first["sessionId"]
    });
    assert_eq!(cleared["pid"], *pid);
    assert!(!ask(&home, "a", "after").has("before"));
    let id = |entry: &serde_json::Value| entry["sessionId"].as_str().unwrap().to_owned();
    assert_eq!(home.transcripts(&id(&first)).len(), 1);
    assert_eq!(home.transcripts(&id(&cleared)).len(), 1);

    home.env.tmux(["rename-session", "-t", "=a:", "b"]);
    assert!(ask(&home, "b", "renamed").has("after"));
    let stale = wait_idle(&home, "b")["tmux"].clone();
    assert!(stale.as_str().is_some_and(|tmux| tmux.starts_with("a:@")), "{stale}");
}

#[test]
fn only_a_kill_leaves_an_entry() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    let sessions = ["term", "hup", "kill"];
    for session in sessions {
        start(&home, session, &path, "");
    }
    let [term, hup, kill] = sessions.map(|session| wait_idle(&home, session));
    process_of(&term).unwrap().signal(Signal::TERM);
    home.env.tmux(["kill-session", "-t", "=hup:"]);
    process_of(&kill).unwrap().signal(Signal::KILL);
    wait_until("all three to end", || {
        [&term, &hup, &kill]
            .iter()
            .all(|entry| process_of(entry).is_none())
            .then_some(())
    });
    let left: Vec<_> = home.registry().iter().map(|entry| entry["pid"].clone()).collect();
    assert_eq!(left, [kill["pid"].clone()]);
    assert_eq!(home.registry()[0]["status"], "idle", "it is believed at one's peril");
}

#[test]
fn there_is_no_entry_while_a_question_at_the_start_is_open() {
    let home = ClaudeHome::new();
    let path = home.env.project("never-trusted");
    start(&home, "a", &path, "");
    let screen = wait_screen(&home, "a", "trust this folder");
    // Enter means No, whatever other versions asked.
    let no = screen.lines().find(|line| line.contains("No, exit"));
    assert!(
        no.is_some_and(|line| line.trim_start().starts_with('\u{276f}')),
        "{screen}"
    );
    assert!(home.registry().is_empty());
    assert!(Process::of(home.env.panes("a")[0].pid).is_some());
}

/// Without a terminal it would write a transcript all the same.
#[test]
fn an_inherited_marker_costs_entry_and_transcript() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    for (marker, session) in [("1", "inside"), ("", "outside")] {
        let id = Uuid::new_v4().to_string();
        let inherited = format!("CLAUDE_CODE_CHILD_SESSION={marker}");
        let command = ["exec claude --session-id ", &id, " 'a question'"].concat();
        let dir = path.to_string_lossy();
        home.env.tmux([
            "new-session",
            "-d",
            "-s",
            session,
            "-c",
            &dir,
            "-e",
            &inherited,
            &command,
        ]);
        wait_screen(&home, session, &answer_to("a question"));
        let expected = usize::from(marker.is_empty());
        assert_eq!(
            (home.registry().len(), home.transcripts(&id).len()),
            (expected, expected),
            "{session}"
        );
    }
}
