//! A stand-in for Claude Code that keeps its registry, runs its hooks and takes pastes, seen from the test;
//! `bin/fake-claude.rs` is the program itself. What it does is what was measured on Claude Code 2.1.330.
//!
//! A prompt says what comes of it: `slow` works until [`FakeClaude::finish`], `ask` asks for permission, `crash` ends it
//! without a trace; everything else is answered at once. Files in its directory change how it starts and what it overlooks.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::fake_agent::directory_of;
use crate::{Environment, FakeAgent, programs, wait_for};

/// A file with the milliseconds until it registers; what is typed before stays in its box for good.
pub const START_DELAY: &str = "start-delay";
/// A file with the milliseconds for which it loses every Enter after it got into its registry; its processor is busy then.
pub const DEAF_START: &str = "deaf-start";
/// A file with the milliseconds between what its first hook says and its place in the registry; Enters are lost till then.
pub const LATE_REGISTRY: &str = "late-registry";
/// A file with the milliseconds for which a dialog takes no keys after it has opened.
pub const DEAF_DIALOG: &str = "deaf-dialog";
/// With a file of this name it shows a dialog before it begins, in which Enter ends it and `y` goes on.
pub const STARTUP_DIALOG: &str = "startup-dialog";
/// A file of this name makes it overlook the next Enter; it is removed then.
pub const LOSE_ENTER: &str = "lose-enter";
/// A file of this name makes it overlook every Enter.
pub const LOSE_EVERY_ENTER: &str = "lose-every-enter";
/// A file of this name makes it finish slow prompts.
pub const FINISH: &str = "finish";
/// A file of this name makes it run no hooks.
pub const NO_HOOKS: &str = "no-hooks";
/// A file of this name makes it keep out of its registry.
pub const NO_REGISTRY: &str = "no-registry";

/// A fake Claude Code on the `PATH` of an environment.
#[derive(Clone, Debug)]
pub struct FakeClaude {
    agent: FakeAgent,
    home: PathBuf,
}

impl FakeClaude {
    /// Puts it on the environment's `PATH`.
    pub fn install(environment: &Environment) -> Self {
        let program = environment.bin().join("claude");
        programs::install(&programs::built("fake-claude"), &program);
        let directory = directory_of(&program).expect("a program in the environment");
        fs::create_dir_all(&directory).expect("a directory for the agent");
        Self {
            agent: FakeAgent::at(program, directory),
            home: environment.home(),
        }
    }

    /// From now on it behaves in one of the ways above.
    pub fn behave(&self, how: &str) {
        self.agent.behave(how, "");
    }

    /// From now on it no longer does.
    pub fn stop_behaving(&self, how: &str) {
        fs::remove_file(self.agent.directory().join(how)).expect("a behaviour that was asked for");
    }

    /// From now on it takes this long to start.
    pub fn delay_start(&self, delay: Duration) {
        self.behave_for(START_DELAY, delay);
    }

    /// From now on one of the things above takes this long.
    pub fn behave_for(&self, how: &str, time: Duration) {
        self.agent.behave(how, &time.as_millis().to_string());
    }

    /// Slow prompts are done.
    pub fn finish(&self) {
        self.agent.behave(FINISH, "");
    }

    /// The file in which the process with this id says how it is.
    pub fn registry(&self, pid: u32) -> PathBuf {
        self.home.join(".claude/sessions").join(format!("{pid}.json"))
    }

    /// The prompts that the process with this id has taken.
    pub fn prompts(&self, pid: u32) -> Vec<String> {
        let log = self.agent.log(pid);
        let prompts = log.iter().filter_map(|line| line.strip_prefix("PROMPT "));
        prompts
            .map(|prompt| serde_json::from_str(prompt).expect("a prompt"))
            .collect()
    }

    /// Waits until the process with this id has this status.
    ///
    /// # Panics
    /// When it does not get there.
    #[track_caller]
    pub fn wait_status(&self, pid: u32, status: &str) {
        wait_for(&format!("agent {pid} to be {status}"), || {
            let text = fs::read_to_string(self.registry(pid)).unwrap_or_default();
            let says: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            match says["status"].as_str() {
                Some(found) if found == status => Ok(()),
                _ => Err((text, self.agent.log(pid))),
            }
        });
    }
}

impl Deref for FakeClaude {
    type Target = FakeAgent;

    fn deref(&self) -> &FakeAgent {
        &self.agent
    }
}

/// Claude Code's directory for a process with these variables.
pub fn config_dir(variable: impl Fn(&str) -> Option<String>) -> PathBuf {
    let moved = variable("CLAUDE_CONFIG_DIR").filter(|moved| !moved.is_empty());
    let home = || Path::new(&variable("HOME").unwrap_or_default()).join(".claude");
    moved.map_or_else(home, PathBuf::from)
}
