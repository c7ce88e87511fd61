//! Sessions with a stand-in for Claude Code, for the tests of agents.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tests::{Environment, FakeClaude, Output, Start, wait_for};

/// An environment with a fake Claude Code.
pub(crate) struct Agents {
    pub(crate) env: Environment,
    pub(crate) claude: FakeClaude,
}

impl Agents {
    pub(crate) fn new() -> Self {
        let env = Environment::new();
        let claude = FakeClaude::install(&env);
        Self { env, claude }
    }

    /// With a project `todo` whose agent is idle.
    pub(crate) fn with_todo() -> (Self, Start) {
        let agents = Self::new();
        let start = agents.create("todo");
        agents.claude.wait_status(start.pid, "idle");
        (agents, start)
    }

    /// Makes the session of a project, and waits for the start of its agent.
    #[track_caller]
    pub(crate) fn create(&self, project: &str) -> Start {
        let path = self.env.project(project);
        self.env.tsm(["create", "."]).dir(&path).run().success();
        self.started_in(project, 1)
    }

    /// The latest start in a project, when there are so many.
    #[track_caller]
    pub(crate) fn started_in(&self, project: &str, count: usize) -> Start {
        let path = self.env.project(project);
        wait_for("the start of the agent", || {
            let starts = self.claude.starts().into_iter().filter(|start| start.cwd == path);
            let mut starts: Vec<Start> = starts.collect();
            match starts.len() {
                found if found >= count => starts.pop().ok_or_else(Vec::new),
                _ => Err(starts),
            }
        })
    }

    /// What `tsm status` says of a project's agent.
    #[track_caller]
    pub(crate) fn status(&self, project: &str) -> Value {
        let status = self.env.tsm(["status", project, "--json"]).run().success().json();
        status["session"]["agent"].clone()
    }

    /// Waits until `tsm status` says this of a project's agent.
    #[track_caller]
    pub(crate) fn wait_status(&self, project: &str, status: &str) -> Value {
        wait_for(&format!("the agent to be {status}"), || match self.status(project) {
            agent if agent["status"] == status => Ok(agent),
            agent => Err(agent),
        })
    }

    /// `tsm send`.
    #[track_caller]
    pub(crate) fn send(&self, args: &[&str]) -> Output {
        self.env.tsm(["send"]).args(args).run()
    }

    /// The id of a project's session.
    #[track_caller]
    pub(crate) fn id(&self, project: &str) -> String {
        let target = format!("=claude-{project}:");
        let id = self.env.tmux(["show-options", "-v", "-t", &target, "@tsm_id"]);
        String::from_utf8(id).unwrap().trim().to_owned()
    }

    /// A file of a project's agent.
    #[track_caller]
    pub(crate) fn file(&self, project: &str, name: &str) -> PathBuf {
        self.state_home().join("agents").join(self.id(project)).join(name)
    }

    pub(crate) fn state_home(&self) -> PathBuf {
        self.env.home().join(".local/state/tsm")
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.state_home().join("tsm.log")).unwrap_or_default()
    }
}

/// The word after this one in an argument vector.
pub(crate) fn after(start: &Start, flag: &str) -> Option<String> {
    let at = start.argv.iter().position(|word| word == flag)?;
    start.argv.get(at + 1).cloned()
}
