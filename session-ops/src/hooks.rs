//! The hooks of the config: the user's commands that run before and after what tsm does. (What tsm puts into tmux so that
//! changes are saved are the *tmux hooks* of [`crate::autosave`], another thing.)
//!
//! They run outside of the locks, so a hook may call tsm: what comes before something before the operation lock is taken,
//! after which everything is looked at again; the rest after it was given back. Each is bounded in time and output, what
//! it prints goes into the log, and hooks of hooks of hooks aren't run.

mod agents;
mod environment;
mod interrupt;
mod queue;
mod run;
mod schema;
mod table;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::projects::repositories;
use crate::context::Context;
use crate::error::{Class, Error, with_causes};
use crate::event::{Event, Events};
use crate::log::{Entry, Level};

pub(crate) use agents::AgentNotices;
pub(crate) use environment::VARIABLES;
pub use environment::{Occasion, TSM_HOOK_DEPTH};
pub use interrupt::end_hooks_with_us;
pub(crate) use queue::{Notices, with_queue};
pub(crate) use run::run;
pub use run::{End, Ran};
pub use schema::HooksSchema;
pub use table::{HookCommands, HooksTable};

/// A hook whose tsm runs a hook whose tsm runs a hook: that is as deep as it goes.
const DEEPEST: u32 = 3;

/// So many lines of what a hook printed go into the log.
const LOGGED_LINES: usize = 100;

/// When hooks run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HookEvent {
    /// Before a switch, with nothing changed yet.
    PreSwitch,
    /// After a switch, before a terminal is attached.
    PostSwitch,
    /// Before a session is saved because somebody asked for it, or leaves it.
    PreSave,
    /// After that.
    PostSave,
    /// Before a session is ended.
    PreKill,
    /// After a session was made.
    PostCreate,
    /// After a verb failed that changes something, once for each project that it failed for.
    Error,
    /// When an agent starts to wait, finishes or dies, and when a save or a backup fails.
    Notify,
}

impl HookEvent {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::PreSwitch,
        Self::PostSwitch,
        Self::PreSave,
        Self::PostSave,
        Self::PreKill,
        Self::PostCreate,
        Self::Error,
        Self::Notify,
    ];

    /// Its name in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreSwitch => "pre_switch",
            Self::PostSwitch => "post_switch",
            Self::PreSave => "pre_save",
            Self::PostSave => "post_save",
            Self::PreKill => "pre_kill",
            Self::PostCreate => "post_create",
            Self::Error => "error",
            Self::Notify => "notify",
        }
    }

    /// Whether it comes before something, which it can stop.
    pub fn is_before(self) -> bool {
        matches!(self, Self::PreSwitch | Self::PreSave | Self::PreKill)
    }
}

/// What runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookCommand {
    /// A program and its arguments, as they are.
    Argv(Vec<String>),
    /// A line for `sh -c`.
    Line(String),
}

impl HookCommand {
    /// `argv` or `shell`.
    pub fn form(&self) -> &'static str {
        match self {
            Self::Argv(_) => "argv",
            Self::Line(_) => "shell",
        }
    }
}

impl fmt::Display for HookCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => f.write_str(line),
            Self::Argv(argv) => {
                for (n, word) in argv.iter().enumerate() {
                    let gap = if n > 0 { " " } else { "" };
                    let plain = |c: char| c.is_alphanumeric() || "-_./:@+,%#~=".contains(c);
                    match !word.is_empty() && word.chars().all(plain) {
                        true => write!(f, "{gap}{word}")?,
                        false => write!(f, "{gap}'{}'", word.replace('\'', r"'\''"))?,
                    }
                }
                Ok(())
            }
        }
    }
}

/// What a hook that fails does to what it comes before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// It isn't done.
    Abort,
    /// It is done all the same, and the failure is told.
    Warn,
}

impl OnFailure {
    /// The word in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Abort => "abort",
            Self::Warn => "warn",
        }
    }
}

