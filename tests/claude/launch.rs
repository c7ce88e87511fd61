//! How a session's agent is started.

use tests::ClaudeHome;

use crate::talk::{ask, wait_idle};

#[test]
fn from_inside_an_agent_it_is_an_agent_of_its_own() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    let inside = [
        ("CLAUDECODE", "1"),
        ("CLAUDE_CODE_CHILD_SESSION", "1"),
        ("CLAUDE_CODE_ENTRYPOINT", "cli"),
        ("CLAUDE_CODE_SESSION_ID", "11111111-1111-4111-8111-111111111111"),
        ("CLAUDE_JOB_DIR", "/nonexistent"),
    ];
    let create = home.env.tsm(["create", "."]).dir(&path);
    let create = inside
        .into_iter()
        .fold(create, |create, (name, value)| create.env(name, value));
    create.run().success();
    ask(&home, "claude-alpha", "a question");
    let id = wait_idle(&home, "claude-alpha")["sessionId"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(home.transcripts(&id).len(), 1);
}
