//! The completion marker: a project isn't left before its work says that it is done.

use std::fs;
use std::path::PathBuf;

use tests::{Environment, wait_until};

use crate::switch::sessions;

struct Guarded {
    env: Environment,
    marker: PathBuf,
}

impl Guarded {
    fn new() -> Self {
        let env = Environment::new();
        let marker = env.root().join("DONE");
        let path = env.project("todo");
        env.project("other");
        env.tsm_config(&format!(
            "[projects.todo]\npath = \"{}\"\ncompletion_marker = \"{}\"\n[projects.other]\npath = \"{}\"\n",
            path.display(),
            marker.display(),
            env.project("other").display()
        ));
        // Older than the session.
        fs::write(&marker, "").unwrap();
        env.tsm(["switch", "todo", "--no-attach"]).run().success();
        Self { env, marker }
    }

    /// As the work does it at its end; from then on it is newer than the last switch.
    fn finish(&self) {
        fs::write(&self.marker, "done").unwrap();
    }

    fn pane(&self) -> String {
        self.env.panes("claude-todo")[1].id.clone()
    }

    fn log(&self) -> String {
        fs::read_to_string(self.env.home().join(".local/state/tsm/tsm.log")).unwrap_or_default()
    }
}

#[test]
fn an_unfinished_project_is_neither_left_nor_ended() {
    let guarded = Guarded::new();
    let env = &guarded.env;
    for (args, hint) in [
        (&["switch", "other"][..], "switch"),
        (&["kill", "todo"], "kill"),
        (&["kill", "--all"], "kill"),
    ] {
        let output = env.tsm(args).in_pane(&guarded.pane()).run().code(7);
        assert!(output.stderr_str().contains("todo isn't done"), "{output:?}");
        assert!(output.stderr_str().contains("hint: --force"), "{output:?}");
        let expected = format!("{hint} todo: the completion marker ");
        assert!(guarded.log().contains(&expected), "{}", guarded.log());
    }
    assert_eq!(sessions(env), ["claude-todo"], "nothing was made either");
    let plan = env
        .tsm(["switch", "other", "--dry-run"])
        .in_pane(&guarded.pane())
        .run()
        .success();
    assert!(plan.stdout_str().starts_with("ask, as todo isn't done"), "{plan:?}");
    let json = env.tsm(["kill", "todo", "--json"]).run().code(7).json();
    assert_eq!(json["error"]["class"], "refused");
    fs::remove_file(&guarded.marker).unwrap();
    env.tsm(["kill", "todo"]).run().code(7);
    std::os::unix::fs::symlink("/etc/hostname", &guarded.marker).unwrap();
    env.tsm(["kill", "todo"]).run().code(7);
    assert_eq!(sessions(env), ["claude-todo"]);
}

#[test]
fn a_finished_project_is_left_and_its_marker_stays() {
    let guarded = Guarded::new();
    guarded.finish();
    guarded
        .env
        .tsm(["switch", "other"])
        .in_pane(&guarded.pane())
        .run()
        .success();
    wait_until("the end", || (sessions(&guarded.env) == ["claude-other"]).then_some(()));
    assert!(guarded.marker.exists());
    // It says nothing of the work that begins now.
    guarded.env.tsm(["switch", "todo", "--no-attach"]).run().success();
    guarded.env.tsm(["kill", "todo"]).run().code(7);
}

#[test]
fn keeping_and_forcing_ask_nothing() {
    let guarded = Guarded::new();
    let env = &guarded.env;
    env.tsm(["switch", "other", "--keep"])
        .in_pane(&guarded.pane())
        .run()
        .success();
    assert_eq!(sessions(env), ["claude-other", "claude-todo"]);
    env.tsm(["kill", "todo", "--force"]).run().success();
    assert_eq!(sessions(env), ["claude-other"]);
    assert!(guarded.log().contains("--force went on"), "{}", guarded.log());
    env.tsm(["kill", "other"]).run().success();
}

#[test]
fn on_a_terminal_the_user_decides() {
    let guarded = Guarded::new();
    for (answer, left) in [("n\r", true), ("y\r", false)] {
        let mut terminal = guarded.env.tsm(["kill", "todo"]).in_terminal();
        terminal.wait_screen(|screen| screen.contains("todo isn't done"));
        terminal.type_text(answer);
        assert_eq!(terminal.exit_status().success(), !left);
        assert_eq!(sessions(&guarded.env).is_empty(), !left);
    }
    let log = guarded.log();
    assert!(
        log.contains("the user stayed") && log.contains("the user went on"),
        "{log}"
    );
}