/// A hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hook {
    /// When it runs.
    pub event: HookEvent,
    /// Whose it is; `None` is for all projects.
    pub project: Option<String>,
    /// What runs.
    pub command: HookCommand,
    /// How long it may take.
    pub timeout: Duration,
    /// What its failure does.
    pub on_failure: OnFailure,
}

impl Hook {
    /// Its key in the config.
    pub fn key(&self) -> String {
        let event = self.event.as_str();
        match &self.project {
            None => format!("hooks.{event}"),
            Some(project) => format!("projects.{project}.hooks.{event}"),
        }
    }
}

/// The hooks of the config: those of all projects first, each in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hooks(Vec<Hook>);

impl Hooks {
    /// Those of the tables.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] for a time limit or an `on_failure` that isn't possible.
    pub(crate) fn of<'a>(
        all: &HooksTable,
        projects: impl IntoIterator<Item = (&'a str, &'a HooksTable)>,
    ) -> Result<Self, Error> {
        let mut hooks = table::hooks_of(all, None)?;
        for (project, table) in projects {
            hooks.extend(table::hooks_of(table, Some(project))?);
        }
        Ok(Self(hooks))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Hook> {
        self.0.iter()
    }

    /// Those that run at an event about a project. A worktree, `project@branch`, has its project's unless it has its own.
    pub fn at<'a>(&'a self, event: HookEvent, project: Option<&'a str>) -> impl Iterator<Item = &'a Hook> {
        let at_event = move |hook: &&Hook| hook.event == event;
        let has_any = |name: &&str| {
            let mut hooks = self.0.iter().filter(at_event);
            hooks.any(|hook| hook.project.as_deref() == Some(*name))
        };
        let mut names = project.into_iter().chain(project.into_iter().flat_map(repositories));
        let owner = names.find(has_any);
        let concerns = move |hook: &&Hook| hook.project.is_none() || hook.project.as_deref() == owner;
        self.0.iter().filter(at_event).filter(concerns)
    }

    /// Whether any runs at an event.
    pub(crate) fn any(&self, event: HookEvent) -> bool {
        self.0.iter().any(|hook| hook.event == event)
    }

    /// How long those may take that run at the end of a verb, after what it did.
    pub(crate) fn longest_afterwards(&self) -> Duration {
        let afterwards = self.0.iter().filter(|hook| !hook.event.is_before());
        afterwards.map(|hook| hook.timeout).sum()
    }
}

/// Runs the hooks of an event that comes before something.
///
/// # Errors
///
/// [`Error::Hook`] if one fails that aborts. Those after it aren't run.
pub(crate) fn before(
    context: &Context,
    event: HookEvent,
    occasion: &Occasion,
    events: Events<'_>,
) -> Result<(), Error> {
    for hook in due(context, event, occasion) {
        let ran = run_logged(context, hook, occasion);
        if ran.succeeded() {
            continue;
        }
        let why = ran.describe();
        match hook.on_failure {
            OnFailure::Abort => {
                return Err(Error::Hook {
                    hook: hook.key(),
                    command: hook.command.to_string(),
                    why,
                    file: context.config.file.value.clone(),
                });
            }
            OnFailure::Warn => events(failed(hook, why)),
        }
    }
    Ok(())
}

/// Runs the hooks of an event that comes after something. It has been done: whatever fails here is only told.
pub(crate) fn after(context: &Context, event: HookEvent, occasion: &Occasion, events: Events<'_>) {
    for hook in due(context, event, occasion) {
        let ran = run_logged(context, hook, occasion);
        if !ran.succeeded() {
            events(failed(hook, ran.describe()));
        }
    }
}

/// Runs the `error` hooks because a verb failed that changes something. What the user cancelled is no failure.
pub fn on_error(context: &Context, verb: &str, project: Option<&str>, error: &Error, events: Events<'_>) {
    if matches!(error, Error::Cancelled) || error.class() == Class::Usage {
        return;
    }
    run_error_hooks(context, verb, project, with_causes(error), events);
}

/// Runs the `error` hooks for each project that the verb failed for while it went on with others. A front end calls this
/// when it has told what came of each.
pub fn on_failed_parts(context: &Context, verb: &str, events: Events<'_>) {
    for part in context.account.take_failed() {
        run_error_hooks(context, verb, Some(&part.project), part.why, events);
    }
}

