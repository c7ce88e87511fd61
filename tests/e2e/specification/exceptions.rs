//! What of the specification can't run as it stands, and what comes nearest to it.

use super::*;

const DOCUMENT: &str = include_str!("../../../docs/specification.md");

/// The line as it stands in the fixture, and why it is none that can run.
pub(super) const EXCEPTIONS: [(&str, &str); 3] = [
    (
        "        ./tmux-session-manager.sh switch <target_project>",
        "a placeholder",
    ),
    ("tail -f /tmp/tmux-session-manager.log", "the path of the log"),
    (
        "chmod +x /home/rodemkay/www/react/plugin-todo/scripts/*.sh",
        "the author's home",
    ),
];

#[test]
fn the_exceptions_are_documented_with_their_reasons() {
    for (line, reason) in EXCEPTIONS {
        assert!(FIXTURE.contains(line), "{line}");
        let row = DOCUMENT.lines().find(|row| row.contains(&format!("`{}`", line.trim())));
        let row = row.unwrap_or_else(|| panic!("docs/specification.md doesn't name {line}"));
        assert!(row.contains(reason), "{row}");
    }
}

/// The function of the specification, but for the name that it leaves open.
fn validate_project_context() -> String {
    let (_, function) = FIXTURE.split_once("validate_project_context() {").unwrap();
    let (function, _) = function.split_once("\n}\n").unwrap();
    let function = format!("validate_project_context() {{{function}\n}}\n");
    assert!(function.contains("<target_project>"));
    function.replace("<target_project>", "\"$target_project\"")
}

#[test]
fn the_task_systems_function_switches_on_a_mismatch() {
    let world = World::with(&["article"]);
    let todo = world.env.project("todo");
    let call = |current: &str| {
        format!(
            "{}\ncurrent_dir='{current}' target_project=todo\nvalidate_project_context '{}'",
            validate_project_context(),
            todo.display()
        )
    };
    // Already there: nothing happens.
    world
        .run_in("article", &call(&todo.join("src").display().to_string()))
        .success();
    assert_eq!(sessions(&world.env), ["claude-article"]);
    let client = world.env.attach("claude-article");
    let file = world.env.root().join("task.sh");
    fs::write(&file, call(&world.env.project("article").display().to_string())).unwrap();
    world.type_in("article", &format!("bash '{}'", file.display()));
    client.wait_session("claude-todo");
    wait_gone(&world.env, "claude-article");
}

#[test]
fn the_log_is_followed_where_it_is() {
    let world = World::with(&["todo"]);
    let mut terminal = world.on_terminal("./tmux-session-manager.sh logs -f");
    terminal.wait_screen(|screen| screen.contains("create todo"));
    world.run("./tmux-session-manager.sh save").success();
    terminal.wait_screen(|screen| screen.contains("save"));
    terminal.type_text("\x03");
    terminal.exit_status();
}

#[test]
fn the_scripts_are_made_executable_wherever_they_are() {
    let world = World::new();
    let line = EXCEPTIONS[2].0.replace(
        "/home/rodemkay/www/react/plugin-todo/scripts",
        &world.scripts().display().to_string(),
    );
    world.run(&line).success();
    world.run("./tmux-session-manager.sh --version").success();
}
