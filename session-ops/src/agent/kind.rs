//! Which agents there are, as data: how each is started, resumed, asked and stopped.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use regex::bytes::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::Deserialize;
use tmux_core::{Key, KeyCode};

use crate::config::env::Environment;
use crate::error::Error;
use crate::paths;

/// The kind of Claude Code in records.
pub const CLAUDE: &str = "claude";

const BUILT_IN: &str = include_str!("agents.toml");

/// A compiled pattern may take so many bytes: patterns come from a config.
const PATTERN_BYTES: usize = 256 * 1024;

/// So many of a pane's last lines that aren't empty are looked at, unless the table says otherwise.
const LINES: usize = 15;

/// `[agents.NAME]`: what is known of an agent. In a config only what differs from the built-in table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentTable {
    /// Its program: a name in `PATH`, or a path; `~/` is the home directory.
    pub program: Option<PathBuf>,
    /// Arguments that it always gets.
    pub args: Option<Vec<String>>,
    /// Arguments that begin a conversation with an id of ours, `{conversation}`. Without them ids can't be chosen.
    pub new: Option<Vec<String>>,
    /// Arguments that resume `{conversation}`.
    pub resume: Option<Vec<String>>,
    /// Arguments that go on with whatever conversation was the last one; used only with `resume_latest`.
    pub latest: Option<Vec<String>>,
    /// Whether, of an agent whose conversation isn't known, the latest is gone on with. It may be another project's.
    pub resume_latest: Option<bool>,
    /// Arguments that give it `{file}` with settings of ours, in Claude Code's form.
    pub settings: Option<Vec<String>>,
    /// Arguments that set the permission mode, `{mode}`.
    pub permission: Option<Vec<String>>,
    /// The permission mode.
    pub permission_mode: Option<String>,
    /// Arguments and modes that skip its questions.
    pub skips_permissions: Option<Vec<String>>,
    /// Whether skipping its questions is allowed as root, because the machine is a sandbox.
    pub sandbox: Option<bool>,
    /// Variables that tell it so.
    pub sandbox_environment: Option<BTreeMap<String, String>>,
    /// Variables that it gets.
    pub environment: Option<BTreeMap<String, String>>,
    /// Variables that it doesn't get: markers of an agent around it.
    pub scrub: Option<Vec<String>>,
    /// The names of its processes.
    pub processes: Option<Vec<String>>,
    /// What tells how it is.
    pub status: Option<StatusSource>,
    /// What its screen shows.
    pub screen: Option<ScreenTable>,
    /// The key that submits a text, by tmux's name; default `Enter`.
    pub submit: Option<String>,
    /// Beginnings of texts that are commands of its own: it acknowledges none.
    pub commands: Option<Vec<String>>,
    /// The signal that asks it to leave.
    pub stop_signal: Option<StopSignal>,
    /// Seconds it has to leave.
    pub stop_timeout: Option<u64>,
}

/// What tells how an agent is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum StatusSource {
    /// Claude Code's registry of its processes, and its hooks.
    Claude,
    /// Patterns on its screen.
    Screen,
    /// Nothing but whether it runs.
    #[default]
    Process,
}

/// Regular expressions for the lines of an agent's screen, of bytes, so that classes mean ASCII; the first group that
/// matches decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScreenTable {
    /// It waits for an answer.
    #[serde(default)]
    pub waiting: Vec<String>,
    /// It works.
    #[serde(default)]
    pub working: Vec<String>,
    /// It waits for the next prompt.
    #[serde(default)]
    pub idle: Vec<String>,
    /// How many of the last lines are looked at.
    pub lines: Option<usize>,
}

/// The signal that asks an agent to leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum StopSignal {
    /// SIGTERM
    #[default]
    Term,
    /// SIGINT
    Int,
    /// SIGHUP
    Hup,
}

/// An agent with everything that is known of it.
#[derive(Debug, Clone)]
pub struct AgentKind {
    /// Its name in the config and in records.
    pub name: String,
    /// What is known of it.
    pub table: AgentTable,
    /// The key that submits a text.
    pub submit: Key,
}

/// The patterns of a screen, compiled.
#[derive(Debug, Clone)]
pub struct Screen {
    /// It waits for an answer.
    pub waiting: Vec<Regex>,
    /// It works.
    pub working: Vec<Regex>,
    /// It waits for the next prompt.
    pub idle: Vec<Regex>,
    /// How many of the last lines are looked at.
    pub lines: usize,
}

/// All agents: the built-in ones, and what the config says of them and of others.
#[derive(Debug, Clone, Default)]
pub struct AgentKinds {
    changed: BTreeMap<String, AgentTable>,
}

