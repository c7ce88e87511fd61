//! `list` and `status`: for people at the width of their terminal, for programs by committed schemas, for tmux's status line.

use std::fs;

use serde_json::Value;
use tests::{Environment, FakeClaude, wait_until};

use crate::agents::Agents;
use crate::json_documents::{check, checked};

#[test]
fn every_document_is_as_its_schema_says() {
    let (agents, _start) = Agents::with_todo();
    let env = &agents.env;
    let other = env.project("other");
    let _output = env.tsm(["create", "."]).dir(&other).run().success();
    let _output = env.tsm(["kill", "other"]).run().success();
    env.tmux(["new-session", "-d", "-s", "stranger"]);
    let list = env.tsm(["list", "--all", "--json"]).run().success().json();
    check("list", &list);
    assert_eq!(list["sessions"].as_array().map(Vec::len), Some(3), "{list:#}");
    check("list", &env.tsm(["list", "--json"]).run().success().json());
    for project in ["todo", "other"] {
        check("status", &env.tsm(["status", project, "--json"]).run().success().json());
    }
    let several = env.tsm(["status", "todo", "other", "--json"]).run().success().json();
    check("list", &several);
    assert_eq!(several["sessions"][1]["state"], "offline", "{several:#}");
    for (args, code) in [(["status", "nothing", "--json"], 3), (["status", "a:b", "--json"], 2)] {
        check("error", &env.tsm(args).run().code(code).json());
    }

    // That the schemas say something: each of these is refused.
    let sessions = list["sessions"].as_array().expect("sessions");
    let good = sessions
        .iter()
        .find(|session| session["state"] == "healthy")
        .expect("todo")
        .clone();
    for (field, value) in [
        ("state", Value::from("fine")),
        ("created", "yesterday".into()),
        ("clients", Value::Null),
        ("panes", (-1).into()),
        ("project", "a b".into()),
    ] {
        let mut bad = good.clone();
        bad[field] = value;
        assert!(checked("session", &bad).is_err(), "{field}");
        bad.as_object_mut().expect("an object").remove(field);
        assert!(checked("session", &bad).is_err(), "without {field}");
    }
}

/// What a command shows in a terminal of this width.
fn shown(env: &Environment, args: &[&str], columns: u16) -> String {
    let mut terminal = env.tsm(args).in_terminal_of((columns, 40));
    let status = terminal.exit_status();
    assert!(status.success(), "{status:?}: {}", terminal.screen());
    env.normalise(&terminal.wait_screen(|screen| screen.lines().count() > 2))
}

#[test]
fn people_get_what_fits_their_terminal() {
    let env = Environment::new();
    for name in ["todo", "a-project-with-a-rather-long-name-for-a-narrow-terminal"] {
        let path = env.project(name);
        let _output = env.tsm(["create", "."]).dir(path).run().success();
    }
    for columns in [60, 80, 160] {
        let screen = shown(&env, &["list"], columns);
        assert_eq!(screen.lines().count(), 3, "nothing wraps:\n{screen}");
        assert!(screen.contains("SESSION") && screen.contains("healthy"), "{screen}");
        assert_eq!(
            screen.contains("CLIENTS"),
            columns == 160,
            "the least important goes first:\n{screen}"
        );
        let status = shown(&env, &["status", "todo"], columns);
        assert!(status.contains("Projekt: todo"), "{status}");
    }
    // A program gets all of it, whatever the terminal.
    let piped = env.tsm(["list"]).run().success();
    assert!(
        piped.stdout_str().contains("CLIENTS") && !piped.stdout_str().contains('…'),
        "{piped:?}"
    );
}

#[test]
fn tmux_gets_a_short_coloured_line() {
    let env = Environment::new();
    assert_eq!(
        env.tsm(["status", "--tmux"]).run().success().stdout_str(),
        "\n",
        "no server is nothing to tell"
    );
    let claude = FakeClaude::install(&env);
    for name in ["todo", "other"] {
        let path = env.project(name);
        let _output = env.tsm(["create", "."]).dir(path).run().success();
    }
    let starts = claude.wait_started(2);
    starts.iter().for_each(|start| claude.wait_status(start.pid, "idle"));
    let line = |project: &str| {
        env.tsm(["status", "--tmux", project])
            .run()
            .success()
            .stdout_str()
            .to_owned()
    };
    assert_eq!(line("todo"), "#[bold]todo#[nobold] #[fg=cyan]idle#[fg=default]\n");
    assert_eq!(line("nothing"), "\n");
    let _sent = env.tsm(["send", "other", "slow"]).run().success();
    wait_until("the other to work", || {
        line("todo")
            .contains("#[fg=green]+1 working#[fg=default]")
            .then_some(())
    });

    // tmux itself shows it, with the project of the session that is looked at.
    env.tmux(["set-option", "-g", "status-right-length", "80"]);
    env.tmux(["set-option", "-g", "status-interval", "1"]);
    let command = format!(
        "#({} status --tmux '#{{@tsm_project}}')",
        env.bin().join("tsm").display()
    );
    env.tmux(["set-option", "-g", "status-right", &command]);
    let client = env.attach("claude-todo");
    client.wait_screen(|screen| {
        screen
            .lines()
            .last()
            .is_some_and(|line| line.contains("todo idle +1 working"))
    });
    claude.finish();
}

#[test]
fn the_task_is_kept_with_each_save() {
    let env = Environment::new();
    let todo = env.project("todo");
    let file = todo.join("task");
    env.tsm_config(&format!(
        "[projects.todo]\npath = {todo:?}\ntask_id_file = {file:?}\n[projects.other]\npath = {:?}\n\
         task_id_command = [\"sh\", \"-c\", \"cat id; echo more\"]\n",
        env.project("other")
    ));
    fs::write(&file, "T-1 äö\n").unwrap();
    fs::write(env.project("other").join("id"), "O-7\n").unwrap();
    for project in ["todo", "other"] {
        let _output = env.tsm(["create", project]).run().success();
    }
    let state = |project: &str| {
        let _saved = env.tsm(["save"]).run().success();
        fs::read_to_string(env.home().join(format!(".claude/session-states/{project}.state"))).unwrap()
    };
    assert!(state("todo").contains("\nX_TASK_ID=\"T-1 äö\"\n"), "{}", state("todo"));
    assert!(state("other").contains("\nX_TASK_ID=\"O-7\"\n"), "{}", state("other"));
    fs::write(&file, "T-2 $(touch x)\n").unwrap();
    assert!(
        state("todo").contains("\nX_TASK_ID='T-2 $(touch x)'\n"),
        "{}",
        state("todo")
    );
    // What isn't an id is none, and an old one isn't kept.
    fs::write(&file, "\x1b[2J\n").unwrap();
    assert!(!state("todo").contains("X_TASK_ID"), "{}", state("todo"));
    let history = env.tsm(["state", "todo", "--at", "#1", "--json"]).run();
    assert!(history.status.success() || !history.stdout_str().is_empty());
}
