//! The dashboard on a terminal: what it shows, what its keys do, and that the terminal is as it was afterwards.

use std::fs;

use tests::process::Signal;
use tests::{AttachedClient, Environment, Process, programs, wait_for, wait_until};

use crate::agents::Agents;
use crate::switch::sessions;

/// Two sessions and a project without one.
fn environment() -> Environment {
    let env = Environment::new();
    let (todo, article, other) = (env.project("todo"), env.project("article"), env.project("other"));
    fs::write(todo.join("CLAUDE.md"), "x".repeat(3000)).unwrap();
    fs::write(todo.join("task"), "T-42\nmore\n").unwrap();
    env.tsm_config(&format!(
        "[projects.todo]\npath = {todo:?}\ndescription = \"the list\"\ntask_id_file = {:?}\n\
         [projects.article]\npath = {article:?}\n[projects.other]\npath = {other:?}\n",
        todo.join("task")
    ));
    for project in ["article", "todo"] {
        let _output = env.tsm(["create", project]).run().success();
    }
    env
}

fn open(env: &Environment, columns: u16, rows: u16) -> AttachedClient<'_> {
    let mut terminal = env.tsm(["dashboard"]).in_terminal();
    terminal.resize(columns, rows);
    terminal.wait_screen(|screen| screen.contains("todo") && screen.contains("tmux "));
    terminal
}

/// What it wrote last may still be on its way.
fn is_restored(terminal: &AttachedClient<'_>) {
    wait_for("the terminal to be as it was", || match terminal.left_over() {
        left if left.is_empty() => Ok(()),
        left => Err(left),
    });
}

fn leaves_nothing(terminal: &mut AttachedClient<'_>) {
    is_restored(terminal);
    assert!(!terminal.screen().contains("Projects"), "{}", terminal.screen());
}

#[test]
fn it_shows_everything_there_is_to_know() {
    let env = environment();
    let _saved = env.tsm(["save"]).run().success();
    let pane = env.panes("claude-todo")[0].id.clone();
    env.tmux(["send-keys", "-t", &pane, "echo he''llo from the pane", "Enter"]);
    let mut terminal = open(&env, 160, 50);
    // Whatever was used last is the first: the rest is reached by its name.
    terminal.type_text("/todo\r");
    let screen = terminal.wait_screen(|screen| screen.contains("hello from the pane"));
    for shown in [
        "2 of 3 live",
        "healthy",
        "2.9 KiB",
        "the list",
        "T-42",
        "RAM",
        "disk",
        "load",
        "Last saves",
        "Log",
    ] {
        assert!(screen.contains(shown), "{shown}:\n{screen}");
    }
    terminal.type_text("\x1b");
    terminal.wait_screen(|screen| screen.contains("other") && screen.contains("offline"));
    terminal.type_text("q");
    assert!(terminal.exit_status().success());
    leaves_nothing(&mut terminal);
}

#[test]
fn once_prints_a_frame_and_nothing_for_a_terminal() {
    let env = environment();
    let output = env.tsm(["dashboard", "--once"]).run().success();
    let text = output.stdout_str();
    for shown in ["tmux ", "todo", "article", "other", "RAM", "Last saves"] {
        assert!(text.contains(shown), "{shown}:\n{text}");
    }
    assert!(
        !text.contains('\x1b') && text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );
    // Without a terminal the same, whether or not it was asked for once.
    assert!(env.tsm(["dash"]).run().success().stdout_str().contains("todo"));
    let colored = env.tsm(["--color", "always", "dashboard", "--once"]).run().success();
    assert!(colored.stdout_str().contains("\x1b[32m"), "{colored:?}");
}

#[test]
fn it_follows_the_size_of_its_terminal() {
    let env = environment();
    let mut terminal = open(&env, 60, 15);
    terminal.wait_screen(|screen| screen.contains("todo") && screen.lines().count() <= 15);
    terminal.resize(59, 15);
    terminal.wait_screen(|screen| screen.contains("too small: 59x15"));
    terminal.resize(160, 50);
    terminal.wait_screen(|screen| screen.contains("Last saves") && screen.contains("Panes"));
    terminal.type_text("\x03");
    assert!(terminal.exit_status().success());
    leaves_nothing(&mut terminal);
}

#[test]
fn keys_create_save_and_end_sessions_and_ask_before() {
    let env = environment();
    let mut terminal = open(&env, 100, 30);
    terminal.type_text("/other\r");
    terminal.wait_screen(|screen| screen.contains("match other (1)"));
    terminal.type_text("c");
    terminal.wait_screen(|screen| screen.contains("claude-other created"));
    terminal.type_text("s");
    terminal.wait_screen(|screen| screen.contains("other saved") || screen.contains("other unchanged"));
    terminal.type_text("k");
    terminal.wait_screen(|screen| screen.contains("Save and end the session of other?"));
    terminal.type_text("n");
    terminal.wait_screen(|screen| screen.contains("other is kept"));
    terminal.type_text("k");
    terminal.wait_screen(|screen| screen.contains("Save and end"));
    terminal.type_text("y");
    terminal.wait_screen(|screen| screen.contains("other saved and ended"));
    assert_eq!(sessions(&env), ["claude-article", "claude-todo"]);
    terminal.type_text("r");
    terminal.wait_screen(|screen| screen.contains("other restored"));
    assert_eq!(sessions(&env), ["claude-article", "claude-other", "claude-todo"]);
    terminal.type_text("q");
    // Esc isn't needed: q leaves with a filter, too.
    assert!(terminal.exit_status().success());
}

