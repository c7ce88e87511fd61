//! Every line with which the original specification calls its two scripts, run unchanged by bash: the names of the scripts
//! are links to the binaries. `fixtures/specification-lines.sh` has the lines, with their comments, as they stand there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use tests::process::Signal;
use tests::{AttachedClient, Environment, FakeClaude, Invocation, Output, Start, wait_until};

use crate::switch::{sessions, state, type_into, wait_gone};

mod emergencies;
mod everyday;
mod exceptions;
mod workflow;

const FIXTURE: &str = include_str!("../fixtures/specification-lines.sh");

/// Lines that belong together, as they stand in the fixture, and what must come of them.
type Case = (&'static str, fn(&World, &str));

/// The projects `todo` and `article`, Claude Code's stand-in, and a directory with the two scripts.
struct World {
    env: Environment,
    claude: FakeClaude,
}

impl World {
    fn new() -> Self {
        let env = Environment::new();
        let claude = FakeClaude::install(&env);
        let (todo, article) = (env.project("todo"), env.project("article"));
        env.tsm_config(&format!(
            "[projects.todo]\npath = {todo:?}\n[projects.article]\npath = {article:?}\n"
        ));
        fs::create_dir(env.root().join("scripts")).unwrap();
        let world = Self { env, claude };
        for (script, binary) in [
            ("tmux-session-manager.sh", "tsm"),
            ("session-recovery.sh", "tsm-recovery"),
        ] {
            symlink(world.env.bin().join(binary), world.scripts().join(script)).unwrap();
        }
        world
    }

    /// With sessions of these projects, whose agents are idle.
    fn with(projects: &[&str]) -> Self {
        let world = Self::new();
        for project in projects {
            world.create(project);
        }
        world
    }

    fn create(&self, project: &str) -> Start {
        self.env.tsm(["create", project]).run().success();
        let start = self.agent(project);
        self.claude.wait_status(start.pid, "idle");
        start
    }

    /// The agent of a project that started last.
    fn agent(&self, project: &str) -> Start {
        let path = self.env.project(project);
        wait_until("the agent", || {
            let starts = self.claude.starts().into_iter().rev();
            starts.into_iter().find(|start| start.cwd == path)
        })
    }

    fn prompts(&self, project: &str) -> Vec<String> {
        self.claude.prompts(self.agent(project).pid)
    }

    fn scripts(&self) -> PathBuf {
        self.env.root().join("scripts")
    }

    /// The shell of a project's session.
    fn shell(&self, project: &str) -> String {
        self.env.panes(&format!("claude-{project}"))[1].id.clone()
    }

    fn bash(&self, lines: &str) -> Invocation<'_> {
        self.env.command("bash", ["-c", lines]).dir(self.scripts())
    }

    /// Outside tmux, without a terminal.
    fn run(&self, lines: &str) -> Output {
        self.bash(lines).run()
    }

    /// In the shell of a project's session.
    fn run_in(&self, project: &str, lines: &str) -> Output {
        self.bash(lines).in_pane(&self.shell(project)).run()
    }

    /// On a terminal outside tmux.
    fn on_terminal(&self, lines: &str) -> AttachedClient<'_> {
        self.bash(lines).in_terminal()
    }

    /// Typed into the shell of a project's session, as people do.
    fn type_in(&self, project: &str, line: &str) {
        let pane = self.shell(project);
        type_into(&self.env, &pane, &format!("cd '{}'", self.scripts().display()));
        type_into(&self.env, &pane, line);
    }

    /// All panes of a project's session are dead afterwards.
    fn end_panes(&self, project: &str) {
        let panes = || self.env.panes(&format!("claude-{project}"));
        self.env.tmux(["set-option", "-g", "remain-on-exit", "on"]);
        for pane in panes() {
            self.env.tmux(["respawn-pane", "-k", "-t", &pane.id, "exit"]);
        }
        wait_until("a session of dead panes", || {
            panes().iter().all(|pane| pane.dead).then_some(())
        });
    }

    fn crash_server(&self) {
        let server = self.env.server().unwrap();
        server.signal(Signal::KILL);
        wait_until("the end of the server", || (!server.alive()).then_some(()));
    }
}

fn play(cases: &[Case]) {
    for (lines, check) in cases {
        assert!(FIXTURE.contains(lines), "not in the specification: {lines}");
        println!("{lines}");
        check(&World::new(), lines);
    }
}

/// The calls of the fixture: its lines without what isn't shell in them.
fn calls() -> Vec<&'static str> {
    let calls = FIXTURE
        .lines()
        .filter(|line| line.contains("tmux-session-manager.sh") || line.contains("session-recovery.sh"));
    calls
        .map(|line| {
            let line = line.trim();
            let line = line.strip_prefix("Lösung: ").unwrap_or(line);
            line.strip_suffix(" (als letzter Ausweg)").unwrap_or(line)
        })
        .collect()
}

#[test]
fn no_line_is_left_out() {
    let cases = [everyday::CASES, emergencies::CASES, workflow::CASES].concat();
    let run: Vec<&str> = cases
        .iter()
        .flat_map(|(lines, _)| lines.lines())
        .map(str::trim)
        .collect();
    let all = calls();
    assert_eq!(all.len(), 40);
    for call in all {
        let excepted = exceptions::EXCEPTIONS.iter().any(|(line, _)| line.trim() == call);
        assert!(run.contains(&call) || excepted, "no test runs: {call}");
    }
}
