//! What a hook is told: variables, and the same as JSON on its standard input.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use serde_json::{Value, json};

use super::HookEvent;
use crate::context::Context;

/// How deep in hooks a hook runs: 1 is one that a verb of the user's runs. tsm reads it.
pub const TSM_HOOK_DEPTH: &str = "TSM_HOOK_DEPTH";

/// The variables of a hook that tell what happens. A tmux server that is started from a hook must not keep them for its
/// panes; the others only name the places that it has anyway.
pub(crate) const VARIABLES: [&str; 13] = [
    "TSM_EVENT",
    "TSM_VERB",
    "TSM_PROJECT",
    "TSM_FROM",
    "TSM_TO",
    "TSM_SESSION",
    "TSM_DIR",
    "TSM_SOCKET",
    "TSM_ERROR",
    "TSM_NOTICE",
    "TSM_DETAIL",
    "TSM_HOOK_TEST",
    TSM_HOOK_DEPTH,
];

/// Longer texts are cut: the environment has a limit, and standard input must fit into a pipe.
const LONGEST_TEXT: usize = 4096;

/// What happens, for the hooks. What doesn't apply is `None`: an empty variable, and `null` in JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Occasion {
    /// The verb that it happens in.
    pub verb: String,
    /// The project that it is about.
    pub project: Option<String>,
    /// The project that is left.
    pub from: Option<String>,
    /// The project that is gone to.
    pub to: Option<String>,
    /// The session's name.
    pub session: Option<String>,
    /// The project's directory, in which hooks run.
    pub dir: Option<PathBuf>,
    /// What went wrong.
    pub error: Option<String>,
    /// What a notification is about.
    pub notice: Option<&'static str>,
    /// More about it: what an agent waits for.
    pub detail: Option<String>,
    /// Nothing happens: the hook is tried.
    pub test: bool,
}

impl Occasion {
    /// About a project's session; its name and directory are what they are, or would be.
    pub(crate) fn of(verb: &str, project: &str, session: &str, dir: &std::path::Path) -> Self {
        Self {
            verb: verb.to_owned(),
            project: Some(project.to_owned()),
            session: Some(session.to_owned()),
            dir: Some(dir.to_owned()),
            ..Self::default()
        }
    }

    /// The variables of a hook. All are set, so that none is that of a hook around this one.
    pub(super) fn variables(&self, context: &Context, event: HookEvent) -> Vec<(&'static str, OsString)> {
        let text = |text: &Option<String>| OsString::from(shortened(text.as_deref().unwrap_or_default()));
        let dir = self.dir.clone().unwrap_or_default().into_os_string();
        let socket = context.server.socket_path().as_os_str().to_owned();
        let mut variables = vec![
            ("TSM_EVENT", event.as_str().into()),
            ("TSM_VERB", OsString::from(&self.verb)),
            ("TSM_PROJECT", text(&self.project)),
            ("TSM_FROM", text(&self.from)),
            ("TSM_TO", text(&self.to)),
            ("TSM_SESSION", text(&self.session)),
            ("TSM_DIR", dir),
            ("TSM_SOCKET", socket.clone()),
            // So that a tsm in the hook means the same server and the same states.
            ("TSM_SOCKET_PATH", socket),
            ("TSM_STATE_DIR", context.config.state_dir.value.clone().into_os_string()),
            ("TSM_ERROR", text(&self.error)),
            ("TSM_NOTICE", self.notice.unwrap_or_default().into()),
            ("TSM_DETAIL", text(&self.detail)),
            ("TSM_HOOK_TEST", if self.test { "1" } else { "" }.into()),
            (TSM_HOOK_DEPTH, (context.environment.hook_depth + 1).to_string().into()),
        ];
        if context.config.file_exists {
            variables.push(("TSM_CONFIG", context.config.file.value.clone().into_os_string()));
        }
        variables
            .into_iter()
            .map(|(name, value)| (name, without_nul(value)))
            .collect()
    }

    /// The same as JSON, with a line feed at its end.
    pub(super) fn json(&self, context: &Context, event: HookEvent) -> Vec<u8> {
        let path = |path: &OsStr| Value::from(path.to_string_lossy().into_owned());
        let text = |text: &Option<String>| text.as_deref().map(shortened);
        let document = json!({
            "schema": 1,
            "event": event.as_str(),
            "verb": self.verb,
            "project": text(&self.project),
            "from": text(&self.from),
            "to": text(&self.to),
            "session": text(&self.session),
            "dir": self.dir.as_ref().map(|dir| path(dir.as_os_str())),
            "socket": path(context.server.socket_path().as_os_str()),
            "state_dir": path(context.config.state_dir.value.as_os_str()),
            "error": text(&self.error),
            "notice": self.notice,
            "detail": text(&self.detail),
            "test": self.test,
            "depth": context.environment.hook_depth + 1,
        });
        let mut bytes = document.to_string().into_bytes();
        bytes.push(b'\n');
        bytes
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn without_nul(value: OsString) -> OsString {
    match value.as_bytes().contains(&0) {
        false => value,
        true => OsString::from_vec(value.into_vec().into_iter().filter(|byte| *byte != 0).collect()),
    }
}
