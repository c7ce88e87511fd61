//! The config file: its keys, and what is wrong with a file in words that help.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;

use crate::agent::kind::AgentTable;
use crate::hooks::{HooksSchema, HooksTable};
use crate::log::LogFormat;
use crate::template::{TemplateTable, Word};

/// A config file is small; more than this is a mistake or an attack.
const MAX_BYTES: u64 = 1024 * 1024;

/// The keys of the config file. What isn't set has the built-in default.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// Sessions are called `<prefix>-<project>`.
    #[schemars(extend("default" = "claude"))]
    pub prefix: Option<String>,
    /// The name of a new session's window.
    #[schemars(extend("default" = "main"))]
    pub window_name: Option<String>,
    /// `auto`, `shell` or the name of an agent.
    #[schemars(extend("default" = "auto"))]
    pub agent: Option<String>,
    /// The template of new sessions.
    #[schemars(extend("default" = "agent"))]
    pub template: Option<String>,
    /// Where states lie; `~/` is the home directory.
    #[schemars(extend("default" = "~/.claude/session-states"))]
    pub state_dir: Option<PathBuf>,
    /// Where backups lie; `~/` is the home directory.
    #[schemars(extend("default" = "~/.claude/backups"))]
    pub backup_dir: Option<PathBuf>,
    /// Seconds to wait for a lock.
    #[schemars(extend("default" = 30))]
    pub lock_timeout: Option<u64>,
    /// Whether locks may lie on a network file system, which may not exclude other machines.
    #[schemars(extend("default" = false))]
    pub allow_network_fs: Option<bool>,
    /// What `switch` does with the session it leaves.
    #[serde(default)]
    pub switch: SwitchTable,
    /// How agents are started.
    #[serde(default)]
    pub launch: LaunchTable,
    /// How agents are stopped.
    #[serde(default)]
    pub stop: StopTable,
    /// What is kept of a session.
    #[serde(default)]
    pub state: StateTable,
    /// What happens when sessions are brought back.
    #[serde(default)]
    pub restore: RestoreTable,
    /// What is to be known of agents, by their names.
    #[serde(default)]
    pub agents: BTreeMap<String, AgentTable>,
    /// Saving by itself.
    #[serde(default)]
    pub autosave: AutosaveTable,
    /// The log.
    #[serde(default)]
    pub log: LogTable,
    /// What runs before and after what tsm does.
    #[serde(default)]
    #[schemars(with = "HooksSchema")]
    pub hooks: HooksTable,
    /// The templates by name.
    #[serde(default)]
    pub templates: BTreeMap<String, TemplateTable>,
    /// The projects by name. What the table of a git worktree, `NAME@BRANCH`, doesn't say is as its project's says.
    #[serde(default)]
    pub projects: BTreeMap<String, ProjectTable>,
}

/// `[switch]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchTable {
    /// `end` or `keep`.
    #[schemars(extend("default" = "end"))]
    pub leave: Option<Leave>,
    /// `ask`, `keep` or `end`.
    #[schemars(extend("default" = "ask"))]
    pub running: Option<Running>,
}

/// `[launch]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LaunchTable {
    /// Seconds that the login shell may take to say its environment; 0 doesn't ask it.
    #[schemars(extend("default" = 3))]
    pub login_environment: Option<u64>,
}

/// `[stop]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopTable {
    /// Seconds an agent has to leave after TERM.
    #[schemars(extend("default" = 3))]
    pub timeout: Option<u64>,
}

/// `[state]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateTable {
    /// Lines of scrollback a pane that every save keeps; 0, the default, keeps none.
    #[schemars(extend("default" = 0))]
    pub scrollback: Option<u32>,
    /// Lines of scrollback a pane that are kept of a session that tsm ends; 0 keeps none.
    #[schemars(extend("default" = 2000))]
    pub scrollback_on_end: Option<u32>,
}

/// `[restore]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreTable {
    /// The names of the programs that are started again; all others are only offered.
    #[schemars(extend("default" = [] as [&str; 0]))]
    pub programs: Option<Vec<String>>,
}

