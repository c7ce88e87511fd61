//! "Workflow-Integration", "Erweiterte Features", "Metriken" and "Installation & Setup".

use super::*;

pub(super) const CASES: &[Case] = &[
    (
        r#"./tmux-session-manager.sh send todo "./todo complete""#,
        |world, line| {
            world.create("todo");
            world.run(line).success();
            assert_eq!(world.prompts("todo"), ["./todo complete"]);
        },
    ),
    (
        "for project in todo article; do\n    ./tmux-session-manager.sh send $project \"echo 'Bulk command'\"\ndone",
        |world, lines| {
            world.create("todo");
            world.create("article");
            world.run(lines).success();
            for project in ["todo", "article"] {
                assert_eq!(world.prompts(project), ["echo 'Bulk command'"]);
            }
        },
    ),
    ("DEBUG=1 ./tmux-session-manager.sh switch todo", |world, line| {
        let output = world.run(line).success();
        assert_eq!(output.stdout_str(), "claude-todo\n");
        assert!(output.stderr_str().contains("new-session"), "{output:?}");
        assert!(output.stderr_str().contains(" ms"), "{output:?}");
        world.agent("todo");
    }),
    ("./tmux-session-manager.sh status --json", |world, line| {
        world.create("todo");
        let status = world.run_in("todo", line).success().json();
        assert_eq!(status["session"]["project"], "todo");
        assert_eq!(status["session"]["agent"]["status"], "idle");
        assert_eq!(world.run(line).code(3).json()["error"]["class"], "not_found");
    }),
    ("./tmux-session-manager.sh health --metrics", |world, line| {
        world.create("todo");
        let metrics = world.run(line).success();
        assert!(metrics.stdout_str().contains("# TYPE tsm_"), "{metrics:?}");
        assert!(metrics.stdout_str().ends_with("# EOF\n"), "{metrics:?}");
    }),
    ("time ./tmux-session-manager.sh switch todo", |world, line| {
        let output = world.run(line).success();
        assert!(output.stderr_str().contains("real"), "{output:?}");
        assert!(output.elapsed < Duration::from_secs(5), "{output:?}");
        assert_eq!(sessions(&world.env), ["claude-todo"]);
        world.agent("todo");
    }),
    (
        "mkdir -p ~/.claude/{session-states,backups}\n\n# Test-Run\n./tmux-session-manager.sh health",
        |world, lines| {
            world.run(lines).success();
            world.create("todo");
            backup_works(world);
        },
    ),
    (
        "./tmux-session-manager.sh dashboard\n./session-recovery.sh validate",
        |world, lines| {
            world.create("todo");
            backup_works(world);
            let output = world.run(&format!("set -e\n{lines}")).success();
            assert!(output.stdout_str().contains("todo"), "{output:?}");
        },
    ),
    (
        "current_project=$(./tmux-session-manager.sh status | grep \"Projekt:\" | awk '{print $2}')\n\
         ./tmux-session-manager.sh switch $current_project",
        |world, lines| {
            let agent = world.create("todo");
            let client = world.env.attach("claude-todo");
            let output = world
                .run_in("todo", &format!("{lines}\necho \"in $current_project\""))
                .success();
            assert!(output.stdout_str().contains("in todo\n"), "{output:?}");
            assert_eq!(sessions(&world.env), ["claude-todo"]);
            assert_eq!(client.session().as_deref(), Some("claude-todo"));
            assert!(agent.process().alive());
        },
    ),
];

fn backup_works(world: &World) {
    world.run("./session-recovery.sh backup").success();
}

#[test]
fn the_calls_of_other_programs() {
    play(CASES);
}
