//! What Claude Code does with conversations, without tsm: the facts that tsm builds on. One that changes with a new
//! version fails here and says which.

use std::fs;
use std::path::Path;

use tests::{ClaudeHome, Output, wait_for};
use uuid::Uuid;

use crate::talk::{ask, prompt, start, wait_agent, wait_idle};

/// One prompt without a terminal.
fn print(home: &ClaudeHome, dir: &Path, args: &[&str], prompt: &str) -> Output {
    home.env.command("claude", ["-p"]).args(args).arg(prompt).dir(dir).run()
}

#[test]
fn ids_are_chosen_kept_and_refused() {
    let home = ClaudeHome::new();
    let (path, other) = (home.project("alpha"), home.project("beta"));
    let [id, unknown, fork] = [(); 3].map(|()| Uuid::new_v4().to_string());
    print(&home, &path, &["--session-id", &id], "one").success();
    let transcript = home.transcripts(&id);
    assert_eq!(transcript.len(), 1);

    let used = print(&home, &path, &["--session-id", &id], "two").code(1);
    assert!(
        used.stderr_str()
            .contains(&format!("Session ID {id} is already in use.")),
        "{used:?}"
    );
    let absent = print(&home, &path, &["--resume", &unknown], "two").code(1);
    let expected = format!("No conversation found with session ID: {unknown}");
    assert!(absent.stderr_str().contains(&expected), "{absent:?}");
    assert!(home.model.asked().iter().all(|asked| !asked.has("two")));

    // From anywhere, and into the same file.
    print(&home, &other, &["--resume", &id], "three").success();
    assert!(home.model.wait_asked("three").has("one"));
    assert_eq!(home.transcripts(&id), transcript);

    let forked = ["--resume", &id, "--fork-session", "--session-id", &fork];
    print(&home, &path, &forked, "four").success();
    assert!(home.model.wait_asked("four").has("three"));
    assert_eq!(home.transcripts(&fork).len(), 1);
    print(&home, &path, &["--resume", &id], "five").success();
    assert!(!home.model.wait_asked("five").has("four"));
}

#[test]
fn two_may_write_one_conversation() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    let id = Uuid::new_v4().to_string();
    start(&home, "a", &path, &format!("--session-id {id}"));
    ask(&home, "a", "one");
    print(&home, &path, &["--resume", &id], "two").success();
    // Who was there first doesn't notice.
    assert!(!ask(&home, "a", "three").has("two"));
    // What was said is written a moment later.
    wait_for("all three in the transcript", || {
        let text = fs::read_to_string(&home.transcripts(&id)[0]).unwrap();
        let said = ["one", "two", "three"].map(|prompt| text.contains(&format!("\"content\":{prompt:?}")));
        if said == [true; 3] { Ok(()) } else { Err(said) }
    });
}

#[test]
fn resume_within_an_agent_changes_its_conversation() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    let id = Uuid::new_v4().to_string();
    print(&home, &path, &["--session-id", &id], "one").success();
    start(&home, "a", &path, "");
    assert_ne!(wait_idle(&home, "a")["sessionId"], id);
    // As its very first prompt 2.1.330 may leave a command in the box, and Enter after Enter does nothing.
    ask(&home, "a", "of another conversation");
    prompt(&home, "a", &format!("/resume {id}"));
    wait_agent(&home, "a", "to have the other conversation", |entry| {
        entry["sessionId"] == id
    });
    let asked = ask(&home, "a", "two");
    assert!(asked.has("one") && !asked.has("of another conversation"), "{asked:?}");
}