impl AgentKinds {
    /// With what the config says.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] with the key whose value can't be used.
    pub fn new(changed: BTreeMap<String, AgentTable>) -> Result<Self, Error> {
        let kinds = Self { changed };
        for name in kinds.changed.keys() {
            let key = |key: &str| format!("agents.{name}.{key}");
            if ["auto", "shell"].contains(&name.as_str()) || !crate::project::is_typed_name(name) {
                return Err(value(
                    format!("agents.{name}"),
                    name,
                    "it can't be the name of an agent",
                ));
            }
            let Some(kind) = kinds.get(name)? else { continue };
            if kind.table.program.is_none() {
                return Err(value(key("program"), "", "an agent needs a program"));
            }
            let _compiles = kind.screen()?;
        }
        Ok(kinds)
    }

    /// The agent of this name; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if its submit key is none.
    pub fn get(&self, name: &str) -> Result<Option<AgentKind>, Error> {
        let changed = self.changed.get(name);
        let table = match (built_in().get(name), changed) {
            (None, None) => return Ok(None),
            (known, changed) => known
                .cloned()
                .unwrap_or_default()
                .with(changed.cloned().unwrap_or_default()),
        };
        let submit = match table.submit.as_deref() {
            None => Key::ENTER,
            Some(text) => key(text).ok_or_else(|| {
                value(
                    format!("agents.{name}.submit"),
                    text,
                    "a key has a name such as Enter, M-Enter or C-j",
                )
            })?,
        };
        Ok(Some(AgentKind {
            name: name.to_owned(),
            table,
            submit,
        }))
    }

    /// Whether there is an agent of this name.
    pub fn contains(&self, name: &str) -> bool {
        name == CLAUDE || self.changed.contains_key(name) || built_in().contains_key(name)
    }

    /// The names of all agents.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .changed
            .keys()
            .chain(built_in().keys())
            .map(String::as_str)
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl AgentTable {
    /// This table with every key that `other` has taken from there.
    fn with(self, other: Self) -> Self {
        Self {
            program: other.program.or(self.program),
            args: other.args.or(self.args),
            new: other.new.or(self.new),
            resume: other.resume.or(self.resume),
            latest: other.latest.or(self.latest),
            resume_latest: other.resume_latest.or(self.resume_latest),
            settings: other.settings.or(self.settings),
            permission: other.permission.or(self.permission),
            permission_mode: other.permission_mode.or(self.permission_mode),
            skips_permissions: other.skips_permissions.or(self.skips_permissions),
            sandbox: other.sandbox.or(self.sandbox),
            sandbox_environment: other.sandbox_environment.or(self.sandbox_environment),
            environment: other.environment.or(self.environment),
            scrub: other.scrub.or(self.scrub),
            processes: other.processes.or(self.processes),
            status: other.status.or(self.status),
            screen: other.screen.or(self.screen),
            submit: other.submit.or(self.submit),
            commands: other.commands.or(self.commands),
            stop_signal: other.stop_signal.or(self.stop_signal),
            stop_timeout: other.stop_timeout.or(self.stop_timeout),
        }
    }
}

impl AgentKind {
    /// What tells how it is.
    pub fn status(&self) -> StatusSource {
        self.table.status.unwrap_or_default()
    }

    /// Its program, with the home directory in place of `~/`.
    ///
    /// # Errors
    ///
    /// [`Error::Variable`] if that is needed and `HOME` isn't set.
    pub fn program(&self, environment: &Environment) -> Result<PathBuf, Error> {
        paths::expand(self.table.program.as_deref().unwrap_or(self.name.as_ref()), environment)
    }

    /// Whether a conversation can be given an id of ours.
    pub fn chooses_id(&self) -> bool {
        self.table.new.is_some()
    }

    /// The signal that asks it to leave.
    pub fn stop_signal(&self) -> StopSignal {
        self.table.stop_signal.unwrap_or_default()
    }

    /// How long it has to leave, if that isn't the same for all.
    pub fn stop_timeout(&self) -> Option<Duration> {
        self.table.stop_timeout.map(Duration::from_secs)
    }

    /// The patterns of its screen, if it has any.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] for one that is no regular expression or too large a one.
    pub fn screen(&self) -> Result<Option<Screen>, Error> {
        let Some(table) = &self.table.screen else {
            return Ok(None);
        };
        let all = |group: &str, patterns: &[String]| {
            let one = |pattern: &String| {
                let compiled = RegexBuilder::new(pattern)
                    .unicode(false)
                    .size_limit(PATTERN_BYTES)
                    .dfa_size_limit(PATTERN_BYTES)
                    .build();
                compiled.map_err(|error| {
                    let key = format!("agents.{}.screen.{group}", self.name);
                    value(key, pattern, &error.to_string().replace('\n', " "))
                })
            };
            patterns.iter().map(one).collect::<Result<Vec<Regex>, Error>>()
        };
        Ok(Some(Screen {
            waiting: all("waiting", &table.waiting)?,
            working: all("working", &table.working)?,
            idle: all("idle", &table.idle)?,
            lines: table.lines.unwrap_or(LINES),
        }))
    }
}

fn built_in() -> &'static BTreeMap<String, AgentTable> {
    static TABLES: OnceLock<BTreeMap<String, AgentTable>> = OnceLock::new();
    // A unit test reads the file, so it is never the default.
    TABLES.get_or_init(|| toml::from_str(BUILT_IN).unwrap_or_default())
}

