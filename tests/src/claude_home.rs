//! The real Claude Code in an environment: a home that has answered its first questions, a model on this machine.
//!
//! Its files are read here as they are, on purpose not by the product: what is tested should not judge itself.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::{Environment, LoopbackModel, Process, wait_for};

/// The variable that names the program. `cargo xtask e2e --agent claude` installs it and sets this.
pub const PROGRAM: &str = "TSM_CLAUDE";

/// Claude Code asks before it uses a key from the environment, unless it knows these last characters of it.
const KEY: &str = "a-key-that-opens-nothing-at-all";

/// An environment in which `claude` is the real one.
pub struct ClaudeHome {
    /// The environment; its programs find the model.
    pub env: Environment,
    /// What answers. It outlives the environment, so that no agent meets a closed door.
    pub model: LoopbackModel,
}

impl ClaudeHome {
    /// A new one: no network, no account, nothing of the machine's user.
    ///
    /// # Panics
    /// When [`PROGRAM`] names no program.
    #[expect(clippy::new_without_default, reason = "it does too much for a default value")]
    pub fn new() -> Self {
        let program = program();
        let model = LoopbackModel::start();
        let env = Environment::new()
            .with("ANTHROPIC_BASE_URL", model.url())
            .with("ANTHROPIC_API_KEY", KEY)
            .with("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .with("DISABLE_AUTOUPDATER", "1")
            .with("DISABLE_TELEMETRY", "1");
        symlink(&program, env.bin().join("claude")).expect("a link to the program");
        let home = Self { env, model };
        let settled = json!({
            "hasCompletedOnboarding": true,
            "customApiKeyResponses": { "approved": [KEY.get(KEY.len() - 20..)], "rejected": [] },
            "projects": {},
        });
        home.write_state(&settled);
        home
    }

    /// Makes the directory of a project that Claude Code trusts. Before the first agent starts: it owns that file then.
    pub fn project(&self, name: &str) -> PathBuf {
        let path = self.env.project(name);
        let mut state: Value = serde_json::from_slice(&fs::read(self.state_file()).expect("its state")).expect("JSON");
        state["projects"][path.to_string_lossy().as_ref()] = json!({ "hasTrustDialogAccepted": true });
        self.write_state(&state);
        path
    }

    /// Its directory of settings, transcripts and running sessions.
    pub fn config_dir(&self) -> PathBuf {
        self.env.home().join(".claude")
    }

    /// The entries of its registry of running sessions, as they are.
    pub fn registry(&self) -> Vec<Value> {
        let files = fs::read_dir(self.config_dir().join("sessions"))
            .into_iter()
            .flatten()
            .flatten();
        let json = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "json"));
        // Just being written, or just gone.
        json.filter_map(|file| serde_json::from_slice(&fs::read(file.path()).ok()?).ok())
            .collect()
    }

    /// Waits until a running session is as the condition wants it, and gives its entry.
    ///
    /// # Panics
    /// When none becomes so.
    #[track_caller]
    pub fn wait_registry(&self, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
        wait_for(&format!("the registry: {what}"), || {
            let entries = self.registry();
            entries.iter().find(|entry| condition(entry)).cloned().ok_or(entries)
        })
    }

    /// All transcripts of a conversation.
    pub fn transcripts(&self, conversation: &str) -> Vec<PathBuf> {
        let projects = fs::read_dir(self.config_dir().join("projects"))
            .into_iter()
            .flatten()
            .flatten();
        let name = format!("{conversation}.jsonl");
        projects
            .map(|project| project.path().join(&name))
            .filter(|path| path.is_file())
            .collect()
    }

    fn state_file(&self) -> PathBuf {
        self.env.home().join(".claude.json")
    }

    fn write_state(&self, state: &Value) {
        fs::write(self.state_file(), state.to_string()).expect("its state");
    }
}

/// The process of an entry of the registry, if it runs.
pub fn process_of(entry: &Value) -> Option<Process> {
    let process = Process::of(entry["pid"].as_u64()?.try_into().ok()?)?;
    let recorded = entry["procStart"]
        .as_str()
        .map_or_else(|| entry["procStart"].to_string(), str::to_owned);
    (process.start_time.to_string() == recorded).then_some(process)
}

fn program() -> OsString {
    let program = std::env::var_os(PROGRAM)
        .unwrap_or_else(|| panic!("{PROGRAM} names no Claude Code; `cargo xtask e2e --agent claude` installs one"));
    assert!(
        Path::new(&program).is_file(),
        "{PROGRAM}: {} is no file",
        Path::new(&program).display()
    );
    program
}
