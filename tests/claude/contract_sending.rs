//! What Claude Code makes of what is typed and pasted, without tsm.

use std::fs;
use std::time::Duration;

use tests::loopback_model::{answer_to, begun};
use tests::wait::at_most;
use tests::{ClaudeHome, wait_until};

use crate::hook_log::{settings, told, wait_told};
use crate::talk::{pane, start, type_prompt, wait_agent, wait_idle, wait_screen};

/// Pastes a text and presses Enter, in one call of tmux.
fn paste(home: &ClaudeHome, session: &str, text: &str) {
    home.env
        .tmux_command(["load-buffer", "-b", "ours", "-"])
        .stdin(text)
        .run()
        .success();
    let pane = pane(home, session);
    let words = [
        "paste-buffer",
        "-d",
        "-p",
        "-r",
        "-b",
        "ours",
        "-t",
        &pane,
        ";",
        "send-keys",
        "-t",
        &pane,
        "Enter",
    ];
    home.env.tmux(words);
}

#[test]
fn what_is_sent_arrives_as_a_prompt_or_approves() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    let log = home.env.root().join("log");
    let file = home.env.root().join("settings.json");
    fs::write(&file, settings(&log, true).to_string()).unwrap();
    start(
        &home,
        "a",
        &path,
        &format!("--permission-mode manual --settings {}", file.display()),
    );
    wait_idle(&home, "a");

    // Lines stay lines.
    paste(&home, "a", "two\nlines \u{e9}\u{4e16} $(x) `y` \\n");
    wait_told(
        &log,
        "UserPromptSubmit",
        "prompt",
        "two\nlines \u{e9}\u{4e16} $(x) `y` \\n",
    );
    wait_idle(&home, "a");

    // A long text comes wrapped in something, whole.
    let long: String = (0..400).map(|n| format!("line {n} of many\n")).collect();
    paste(&home, "a", &long);
    let prompt = wait_until("the long prompt", || {
        let prompts = told(&log)
            .into_iter()
            .filter_map(|event| event["prompt"].as_str().map(str::to_owned));
        prompts.into_iter().find(|prompt| prompt.contains("line 399 of many"))
    });
    assert!(
        prompt.contains(long.trim_end()) && prompt != long.trim_end(),
        "{prompt}"
    );
    wait_idle(&home, "a");

    // While it is busy a prompt waits for its turn. Hooks are told of it at once or then, so they don't tell which it is.
    paste(&home, "a", "slow one");
    wait_screen(&home, "a", &begun("slow one"));
    paste(&home, "a", "queued");
    wait_screen(&home, "a", "Press up to edit queued messages");
    assert!(home.model.asked().iter().all(|asked| !asked.has("queued")));
    home.model.release();
    wait_told(&log, "UserPromptSubmit", "prompt", "queued");
    wait_screen(&home, "a", &answer_to("queued"));
    wait_idle(&home, "a");

    // A draft becomes part of what is sent.
    home.env
        .tmux(["send-keys", "-t", &pane(&home, "a"), "-l", "a draft and "]);
    wait_screen(&home, "a", "a draft and");
    paste(&home, "a", "an addition");
    wait_told(&log, "UserPromptSubmit", "prompt", "a draft and an addition");
    wait_idle(&home, "a");

    // Why nothing may ever be sent to a dialog.
    type_prompt(&home, "a", "tool touch sentinel");
    wait_agent(&home, "a", "to wait", |entry| entry["status"] == "waiting");
    // Until the dialog is drawn a text would be queued, and for some tenths of a second after that it takes no keys.
    wait_screen(&home, "a", "Do you want to proceed?");
    wait_until("the command to run", || {
        paste(&home, "a", "never mind");
        let ran = || path.join("sentinel").exists().then_some(()).ok_or(());
        at_most(Duration::from_secs(3), ran).ok()
    });
    wait_idle(&home, "a");
    assert!(told(&log).iter().all(|event| event["prompt"] != "never mind"));
}