/// A key by tmux's name, of those that programs take for "submit".
fn key(text: &str) -> Option<Key> {
    let (mut control, mut meta, mut shift) = (false, false, false);
    let mut rest = text;
    while let Some((held, after)) = rest.split_once('-').filter(|(_, after)| !after.is_empty()) {
        match held {
            "C" => control = true,
            "M" => meta = true,
            "S" => shift = true,
            _ => return None,
        }
        rest = after;
    }
    let mut chars = rest.chars();
    let code = match (rest, chars.next(), chars.next()) {
        ("Enter", ..) => KeyCode::Enter,
        ("Escape", ..) => KeyCode::Escape,
        ("Tab", ..) => KeyCode::Tab,
        ("Space", ..) => KeyCode::Space,
        (_, Some(char), None) => KeyCode::Char(char),
        _ => return None,
    };
    let mut key = Key::new(code)?;
    if control {
        key = key.control();
    }
    if meta {
        key = key.meta();
    }
    Some(if shift { key.shift() } else { key })
}

fn value(name: String, value: impl Into<String>, why: &str) -> Error {
    Error::Value {
        name,
        value: value.into(),
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Result<AgentKinds, Error> {
        AgentKinds::new(toml::from_str(text).expect("a table"))
    }

    #[test]
    fn the_built_in_tables_can_be_used() {
        let tables: BTreeMap<String, AgentTable> = toml::from_str(BUILT_IN).expect("a table");
        assert_eq!(
            tables.keys().collect::<Vec<_>>(),
            ["aider", "claude", "codex", "gemini", "opencode"]
        );
        for name in tables.keys() {
            let kind = AgentKinds::default().get(name).expect("a kind").expect("it is there");
            assert!(kind.table.program.is_some() && kind.table.status.is_some(), "{name}");
            assert_eq!(
                kind.screen().expect("patterns").is_some(),
                kind.status() == StatusSource::Screen,
                "{name}"
            );
        }
    }

    #[test]
    fn a_config_changes_single_keys_and_adds_agents() {
        let kinds = kinds(
            "[claude]\nargs = [\"--model\", \"opus\"]\n[mine]\nprogram = \"~/bin/mine\"\nsubmit = \"M-Enter\"\nstop_signal = \"INT\"\n",
        )
        .expect("kinds");
        let claude = kinds.get("claude").expect("a kind").expect("it is there");
        assert_eq!(
            claude.table.args.as_deref(),
            Some(["--model".to_owned(), "opus".to_owned()].as_slice())
        );
        assert!(claude.chooses_id(), "what isn't changed stays");
        let mine = kinds.get("mine").expect("a kind").expect("it is there");
        assert_eq!(
            (mine.submit.to_string(), mine.stop_signal()),
            ("M-Enter".to_owned(), StopSignal::Int)
        );
        assert_eq!((mine.status(), mine.chooses_id()), (StatusSource::Process, false));
        assert!(kinds.contains("aider") && !kinds.contains("yours"));
        assert!(kinds.names().contains(&"mine"));
    }

    #[test]
    fn what_cannot_be_used_is_named_by_its_key() {
        for (text, key) in [
            ("[mine]\nargs = []\n", "agents.mine.program"),
            ("[shell]\nprogram = \"x\"\n", "agents.shell"),
            ("[claude]\nsubmit = \"Return\"\n", "agents.claude.submit"),
            ("[codex.screen]\nidle = [\"(\"]\n", "agents.codex.screen.idle"),
            (
                "[codex.screen]\nworking = [\"(x{1000}){1000}\"]\n",
                "agents.codex.screen.working",
            ),
        ] {
            let error = kinds(text).expect_err(text);
            assert!(
                matches!(&error, Error::Value { name, .. } if name == key),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn keys_are_known_by_tmux_names() {
        for (text, name) in [
            ("Enter", "Enter"),
            ("C-j", "C-j"),
            ("C-M-Enter", "C-M-Enter"),
            ("-", "-"),
            ("C--", "C--"),
        ] {
            assert_eq!(key(text).map(|key| key.to_string()).as_deref(), Some(name), "{text}");
        }
        for text in ["", "X-Enter", "Enterr", "é", "C-"] {
            assert_eq!(key(text), None, "{text}");
        }
    }
}
