//! What Claude Code makes of what is typed and pasted, without tsm.

use std::fs;
use std::time::Duration;

use tests::loopback_model::{answer_to, begun};
use tests::wait::at_most;
use tests::{ClaudeHome, wait_until};

use crate::hook_log::{settings, told, wait_told};
use crate::talk::{pane, prompt, start, submit, wait_agent, wait_idle, wait_ready, wait_screen};

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

    // Lines stay lines.
    prompt(&home, "a", "two\nlines \u{e9}\u{4e16} $(x) `y` \\n");
    wait_told(
        &log,
        "UserPromptSubmit",
        "prompt",
        "two\nlines \u{e9}\u{4e16} $(x) `y` \\n",
    );
    wait_idle(&home, "a");

    // A long text comes wrapped in something, whole.
    let long: String = (0..400).map(|n| format!("line {n} of many\n")).collect();
    prompt(&home, "a", &long);
    let whole = wait_until("the long prompt", || {
        let prompts = told(&log)
            .into_iter()
            .filter_map(|event| event["prompt"].as_str().map(str::to_owned));
        prompts.into_iter().find(|prompt| prompt.contains("line 399 of many"))
    });
    assert!(whole.contains(long.trim_end()) && whole != long.trim_end(), "{whole}");
    wait_idle(&home, "a");

    // While it is busy a prompt waits for its turn. Hooks are told of it at once or then, so they don't tell which it is.
    prompt(&home, "a", "slow one");
    wait_screen(&home, "a", &begun("slow one"));
    submit(&home, "a", "queued");
    wait_screen(&home, "a", "Press up to edit queued messages");
    assert!(home.model.asked().iter().all(|asked| !asked.has("queued")));
    home.model.release();
    wait_told(&log, "UserPromptSubmit", "prompt", "queued");
    wait_screen(&home, "a", &answer_to("queued"));
    wait_idle(&home, "a");

    // A draft becomes part of what is sent.
    wait_ready(&home, "a");
    home.env
        .tmux(["send-keys", "-t", &pane(&home, "a"), "-l", "a draft and "]);
    wait_screen(&home, "a", "a draft and");
    submit(&home, "a", "an addition");
    wait_told(&log, "UserPromptSubmit", "prompt", "a draft and an addition");
    wait_idle(&home, "a");

    // Why nothing may ever be sent to a dialog.
    prompt(&home, "a", "tool touch sentinel");
    wait_agent(&home, "a", "to wait", |entry| entry["status"] == "waiting");
    // Until the dialog is drawn a text would be queued, and for some tenths of a second after that it takes no keys.
    wait_screen(&home, "a", "Do you want to proceed?");
    wait_until("the command to run", || {
        submit(&home, "a", "never mind");
        let ran = || path.join("sentinel").exists().then_some(()).ok_or(());
        at_most(Duration::from_secs(3), ran).ok()
    });
    wait_idle(&home, "a");
    assert!(told(&log).iter().all(|event| event["prompt"] != "never mind"));
}
