//! The arguments and the environment that an agent is started with.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use bstr::{BString, ByteSlice};
use session_recovery::ours::AGENT_VARIABLE;

use super::kind::{AgentKind, StatusSource};
use crate::config::Config;
use crate::error::Error;

/// Markers by which an agent tells its children that they run inside it. Inherited by Claude Code, they switch off its
/// transcript and its place in the registry; no agent of ours runs inside another one.
pub(crate) const AGENT_MARKERS: [&str; 5] = [
    "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDECODE",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_JOB_DIR",
];

/// What the config wants of a project's agent beyond its table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Further arguments.
    pub args: Vec<String>,
    /// The permission mode.
    pub permission_mode: Option<String>,
    /// Further variables.
    pub environment: BTreeMap<String, String>,
}

/// Which conversation an agent is started with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start<'a> {
    /// Whatever it does by itself.
    Plain,
    /// A new one with this id.
    New(&'a str),
    /// This one.
    Resume(&'a str),
    /// The latest, because the config says so.
    Latest,
}

impl Wishes {
    /// Those of a project.
    pub fn of(config: &Config, project: &str) -> Self {
        let project = config.configured(project);
        project.map(|project| project.wishes.clone()).unwrap_or_default()
    }

    fn permission_mode<'a>(&'a self, kind: &'a AgentKind) -> Option<&'a str> {
        let own = self.permission_mode.as_deref();
        own.or(kind.table.permission_mode.as_deref())
    }

    /// Whether the agent is told not to ask.
    fn skips_permissions(&self, kind: &AgentKind) -> bool {
        let skips = kind.table.skips_permissions.as_deref().unwrap_or_default();
        let skipped = |word: &str| skips.iter().any(|skip| word.split('=').any(|part| part == skip));
        let args = kind.table.args.iter().flatten().chain(&self.args);
        args.map(String::as_str).chain(self.permission_mode(kind)).any(skipped)
    }

    /// As root, Claude Code refuses to start without its questions, unless it is told that the machine is a sandbox; no
    /// other agent's questions are skipped as root either.
    ///
    /// # Errors
    ///
    /// [`Error::SkipsPermissions`] unless the config allows it.
    pub fn refuse_skipping_as_root(&self, kind: &AgentKind) -> Result<(), Error> {
        let root = rustix::process::geteuid().is_root();
        if root && kind.table.sandbox != Some(true) && self.skips_permissions(kind) {
            return Err(Error::SkipsPermissions {
                agent: kind.name.clone(),
            });
        }
        Ok(())
    }
}

/// The arguments. `settings` is the file with ours, if the agent is to get one.
pub fn arguments(kind: &AgentKind, wishes: &Wishes, start: &Start<'_>, settings: Option<&Path>) -> Vec<OsString> {
    let table = &kind.table;
    let (template, conversation) = match start {
        Start::Plain => (None, ""),
        Start::New(id) => (table.new.as_ref(), *id),
        Start::Resume(id) => (table.resume.as_ref(), *id),
        Start::Latest => (table.latest.as_ref(), ""),
    };
    let mut arguments = filled(template, "{conversation}", conversation.as_ref());
    if let Some(settings) = settings {
        arguments.extend(filled(table.settings.as_ref(), "{file}", settings.as_os_str()));
    }
    if let Some(mode) = wishes.permission_mode(kind) {
        arguments.extend(filled(table.permission.as_ref(), "{mode}", mode.as_ref()));
    }
    let own = table.args.iter().flatten().chain(&wishes.args);
    arguments.extend(own.map(OsString::from));
    arguments
}

/// The words of a template; a word that is the placeholder becomes the value.
fn filled(template: Option<&Vec<String>>, placeholder: &str, value: &std::ffi::OsStr) -> Vec<OsString> {
    let fill = |word: &String| match word.split_once(placeholder) {
        Some((before, after)) => {
            let mut filled = OsString::from(before);
            filled.push(value);
            filled.push(after);
            filled
        }
        None => OsString::from(word),
    };
    template.into_iter().flatten().map(fill).collect()
}

/// The conversation to start with. `begun` is whether an agent has been in it: its transcript exists, or for agents that
/// have none that we know, it was started here before.
pub fn start<'a>(kind: &AgentKind, conversation: Option<&'a str>, begun: bool, started_before: bool) -> Start<'a> {
    let latest = kind.table.resume_latest == Some(true) && started_before;
    match conversation {
        Some(id) if begun && kind.table.resume.is_some() => Start::Resume(id),
        _ if latest => Start::Latest,
        Some(id) if kind.chooses_id() => Start::New(id),
        _ => Start::Plain,
    }
}

/// The environment: that of the login shell without the marks of an agent around us, and with what the config and tsm say.
/// `session` is the id of the session whose agent it is: what the agent leaves behind is known by it.
pub fn environment(
    kind: &AgentKind,
    wishes: &Wishes,
    inherited: Vec<(BString, BString)>,
    session: &str,
) -> Vec<(BString, BString)> {
    let scrub = kind
        .table
        .scrub
        .iter()
        .flatten()
        .map(String::as_str)
        .chain(AGENT_MARKERS);
    let scrub: Vec<&str> = scrub.collect();
    let mut variables: BTreeMap<BString, BString> = inherited
        .into_iter()
        .filter(|(name, _)| !scrub.iter().any(|marker| name == marker.as_bytes()))
        .collect();
    let mut set = |name: &str, value: &str| drop(variables.insert(name.into(), value.into()));
    if kind.table.sandbox == Some(true) && wishes.skips_permissions(kind) {
        for (name, value) in kind.table.sandbox_environment.iter().flatten() {
            set(name, value);
        }
    }
    for (name, value) in kind.table.environment.iter().flatten().chain(&wishes.environment) {
        set(name, value);
    }
    set(AGENT_VARIABLE, session);
    variables.into_iter().collect()
}

