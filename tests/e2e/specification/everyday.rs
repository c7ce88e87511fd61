//! "Verwendung": the basic operations, status, and the wider features.

use super::*;

pub(super) const CASES: &[Case] = &[
    ("./tmux-session-manager.sh", |world, line| {
        world.create("todo");
        let mut terminal = world.on_terminal(line);
        terminal.wait_screen(|screen| screen.contains("todo"));
        terminal.type_text("\r");
        terminal.wait_session("claude-todo");
        assert!(terminal.detach().success());
        let help = world.run(line).success();
        assert!(help.stdout_str().contains("switch"), "{help:?}");
    }),
    ("./tmux-session-manager.sh switch todo", |world, line| {
        let article = world.create("article");
        let client = world.env.attach("claude-article");
        world.type_in("article", line);
        client.wait_session("claude-todo");
        world.claude.wait_ended(article.pid);
        wait_gone(&world.env, "claude-article");
        let panes = world.env.panes("claude-todo");
        let widths: Vec<f64> = panes.iter().map(|pane| f64::from(pane.width)).collect();
        let share = widths[0] / (widths[0] + widths[1]);
        assert!(widths.len() == 2 && (0.86..0.92).contains(&share), "{widths:?}");
        assert_eq!(world.agent("todo").cwd, world.env.project("todo"));
    }),
    ("./tmux-session-manager.sh create article", |world, line| {
        world.create("todo");
        let client = world.env.attach("claude-todo");
        world.run_in("todo", line).success();
        assert_eq!(sessions(&world.env), ["claude-article", "claude-todo"]);
        assert_eq!(client.session().as_deref(), Some("claude-todo"));
        assert_eq!(world.agent("article").cwd, world.env.project("article"));
    }),
    ("./tmux-session-manager.sh dashboard", |world, line| {
        world.create("todo");
        let frame = world.run(line).success();
        for shown in ["todo", "article", "RAM"] {
            assert!(frame.stdout_str().contains(shown), "{shown}: {frame:?}");
        }
        let mut terminal = world.on_terminal(line);
        terminal.wait_screen(|screen| screen.contains("todo") && screen.contains("RAM"));
        terminal.type_text("q");
        assert!(terminal.exit_status().success());
    }),
    ("./tmux-session-manager.sh health", |world, line| {
        world.create("todo");
        let health = world.run(line).success();
        for shown in ["tmux", "claude", "todo", "lock"] {
            assert!(health.stdout_str().contains(shown), "{shown}: {health:?}");
        }
    }),
    ("./tmux-session-manager.sh kill todo", |world, line| {
        let agent = world.create("todo");
        world.create("article");
        world.run(line).success();
        world.claude.wait_ended(agent.pid);
        assert_eq!(sessions(&world.env), ["claude-article"]);
        assert!(state(&world.env, "todo").contains("SESSION_LIFECYCLE=\"ended\""));
        let log = world.claude.log(agent.pid);
        assert!(log.contains(&"TERM".to_owned()), "asked before it was ended: {log:?}");
    }),
    ("./tmux-session-manager.sh status", |world, line| {
        world.create("todo");
        let status = world.run_in("todo", line).success();
        assert!(status.stdout_str().contains("Projekt: todo\n"), "{status:?}");
        world.run(line).code(3);
    }),
    ("./tmux-session-manager.sh status todo", |world, line| {
        world.create("todo");
        let status = world.run(line).success();
        for shown in ["claude-todo", "Projekt: todo\n", "idle"] {
            assert!(status.stdout_str().contains(shown), "{shown}: {status:?}");
        }
    }),
    ("./tmux-session-manager.sh list", |world, line| {
        world.create("todo");
        world.create("article");
        world.env.tmux(["new-session", "-d", "-s", "mine"]);
        let list = world.run(line).success();
        let list = list.stdout_str();
        assert!(
            list.contains("claude-todo") && list.contains("claude-article"),
            "{list}"
        );
        assert!(!list.contains("mine"), "{list}");
    }),
    (r#"./tmux-session-manager.sh send todo "./todo""#, |world, line| {
        world.create("todo");
        world.run(line).success();
        assert_eq!(world.prompts("todo"), ["./todo"]);
    }),
    ("./tmux-session-manager.sh state todo", |world, line| {
        world.create("todo");
        let shown = world.run(line).success();
        let path = world.env.project("todo").display().to_string();
        assert!(shown.stdout_str().contains("claude-todo"), "{shown:?}");
        assert!(shown.stdout_str().contains(&path), "{shown:?}");
        world.run(&line.replace("todo", "nowhere")).code(3);
    }),
    ("./tmux-session-manager.sh cleanup", |world, line| {
        world.create("todo");
        world.create("article");
        world.end_panes("todo");
        world.run(line).success();
        assert_eq!(sessions(&world.env), ["claude-article"]);
    }),
    ("./tmux-session-manager.sh attach todo", |world, line| {
        world.create("todo");
        world.create("article");
        let mut terminal = world.on_terminal(line);
        terminal.wait_session("claude-todo");
        assert!(terminal.detach().success());
        let client = world.env.attach("claude-article");
        world.type_in("article", line);
        client.wait_session("claude-todo");
        assert_eq!(sessions(&world.env), ["claude-article", "claude-todo"]);
    }),
];

#[test]
fn the_everyday_calls() {
    play(CASES);
}
