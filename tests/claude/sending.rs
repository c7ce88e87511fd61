//! `tsm send` to the real Claude Code.

use std::fs;

use serde_json::Value;
use tests::loopback_model::{answer_to, begun};
use tests::{ClaudeHome, Invocation, wait_for};

use crate::hook_log::{names, settings, told, wait_told};
use crate::talk::{wait_idle, wait_screen};

fn outcomes(sent: Invocation<'_>) -> Vec<(String, String)> {
    let json = sent.arg("--json").run().success().json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let results = json["results"].as_array().into_iter().flatten();
    results
        .map(|result| (text(&result["project"]), text(&result["outcome"])))
        .collect()
}

fn all(outcome: &str, projects: &[&str]) -> Vec<(String, String)> {
    projects
        .iter()
        .map(|project| ((*project).to_owned(), outcome.to_owned()))
        .collect()
}

#[test]
fn prompts_arrive_cold_warm_and_in_a_queue() {
    let home = ClaudeHome::new();
    // The user's own hooks go on, and the user's file is as it was.
    fs::create_dir_all(home.config_dir()).unwrap();
    let users = home.config_dir().join("settings.json");
    let log = home.env.root().join("users-hooks");
    fs::write(&users, settings(&log, false).to_string()).unwrap();
    let before = fs::read(&users).unwrap();

    for path in ["alpha", "beta"].map(|name| home.project(name)) {
        home.env.tsm(["create", "."]).dir(&path).run().success();
    }
    // Claude Code says that it is idle before it takes Enter, on a busy machine by seconds.
    let cold = home
        .env
        .tsm(["send", "alpha,beta", "--wait", "60", "as", "they", "start"]);
    assert_eq!(outcomes(cold), all("delivered", &["alpha", "beta"]));
    for session in ["claude-alpha", "claude-beta"] {
        wait_screen(&home, session, &answer_to("as they start"));
        wait_idle(&home, session);
    }
    assert_eq!(home.model.asked().len(), 2, "each of them once");

    let text = "two\nlines \u{e9} $(x) `y` ; Enter \\n";
    let sent = home.env.tsm(["send", "alpha", "--stdin"]).stdin(text);
    assert_eq!(outcomes(sent), all("delivered", &["alpha"]));
    wait_told(&log, "UserPromptSubmit", "prompt", text);
    // A prompt is told before it is worked on: idle alone could be what was before.
    wait_for("the third answer", || {
        let told = names(&told(&log));
        let answers = told.iter().filter(|name| *name == "Stop").count();
        if answers == 3 { Ok(()) } else { Err(told) }
    });
    wait_idle(&home, "claude-alpha");

    assert_eq!(
        outcomes(home.env.tsm(["send", "alpha", "slow one"])),
        all("delivered", &["alpha"])
    );
    wait_screen(&home, "claude-alpha", &begun("slow one"));
    let busy = home
        .env
        .tsm(["send", "alpha", "not now", "--json"])
        .run()
        .code(7)
        .json();
    assert_eq!(busy["results"][0]["outcome"], "refused", "{busy:#}");
    assert_eq!(
        outcomes(home.env.tsm(["send", "alpha", "--queue", "when", "you", "can"])),
        all("queued", &["alpha"])
    );
    home.model.release();
    wait_told(&log, "UserPromptSubmit", "prompt", "when you can");
    wait_screen(&home, "claude-alpha", &answer_to("when you can"));
    assert!(home.model.asked().iter().all(|asked| !asked.has("not now")));
    assert_eq!(fs::read(&users).unwrap(), before);
}
