//! "Error Recovery" and "Troubleshooting".

use super::*;

pub(super) const CASES: &[Case] = &[
    ("./session-recovery.sh detect", |world, line| {
        world.create("todo");
        world.run(line).success();
        world.crash_server();
        let found = world.run(line).code(1);
        assert!(found.stdout_str().contains("todo"), "{found:?}");
    }),
    (
        "./session-recovery.sh backup all          # Alle Sessions",
        |world, line| {
            world.create("todo");
            world.create("article");
            let file = backup(world, line);
            assert_eq!(projects_of(world, &file), ["article", "todo"]);
        },
    ),
    (
        "./session-recovery.sh backup todo         # Spezifisches Projekt",
        |world, line| {
            world.create("todo");
            world.create("article");
            let file = backup(world, line);
            assert_eq!(projects_of(world, &file), ["todo"]);
        },
    ),
    ("./session-recovery.sh emergency", |world, line| {
        let before = world.create("todo");
        world.run(line).code(7);
        assert_eq!(sessions(&world.env), ["claude-todo"]);
        let mut terminal = world.on_terminal(line);
        terminal.wait_screen(|screen| screen.contains("YES"));
        terminal.type_text("YES\r");
        assert!(terminal.exit_status().success(), "{}", terminal.screen());
        world.claude.wait_ended(before.pid);
        assert_eq!(sessions(&world.env), ["claude-todo"]);
        assert_eq!(world.env.panes("claude-todo").len(), 2);
        wait_until("another agent", || {
            (world.agent("todo").pid != before.pid).then_some(())
        });
    }),
    ("./session-recovery.sh validate", |world, line| {
        world.create("todo");
        world.run("./session-recovery.sh backup").success();
        world.run(line).success();
        world.crash_server();
        world.run(line).code(1);
        world.run("./tmux-session-manager.sh restore").success();
        world.run(line).success();
    }),
    ("./session-recovery.sh list-backups", |world, line| {
        world.create("todo");
        let file = backup(world, "./session-recovery.sh backup");
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let list = world.run(line).success();
        assert!(list.stdout_str().contains(&name), "{list:?}");
        assert!(list.stdout_str().contains("todo"), "{list:?}");
    }),
    ("./session-recovery.sh restore /path/to/backup.tar.gz", |world, line| {
        world.create("todo");
        let before = state(&world.env, "todo");
        let refused = world.run(line).code(3);
        assert!(refused.stderr_str().contains("/path/to/backup.tar.gz"), "{refused:?}");
        assert_eq!(state(&world.env, "todo"), before);
        let file = backup(world, "./session-recovery.sh backup");
        fs::remove_file(world.env.home().join(".claude/session-states/todo.state")).unwrap();
        world
            .run(&line.replace("/path/to/backup.tar.gz", &file.display().to_string()))
            .success();
        assert!(!state(&world.env, "todo").is_empty());
    }),
    ("./session-recovery.sh cleanup-backups 7", |world, line| {
        world.create("todo");
        let old = world
            .env
            .recovery(["backup", "--full"])
            .at(1_700_000_000)
            .run()
            .success();
        let old = PathBuf::from(old.stdout_str().trim());
        let day = 24 * 60 * 60;
        let kept = world
            .env
            .recovery(["backup", "--full"])
            .at(1_700_000_000 + 4 * day)
            .run()
            .success();
        let kept = PathBuf::from(kept.stdout_str().trim());
        world.bash(line).at(1_700_000_000 + 8 * day).run().success();
        assert!(!old.exists() && kept.exists());
    }),
    // Once for a session that doesn't react, once for zombies.
    (
        "./session-recovery.sh detect\n        ./tmux-session-manager.sh cleanup",
        |world, lines| {
            let agent = world.create("todo");
            world.create("article");
            assert!(agent.process().signal(Signal::KILL));
            world.claude.wait_ended(agent.pid);
            world.end_panes("todo");
            let output = world.run(lines).success();
            assert!(output.stdout_str().contains("session_empty: todo"), "{output:?}");
            assert_eq!(sessions(&world.env), ["claude-article"]);
            world.run("./session-recovery.sh detect").success();
        },
    ),
];

/// Runs it, and gives the file that it says it wrote.
fn backup(world: &World, line: &str) -> PathBuf {
    let output = world.run(line).success();
    let file = PathBuf::from(output.stdout_str().trim());
    assert!(file.is_file(), "{output:?}");
    file
}

fn projects_of(world: &World, file: &std::path::Path) -> Vec<String> {
    let list = world
        .env
        .recovery(["verify", "--json"])
        .arg(file)
        .run()
        .success()
        .json();
    let projects = list["backups"][0]["projects"].as_array().unwrap().iter();
    let mut projects: Vec<String> = projects.map(|name| name.as_str().unwrap().to_owned()).collect();
    projects.sort();
    projects
}

#[test]
fn the_emergency_calls() {
    play(CASES);
}