/// `[autosave]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutosaveTable {
    /// Whether `create`, `switch` and `restore` put hooks into the server that save what changed.
    #[schemars(extend("default" = true))]
    pub hooks: Option<bool>,
    /// Seconds between a change and its being saved, so that many changes are saved once.
    #[schemars(extend("default" = 0.8))]
    pub delay: Option<f64>,
    /// Seconds after which a watcher saves also what no change tells: directories, agents.
    #[schemars(extend("default" = 60))]
    pub interval: Option<f64>,
}

/// `[log]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogTable {
    /// `human` or `json`.
    #[schemars(extend("default" = "human"))]
    pub format: Option<LogFormat>,
    /// Bytes after which a new file is begun.
    #[schemars(extend("default" = 1048576))]
    pub max_bytes: Option<u64>,
    /// How many older files are kept.
    #[schemars(extend("default" = 3))]
    pub keep: Option<u32>,
}

/// `[projects.NAME]`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectTable {
    /// The project's directory; `~/` is the home directory.
    pub path: PathBuf,
    /// What it is.
    pub description: Option<String>,
    /// The tmux server in which its session lives: a socket's name, as of tmux's `-L`, or with a slash in it a socket's
    /// path, as of `-S`; `~/` is the home directory. Without it, the server that tsm is told or that it is called in.
    pub server: Option<String>,
    /// As the top-level `template`.
    pub template: Option<String>,
    /// Values of the template's variables.
    #[serde(default)]
    pub variables: BTreeMap<String, Word>,
    /// Environment of its sessions, for every program in them.
    #[serde(default)]
    pub environment: BTreeMap<String, Word>,
    /// As the top-level `agent`.
    pub agent: Option<String>,
    /// Further arguments of its agent.
    pub agent_args: Option<Vec<String>>,
    /// Further variables of its agent.
    pub agent_environment: Option<BTreeMap<String, String>>,
    /// The permission mode of its agent.
    pub permission_mode: Option<String>,
    /// The file without which the project isn't left; `~/` is the home directory.
    pub completion_marker: Option<PathBuf>,
    /// The file whose first line is the id of the task that is worked on; `~/` is the home directory.
    pub task_id_file: Option<PathBuf>,
    /// The program that prints that id, and its arguments.
    pub task_id_command: Option<Vec<String>>,
    /// Hooks that run after those of all projects.
    #[serde(default)]
    #[schemars(with = "HooksSchema")]
    pub hooks: HooksTable,
}

/// What `switch` does with the session it leaves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Leave {
    /// Saves and ends it.
    #[default]
    End,
    /// Saves it and lets it live.
    Keep,
}

/// What `switch` does with a session in which programs run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Running {
    /// Asks on a terminal, keeps it elsewhere.
    #[default]
    Ask,
    /// Keeps it.
    Keep,
    /// Ends it with its programs.
    End,
}

/// Why a config file can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// It can't be read.
    #[error("the config file {} can't be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// It is larger than any config.
    #[error("the config file {} is larger than {MAX_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It isn't valid TOML, or has a value of the wrong kind.
    #[error("{}:{line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// It has a key that doesn't exist.
    #[error("{}:{line}: there is no key `{key}` here", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key.
        key: String,
        /// The existing key that is most like it.
        nearest: Option<String>,
    },
}