fn run_error_hooks(context: &Context, verb: &str, project: Option<&str>, error: String, events: Events<'_>) {
    if !context.config.hooks.any(HookEvent::Error) {
        return;
    }
    let dir = |name: &str| match context.config.projects.get(name) {
        Some(configured) => Some(configured.path.clone()),
        None => Some(context.store.load(name).ok()??.state.working_dir),
    };
    let occasion = Occasion {
        verb: verb.to_owned(),
        project: project.map(str::to_owned),
        dir: project.and_then(dir),
        session: project.map(|name| context.config.session_name(name)),
        error: Some(error),
        ..Occasion::default()
    };
    after(context, HookEvent::Error, &occasion, events);
}

/// Runs the hooks of an event as if it happened, whatever `TSM_HOOKS` and the depth say, and logs nothing.
pub fn try_out<'a>(context: &'a Context, event: HookEvent, occasion: &'a Occasion) -> Vec<(&'a Hook, Ran)> {
    let hooks = context.config.hooks.at(event, occasion.project.as_deref());
    hooks.map(|hook| (hook, run_one(context, hook, occasion))).collect()
}

/// Runs the `notify` hooks.
pub(crate) fn notify(context: &Context, occasion: &Occasion) {
    after(context, HookEvent::Notify, occasion, &mut |_it_is_logged| {});
}

fn failed(hook: &Hook, why: String) -> Event {
    Event::HookFailed {
        hook: hook.key(),
        command: hook.command.to_string(),
        why,
    }
}

fn due<'a>(context: &'a Context, event: HookEvent, occasion: &'a Occasion) -> Vec<&'a Hook> {
    let due: Vec<&Hook> = context.config.hooks.at(event, occasion.project.as_deref()).collect();
    if due.is_empty() || context.environment.no_hooks {
        return Vec::new();
    }
    if context.environment.hook_depth >= DEEPEST {
        let message = format!(
            "{} hooks aren't run: this runs in a hook of a hook of a hook",
            event.as_str()
        );
        let entry = Entry::info("hook", &message).level(Level::Warning);
        context.log.write(&in_project(entry, occasion));
        return Vec::new();
    }
    due
}

fn in_project<'a>(entry: Entry<'a>, occasion: &'a Occasion) -> Entry<'a> {
    match &occasion.project {
        Some(project) => entry.project(project),
        None => entry,
    }
}

fn run_one(context: &Context, hook: &Hook, occasion: &Occasion) -> Ran {
    let home = context.environment.home.clone();
    let candidates = [occasion.dir.clone(), home, Some(PathBuf::from("/"))];
    let usable = |directory: &PathBuf| crate::project::usable_directory(directory).is_ok();
    let directory = candidates.into_iter().flatten().find(usable).unwrap_or_default();
    let variables = occasion.variables(context, hook.event);
    let input = occasion.json(context, hook.event);
    run(&hook.command, &directory, &variables, &[], &input, hook.timeout)
}

fn run_logged(context: &Context, hook: &Hook, occasion: &Occasion) -> Ran {
    let ran = run_one(context, hook, occasion);
    let level = if ran.succeeded() { Level::Info } else { Level::Warning };
    let message = format!("{} `{}`: {}", hook.key(), hook.command, ran.describe());
    let fields = [("ms", format!("{:.1}", ran.took.as_secs_f64() * 1000.0))];
    let entry = Entry::info("hook", &message).level(level).fields(&fields);
    context.log.write(&in_project(entry, occasion));
    let text = String::from_utf8_lossy(&ran.output);
    let mut lines = text.lines();
    for line in lines.by_ref().take(LOGGED_LINES) {
        let message = format!("| {line}");
        context.log.write(&in_project(Entry::info("hook", &message), occasion));
    }
    let left = lines.count();
    if left > 0 || ran.cut > 0 {
        let message = format!("| … and {left} lines and {} bytes more", ran.cut);
        context.log.write(&in_project(Entry::info("hook", &message), occasion));
    }
    ran
}
