//! Bare `tsm`: on a terminal the picker, else the help.

use tests::{Environment, wait_until};

use crate::switch::sessions;

fn environment() -> Environment {
    let env = Environment::new();
    for project in ["todo", "wp-todos", "article"] {
        let path = env.project(project);
        let _output = env.tsm(["create", "."]).dir(path).run().success();
    }
    env
}

#[test]
fn letters_narrow_the_list_and_enter_switches() {
    let env = environment();
    let mut terminal = env.tsm::<&str>([]).in_terminal();
    terminal.wait_screen(|screen| screen.contains("article") && screen.contains("wp-todos"));
    terminal.type_text("wt");
    terminal.wait_screen(|screen| screen.contains("match wt (1)") && !screen.contains("article"));
    terminal.type_text("\r");
    terminal.wait_session("claude-wp-todos");
    assert!(terminal.detach().success());
}

#[test]
fn escape_leaves_and_nothing_happens() {
    let env = environment();
    let before = sessions(&env);
    let mut terminal = env.tsm::<&str>([]).in_terminal();
    terminal.wait_screen(|screen| screen.contains("article"));
    terminal.type_text("\x1b");
    assert!(terminal.exit_status().success());
    wait_until("the terminal to be as it was", || {
        terminal.left_over().is_empty().then_some(())
    });
    assert_eq!(sessions(&env), before);
}

#[test]
fn what_was_used_last_comes_first() {
    let env = environment();
    let mut client = env.attach("claude-todo");
    let mut terminal = env.tsm::<&str>([]).in_terminal();
    // The client's keys count from the next second on.
    client.type_text("x");
    terminal.wait_screen(|screen| {
        let row = |name: &str| screen.find(&format!("│{name} "));
        row("todo").is_some() && row("todo") < row("article") && row("todo") < row("wp-todos")
    });
    terminal.type_text("\x1b");
    assert!(terminal.exit_status().success());
}

#[test]
fn without_a_terminal_it_is_the_help() {
    let env = Environment::new();
    let output = env.tsm::<&str>([]).run().success();
    assert!(output.stdout_str().contains("Usage: tsm"), "{output:?}");
}