impl ConfigFile {
    /// The text of a file; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`ConfigFileError::Unreadable`] or [`ConfigFileError::TooLarge`].
    pub fn read(path: &Path) -> Result<Option<String>, ConfigFileError> {
        match text_of(path) {
            Ok(text) => Ok(Some(text)),
            Err(ConfigFileError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads the text of a file in which nothing may be wrong; `path` is for the error only.
    ///
    /// # Errors
    ///
    /// [`ConfigFileError::Invalid`] or [`ConfigFileError::UnknownKey`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigFileError> {
        toml::from_str(text).map_err(|error| explain(&error, text, path))
    }
}

/// The text of a config file.
pub(super) fn text_of(path: &Path) -> Result<String, ConfigFileError> {
    let unreadable = |source| ConfigFileError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = fs::File::open(path).map_err(unreadable)?;
    let mut text = String::new();
    let read = file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if read as u64 > MAX_BYTES {
        return Err(ConfigFileError::TooLarge { path: path.to_owned() });
    }
    Ok(text)
}

pub(super) fn explain(error: &toml::de::Error, text: &str, path: &Path) -> ConfigFileError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let path = path.to_owned();
    // serde words it "unknown field `prefxi`, expected one of `prefix`, `agent`".
    let mut quoted = error.message().split('`').skip(1).step_by(2).map(str::to_owned);
    match quoted.next() {
        Some(key) if error.message().starts_with("unknown field") => {
            let nearest = quoted.max_by(|a, b| strsim::jaro_winkler(a, &key).total_cmp(&strsim::jaro_winkler(b, &key)));
            ConfigFileError::UnknownKey {
                path,
                line,
                key,
                nearest,
            }
        }
        _ => ConfigFileError::Invalid {
            path,
            line,
            message: error.message().trim().to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<ConfigFile, ConfigFileError> {
        ConfigFile::parse(text, Path::new("/c.toml"))
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest() {
        for (text, expected, likely) in [
            (
                "agent = \"auto\"\nprefxi = \"x\"\n",
                "/c.toml:2: there is no key `prefxi` here",
                "prefix",
            ),
            (
                "[switch]\nlaeve = \"end\"\n",
                "/c.toml:2: there is no key `laeve` here",
                "leave",
            ),
            (
                "[projects.a]\npath = \"/a\"\npfad = 1\n",
                "/c.toml:3: there is no key `pfad` here",
                "path",
            ),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.to_string(), expected);
            assert!(matches!(error, ConfigFileError::UnknownKey { nearest: Some(nearest), .. } if nearest == likely));
        }
    }

    #[test]
    fn wrong_kinds_and_syntax_are_named_with_their_line() {
        for (text, line) in [
            ("a\n= 1", 1),
            ("\n\nlock_timeout = \"x\"\n", 3),
            ("[switch]\nleave = \"no\"", 2),
        ] {
            let error = parse(text).unwrap_err();
            assert!(
                matches!(error, ConfigFileError::Invalid { line: found, .. } if found == line),
                "{error}"
            );
        }
    }

    #[test]
    fn every_key_has_its_place() {
        let text = r#"
            prefix = "work"
            window_name = "main"
            agent = "shell"
            state_dir = "~/s"
            backup_dir = "/b"
            lock_timeout = 5
            allow_network_fs = true
            switch = { leave = "keep", running = "end" }
            launch.login_environment = 0
            stop.timeout = 1
            state.scrollback_on_end = 0
            state.scrollback = 500
            restore.programs = ["vim", "htop"]
            autosave = { hooks = false, delay = 0.5, interval = 30 }
            log = { format = "json", max_bytes = 1000, keep = 2 }
            projects.todo = { path = "~/todo", description = "the list", agent = "claude", agent_args = ["-v"] }
            projects.b.path = "/b"
            projects.b.agent_environment = { A = "b" }
            projects.b.permission_mode = "plan"
            projects.b.template = "web"
            projects.b.server = "work"
            projects.b.variables = { port = 3000, verbose = true }
            projects.b.environment = { DEBUG = 1 }
            template = "pair"
            templates.web = { extends = "pair", windows = [{ name = "x", panes = [{ run = ["vi"], share = 3 }, {}] }] }
            projects.b.completion_marker = "/tmp/TASK_COMPLETED"
            projects.b.task_id_file = "~/b/.task"
            projects.c = { path = "/c", task_id_command = ["task", "current"] }
            hooks.pre_switch = "true"
            hooks.notify = ["notify-send", "tsm"]
            projects.b.hooks.post_switch = [["a", "b"], { run = "c", timeout = 1 }]
            agents.claude = { args = ["--model", "opus"], sandbox = true }
            agents.mine = { program = "mine", status = "screen", screen = { idle = ["^> "] } }
        "#;
        let config = parse(text).expect("a config");
        assert_eq!(
            config.switch,
            SwitchTable {
                leave: Some(Leave::Keep),
                running: Some(Running::End)
            }
        );
        assert_eq!(config.projects["todo"].path, Path::new("~/todo"));
    }
}