#[test]
fn t_types_a_text_for_the_agent() {
    let (agents, start) = Agents::with_todo();
    let mut terminal = open(&agents.env, 100, 30);
    terminal.type_text("t");
    terminal.type_text("hello from the dashboard");
    terminal.wait_screen(|screen| screen.contains("hello from the dashboard"));
    terminal.type_text("\r");
    terminal.wait_screen(|screen| screen.contains("todo delivered"));
    assert_eq!(agents.claude.prompts(start.pid), ["hello from the dashboard"]);
    terminal.type_text("q");
    assert!(terminal.exit_status().success());
}

#[test]
fn what_fails_is_said_and_the_dashboard_goes_on() {
    let env = environment();
    fs::remove_dir(env.root().join("projects/other")).expect("a directory");
    let mut terminal = open(&env, 160, 30);
    terminal.type_text("/other\r");
    terminal.wait_screen(|screen| screen.contains("match other (1)"));
    terminal.type_text("c");
    terminal.wait_screen(|screen| screen.contains("projects/other doesn't exist"));
    terminal.type_text("k");
    terminal.type_text("y");
    terminal.wait_screen(|screen| screen.contains("other has no session"));
    terminal.type_text("\x1b");
    terminal.wait_screen(|screen| screen.contains("article"));
    terminal.type_text("q");
    assert!(terminal.exit_status().success());
}

#[test]
fn the_mouse_selects_a_project() {
    let env = environment();
    let mut terminal = open(&env, 100, 30);
    // Of the selected project the detail is shown; `todo` alone is described.
    let row = |screen: &str, start: &str| screen.lines().position(|line| line.starts_with(&format!("│{start} ")));
    let screen = terminal.wait_screen(|screen| row(screen, "todo").is_some() && row(screen, "other").is_some());
    let click = |terminal: &mut AttachedClient<'_>, start: &str| {
        let row = row(&screen, start).expect("a row") + 1;
        terminal.type_text(&format!("\x1b[<0;5;{row}M\x1b[<0;5;{row}m"));
    };
    click(&mut terminal, "todo");
    terminal.wait_screen(|screen| screen.contains("the list"));
    click(&mut terminal, "other");
    terminal.wait_screen(|screen| !screen.contains("the list"));
    terminal.type_text("q");
    assert!(terminal.exit_status().success());
    leaves_nothing(&mut terminal);
}

#[test]
fn enter_switches_and_the_terminal_becomes_the_session() {
    let env = environment();
    let mut terminal = open(&env, 100, 30);
    terminal.type_text("/todo\r\r");
    terminal.wait_session("claude-todo");
    let status = terminal.detach();
    assert!(status.success());
    is_restored(&terminal);
}

#[test]
fn signals_leave_the_terminal_as_it_was() {
    let env = environment();
    for signal in [Signal::TERM, Signal::HUP] {
        let mut terminal = open(&env, 80, 24);
        assert_eq!(
            terminal.left_over(),
            ["raw mode", "the other screen", "a hidden cursor", "the mouse"]
        );
        assert!(Process::of(terminal.pid()).expect("the dashboard").signal(signal));
        let status = terminal.exit_status();
        assert!(!status.success(), "{status:?}");
        leaves_nothing(&mut terminal);
    }
}

#[test]
fn a_panic_leaves_the_terminal_as_it_was_and_can_be_read() {
    let env = Environment::new();
    let mut terminal = env.command(programs::built("panic-on-screen"), [""; 0]).in_terminal();
    assert!(!terminal.exit_status().success());
    // The message stands on the screen that the user comes back to.
    terminal.wait_screen(|screen| screen.contains("a fault"));
    is_restored(&terminal);
}

#[test]
fn a_server_that_hangs_is_shown_as_that_and_keys_still_work() {
    let env = environment();
    let mut terminal = open(&env, 100, 30);
    let server = env.server().expect("a server");
    assert!(server.signal(Signal::STOP));
    terminal.wait_screen(|screen| screen.contains("tmux can't be asked"));
    terminal.type_text("?");
    terminal.wait_screen(|screen| screen.contains("this help"));
    terminal.type_text("xq");
    let status = terminal.exit_status();
    assert!(server.signal(Signal::CONT));
    assert!(status.success());
    leaves_nothing(&mut terminal);
}

#[test]
fn what_programs_write_is_shown_and_never_obeyed() {
    let env = environment();
    let pane = env.panes("claude-todo")[0].id.clone();
    // tmux keeps titles and names with what it lets through; the text of the pane is only text.
    env.tmux([
        "send-keys",
        "-t",
        &pane,
        "printf 'A\\033[31mB\\033]0;title\\007\\342\\200\\256C\\n'",
        "Enter",
    ]);
    let mut terminal = open(&env, 160, 50);
    terminal.type_text("/todo\r");
    let screen = terminal.wait_screen(|screen| screen.contains("\\u{202e}C"));
    assert!(!screen.contains('\u{202e}'), "{screen}");
    terminal.type_text("q");
    assert!(terminal.exit_status().success());
}

#[test]
fn it_works_in_a_popup_of_tmux() {
    let env = environment();
    let client = env.attach("claude-article");
    let popup = ["display-popup", "-c", client.tty(), "-E", "-w", "100%", "-h", "100%"];
    let tsm = env.bin().join("tsm");
    let command = format!("exec {} dashboard", tsm.display());
    let shown = env.tmux_command(popup).arg(command).start();
    client.wait_screen(|screen| screen.contains("Projects") && screen.contains("todo"));
    let mut client = client;
    client.type_text("/todo\r\r");
    client.wait_session("claude-todo");
    let _output = shown.wait();
    // Switching replaces: what was left has ended.
    wait_until("the session that was left to end", || {
        (sessions(&env) == ["claude-todo"]).then_some(())
    });
}