/// Whether the agent gets settings of ours: not if the user's own arguments name some, as only one file counts.
pub fn takes_settings(kind: &AgentKind, wishes: &Wishes) -> bool {
    let Some(flag) = kind.table.settings.as_ref().and_then(|template| template.first()) else {
        return false;
    };
    let own = kind.table.args.iter().flatten().chain(&wishes.args);
    let names = |word: &String| word == flag || word.as_bytes().starts_with_str(format!("{flag}="));
    kind.status() == StatusSource::Claude && !own.into_iter().any(names)
}

#[cfg(test)]
mod tests {
    use super::super::kind::AgentKinds;
    use super::*;

    fn kind(name: &str, config: &str) -> AgentKind {
        let kinds = AgentKinds::new(toml::from_str(config).expect("a table")).expect("kinds");
        kinds.get(name).expect("a kind").expect("it is there")
    }

    fn words(arguments: &[OsString]) -> Vec<&str> {
        arguments.iter().map(|word| word.to_str().expect("text")).collect()
    }

    #[test]
    fn arguments_come_from_the_table_the_project_and_the_conversation() {
        let claude = kind("claude", "[claude]\nargs = [\"--model\", \"opus\"]\n");
        let wishes = Wishes {
            args: vec!["--verbose".to_owned()],
            permission_mode: Some("plan".to_owned()),
            ..Wishes::default()
        };
        let settings = Some(Path::new("/s.json"));
        assert_eq!(
            words(&arguments(&claude, &wishes, &Start::Resume("a-1"), settings)),
            [
                "--resume",
                "a-1",
                "--settings",
                "/s.json",
                "--permission-mode",
                "plan",
                "--model",
                "opus",
                "--verbose"
            ]
        );
        assert_eq!(
            words(&arguments(&claude, &Wishes::default(), &Start::New("b"), None))[..2],
            ["--session-id", "b"]
        );
        assert!(takes_settings(&claude, &wishes));
        let own = Wishes {
            args: vec!["--settings={}".to_owned()],
            ..Wishes::default()
        };
        assert!(!takes_settings(&claude, &own));
        assert!(!takes_settings(&kind("aider", ""), &Wishes::default()));
    }

    #[test]
    fn a_conversation_is_resumed_only_if_it_was_begun_and_the_latest_only_if_asked() {
        let claude = kind("claude", "");
        assert_eq!(start(&claude, Some("a"), true, true), Start::Resume("a"));
        assert_eq!(start(&claude, Some("a"), false, true), Start::New("a"));
        assert_eq!(start(&claude, None, false, true), Start::Plain);
        let asked = kind("claude", "[claude]\nresume_latest = true\n");
        assert_eq!(start(&asked, Some("a"), true, true), Start::Resume("a"));
        assert_eq!(start(&asked, Some("a"), false, true), Start::Latest);
        assert_eq!(start(&asked, Some("a"), false, false), Start::New("a"));
        assert_eq!(start(&kind("codex", ""), None, false, true), Start::Plain);
        let codex = kind("codex", "[codex]\nresume_latest = true\n");
        assert_eq!(start(&codex, None, false, true), Start::Latest);
        assert_eq!(
            words(&arguments(&codex, &Wishes::default(), &Start::Latest, None)),
            ["resume", "--last"]
        );
    }

    #[test]
    fn markers_are_scrubbed_and_variables_set() {
        let claude = kind("claude", "[claude]\nenvironment = { A = \"table\", B = \"table\" }\n");
        let wishes = Wishes {
            environment: BTreeMap::from([("B".to_owned(), "project".to_owned())]),
            ..Wishes::default()
        };
        let inherited = [
            ("CLAUDECODE", "1"),
            ("CLAUDE_CODE_CHILD_SESSION", "1"),
            ("A", "outside"),
            ("PATH", "/bin"),
        ];
        let inherited = inherited.map(|(name, value)| (name.into(), value.into())).to_vec();
        let expected = [
            ("A", "table"),
            ("B", "project"),
            ("PATH", "/bin"),
            (AGENT_VARIABLE, "id"),
        ];
        let expected = expected.map(|(name, value)| (BString::from(name), BString::from(value)));
        assert_eq!(environment(&claude, &wishes, inherited, "id"), expected);
    }

    #[test]
    fn the_sandbox_is_named_only_where_questions_are_skipped() {
        let sandboxed = kind("claude", "[claude]\nsandbox = true\n");
        let skipping = Wishes {
            permission_mode: Some("bypassPermissions".to_owned()),
            ..Wishes::default()
        };
        let told = |wishes: &Wishes| {
            let variables = environment(&sandboxed, wishes, Vec::new(), "id");
            variables.iter().any(|(name, _)| name == "IS_SANDBOX")
        };
        assert!(told(&skipping) && !told(&Wishes::default()));
        assert!(skipping.refuse_skipping_as_root(&sandboxed).is_ok());
        let by_argument = Wishes {
            args: vec!["--permission-mode=bypassPermissions".to_owned()],
            ..Wishes::default()
        };
        let root = rustix::process::geteuid().is_root();
        for wishes in [skipping, by_argument] {
            assert_eq!(wishes.refuse_skipping_as_root(&kind("claude", "")).is_err(), root);
        }
    }
}
