//! Talking to the agent of a session as its user does: by the keyboard and the screen.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tests::claude_home::process_of;
use tests::loopback_model::{Asked, answer_to};
use tests::wait::at_most;
use tests::{ClaudeHome, wait_for, wait_until};

/// The pane in which the agent of a session runs.
pub(crate) fn pane(home: &ClaudeHome, session: &str) -> String {
    home.env.panes(session).remove(0).id
}

/// Waits until the agent of a session is as the condition wants it, and gives its entry in the registry. An agent of a
/// server that was killed takes a moment to end, in a pane of the same id: it is not this one.
#[track_caller]
pub(crate) fn wait_agent(home: &ClaudeHome, session: &str, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
    home.wait_registry(&format!("the agent of {session} {what}"), |entry| {
        let pane = home.env.panes(session).remove(0).pid;
        let here = process_of(entry).is_some_and(|agent| agent.pid == pane || agent.parent() == Some(pane));
        here && condition(entry)
    })
}

/// Waits until the agent of a session wants a prompt.
#[track_caller]
pub(crate) fn wait_idle(home: &ClaudeHome, session: &str) -> Value {
    wait_agent(home, session, "to be idle", |entry| entry["status"] == "idle")
}

/// Waits until the agent of a session is idle and takes keys: for some tenths of a second after its start it is not
/// certain to take Enter for what it is. A character that nobody uses shows it, and is taken away again.
#[track_caller]
pub(crate) fn wait_ready(home: &ClaudeHome, session: &str) -> Value {
    let entry = wait_idle(home, session);
    let pane = pane(home, session);
    let shown = || {
        screen(home, session)
            .lines()
            .any(|line| line.starts_with('\u{276f}') && line.contains('\u{a7}'))
    };
    wait_until("the prompt to take keys", || {
        home.env.tmux(["send-keys", "-t", &pane, "-l", "\u{a7}"]);
        at_most(Duration::from_secs(1), || shown().then_some(()).ok_or(())).ok()
    });
    press(home, session, "C-u");
    wait_until("the prompt to be empty", || (!shown()).then_some(()));
    entry
}

/// Pastes a prompt and presses Enter, in one call of tmux. Keys would not do: many at once are a paste to Claude Code, and
/// Enter is a part of it.
#[track_caller]
pub(crate) fn submit(home: &ClaudeHome, session: &str, prompt: &str) {
    home.env
        .tmux_command(["load-buffer", "-b", "prompt", "-"])
        .stdin(prompt)
        .run()
        .success();
    let pane = pane(home, session);
    let paste = ["paste-buffer", "-d", "-p", "-r", "-b", "prompt", "-t", &pane, ";"];
    home.env
        .tmux(paste.into_iter().chain(["send-keys", "-t", &pane, "Enter"]));
}

/// Gives the idle agent of a session a prompt.
#[track_caller]
pub(crate) fn prompt(home: &ClaudeHome, session: &str, text: &str) {
    wait_ready(home, session);
    submit(home, session, text);
}

/// Asks the idle agent of a session and waits for its answer; gives what the model was asked.
#[track_caller]
pub(crate) fn ask(home: &ClaudeHome, session: &str, text: &str) -> Asked {
    prompt(home, session, text);
    let asked = home.model.wait_asked(text);
    wait_screen(home, session, &answer_to(text));
    wait_idle(home, session);
    asked
}

/// What is on the screen of a session's agent.
#[track_caller]
pub(crate) fn screen(home: &ClaudeHome, session: &str) -> String {
    let pane = pane(home, session);
    String::from_utf8_lossy(&home.env.tmux(["capture-pane", "-p", "-t", &pane])).into_owned()
}

/// Waits until a text is on the screen of a session's agent, and gives the screen.
#[track_caller]
pub(crate) fn wait_screen(home: &ClaudeHome, session: &str, text: &str) -> String {
    wait_for(&format!("{text:?} on the screen of {session}"), || {
        match screen(home, session) {
            screen if screen.contains(text) => Ok(screen),
            screen => Err(screen),
        }
    })
}

/// Starts Claude Code as the command of a new session, without tsm.
#[track_caller]
pub(crate) fn start(home: &ClaudeHome, session: &str, dir: &Path, args: &str) {
    let dir = dir.to_string_lossy();
    let command = format!("exec claude {args}");
    let size = ["-x", "120", "-y", "40"];
    let words = ["new-session", "-d", "-s", session, "-c", &dir].into_iter();
    home.env.tmux(words.chain(size).chain([command.as_str()]));
}

/// Presses a key, as tmux calls it.
#[track_caller]
pub(crate) fn press(home: &ClaudeHome, session: &str, key: &str) {
    home.env.tmux(["send-keys", "-t", &pane(home, session), key]);
}
