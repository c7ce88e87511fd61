//! The command line. The help texts, and later the man page and the completions, come from here.

pub(crate) mod setup;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;
use session_ops::config::Flags;

use crate::commands::completions::projects;
use setup::{Freeze, Import, Init, Project, Template, Templates};

/// Switch between projects that each live in a tmux session
#[derive(Debug, Parser)]
#[command(name = "tsm", version, disable_help_subcommand = false)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Global {
    /// Config file [variable: TSM_CONFIG] [default: $XDG_CONFIG_HOME/tsm/config.toml]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory of the saved states [variable: TSM_STATE_DIR] [default: ~/.claude/session-states]
    #[arg(long, global = true, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    /// Directory of the backups [variable: TSM_BACKUP_DIR] [default: ~/.claude/backups]
    #[arg(long, global = true, value_name = "DIR")]
    backup_dir: Option<PathBuf>,
    /// Name of the tmux server's socket, as tmux's own option [variable: TSM_SOCKET_NAME]
    #[arg(
        short = 'L',
        long,
        global = true,
        value_name = "NAME",
        conflicts_with = "socket_path"
    )]
    socket_name: Option<OsString>,
    /// Path of the tmux server's socket, as tmux's own option [variable: TSM_SOCKET_PATH]
    #[arg(short = 'S', long, global = true, value_name = "PATH")]
    socket_path: Option<PathBuf>,
    /// Seconds to wait for a lock, 0 for not at all [variable: TSM_LOCK_TIMEOUT] [default: 30]
    #[arg(long, global = true, value_name = "SECONDS")]
    lock_timeout: Option<u64>,
    /// When to use colours [variable: NO_COLOR]
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,
    /// Log every tmux command and its time [variable: DEBUG=1]
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say only what was asked for
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Global {
    pub(crate) fn flags(&self) -> Flags {
        Flags {
            config: self.config.clone(),
            state_dir: self.state_dir.clone(),
            backup_dir: self.backup_dir.clone(),
            socket_name: self.socket_name.clone(),
            socket_path: self.socket_path.clone(),
            lock_timeout: self.lock_timeout,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Switch to a project, replacing the session one is in
    ///
    /// PROJECT is a name, or a directory (`.`, or any path): an unknown directory becomes a project. Without a terminal,
    /// or with --no-attach, everything but the attach is done and the session's name is printed.
    Switch(Switch),
    /// Create a project's session without switching there
    Create(Create),
    /// Save and end sessions
    #[command(visible_alias = "terminate")]
    Kill(Kill),
    /// Go to a project's session
    Attach(OneProject),
    /// Make an existing session of a project's name tsm's own
    Adopt(OneProject),
    /// List the sessions
    #[command(visible_alias = "ls")]
    List(List),
    /// Show projects' sessions, or the one one is in
    ///
    /// The line `Projekt: NAME` is for scripts that look for it.
    Status(Status),
    /// Watch all projects, and act on them
    #[command(visible_alias = "dash")]
    Dashboard(Dashboard),
    /// Type a text into a project's agent or shell
    ///
    /// A text for an agent is typed only when it can take it, and delivered only when it has acknowledged it. Exit status:
    /// 0 delivered or queued, 7 refused (it works, waits for an answer, still starts, has ended), 8 typed but not known to
    /// be submitted.
    Send(Send),
    /// Show a project's saved state
    State(State),
    /// Save sessions now
    Save(Save),
    /// Bring sessions back from their saved states
    Restore(Restore),
    /// Put away what has ended: dead sessions and panes, processes left behind, what killed runs left
    Cleanup(Cleanup),
    /// Write a first config, or add the projects that are found below directories
    Init(Init),
    /// The projects of the config
    Project(Project),
    /// The templates that sessions are made from
    Template(Templates),
    /// Print a template that makes a session as this one is now
    Freeze(Freeze),
    /// Take over projects of tmuxp, tmuxinator, smug, tmux-resurrect or the original scripts
    ///
    /// Nothing of the files is run, nothing that the config has is changed, and what has no counterpart is told. Exit
    /// status 8 if a part couldn't be taken over.
    Import(Import),
    /// Look at the configuration
    Config(Config),
    /// Tell which project a directory belongs to, and whether that is the session's
    ///
    /// Exit status 0 if it is, 1 if it isn't, with the `tsm switch` to run, 3 if it belongs to no project.
    Context(WhereAmI),
    /// Look at the hooks of the configuration, and try them
    ///
    /// They run before and after what tsm does. Not to be confused with the tmux hooks of `tsm autosave`.
    Hooks(Hooks),
    /// Check everything that tsm needs, with a remedy for what isn't in order
    ///
    /// Exit status 0 if nothing is an error, else 1.
    #[command(visible_alias = "check")]
    Health(Health),
    /// Show what tsm did
    Logs(Logs),
    /// Save by itself what changes: hooks in the tmux server
    Autosave(Autosave),
    /// Watch the tmux server and save what changes, and every minute also what no change tells
    ///
    /// Runs until it is ended, through ends and beginnings of the server. Made for a systemd user unit.
    Watch(Watch),
    /// Print what makes a shell complete tsm's commands and the names of projects
    ///
    /// For bash in ~/.bashrc: `source <(tsm completions bash)`. For zsh in ~/.zshrc, after compinit:
    /// `source <(tsm completions zsh)`. For fish in ~/.config/fish/completions/tsm.fish:
    /// `tsm completions fish | source`.
    Completions(Completions),
    /// Print the manual page, or write one for each verb into a directory
    Man(Man),
    /// Run an agent in its pane
    #[command(hide = true)]
    PaneRun(PaneRun),
    /// Keep an event that an agent's hook reports
    #[command(hide = true)]
    AgentEvent(AgentEvent),
    /// End a session that tsm was left from
    #[command(hide = true)]
    EndSession(EndSession),
    /// Save what has changed, started by a hook
    #[command(hide = true)]
    AutosaveRun,
    #[command(external_subcommand)]
    External(Vec<OsString>),
}

impl Verb {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Switch(_) => "switch",
            Self::Create(_) => "create",
            Self::Kill(_) => "kill",
            Self::Attach(_) => "attach",
            Self::Adopt(_) => "adopt",
            Self::List(_) => "list",
            Self::Status(_) => "status",
            Self::Dashboard(_) => "dashboard",
            Self::Send(_) => "send",
            Self::State(_) => "state",
            Self::Save(_) => "save",
            Self::Restore(_) => "restore",
            Self::Cleanup(_) => "cleanup",
            Self::Init(_) => "init",
            Self::Project(_) => "project",
            Self::Template(_) => "template",
            Self::Freeze(_) => "freeze",
            Self::Import(_) => "import",
            Self::Config(_) => "config",
            Self::Hooks(_) => "hooks",
            Self::Context(_) => "context",
            Self::Health(_) => "health",
            Self::Logs(_) => "logs",
            Self::Autosave(_) => "autosave",
            Self::Watch(_) => "watch",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::AutosaveRun => "autosave-run",
            Self::PaneRun(_) => "pane-run",
            Self::AgentEvent(_) => "agent-event",
            Self::EndSession(_) => "end-session",
            Self::External(_) => "",
        }
    }

    /// The name of a verb that changes something: such are logged and measured.
    pub(crate) fn accounted(&self) -> Option<&'static str> {
        match self {
            Self::Switch(verb) if verb.dry_run => None,
            Self::Restore(verb) if verb.dry_run => None,
            Self::Switch(_) | Self::Create(_) | Self::Kill(_) | Self::Attach(_) => Some(self.name()),
            Self::Adopt(_) | Self::Save(_) | Self::Restore(_) => Some(self.name()),
            _ => None,
        }
    }

    /// Whether it changes nothing, so that it does what it can also without a config.
    pub(crate) fn only_looks(&self) -> bool {
        match self {
            Self::List(_) | Self::State(_) | Self::Health(_) | Self::Logs(_) | Self::Attach(_) => true,
            Self::Status(verb) => !verb.tmux,
            Self::Context(verb) => !verb.hook && !verb.prompt,
            Self::Config(verb) => matches!(verb.what, ConfigWhat::Path),
            _ => false,
        }
    }

    /// Whether telling what is wrong in the config is its business.
    pub(crate) fn shows_problems(&self) -> bool {
        matches!(self, Self::Config(_))
    }

    /// Whether somebody reads its messages: not where a shell's prompt, a status line or an agent would get them.
    pub(crate) fn is_for_people(&self) -> bool {
        match self {
            Self::Status(verb) => !verb.tmux,
            Self::Context(verb) => !verb.hook && !verb.prompt,
            Self::Completions(_) | Self::Man(_) | Self::Dashboard(_) => false,
            Self::AutosaveRun | Self::EndSession(_) => false,
            _ => true,
        }
    }

    /// Whether signals do to it what they do to any program: it neither runs on nor has the terminal as a screen.
    pub(crate) fn ends_by_signals(&self) -> bool {
        !matches!(self, Self::Watch(_) | Self::Dashboard(_) | Self::Logs(_))
    }

    /// Errors of a verb that was asked for JSON are JSON too.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Switch(verb) => verb.json,
            Self::Create(verb) => verb.json,
            Self::Kill(verb) => verb.json,
            Self::List(verb) => verb.json,
            Self::Status(verb) => verb.json,
            Self::Send(verb) => verb.json,
            Self::State(verb) => verb.json,
            Self::Save(verb) => verb.json,
            Self::Restore(verb) => verb.json,
            Self::Cleanup(verb) => verb.json,
            Self::Health(verb) => verb.json,
            Self::Context(verb) => verb.json,
            Self::Hooks(verb) => matches!(verb.what, HooksWhat::List { json: true }),
            Self::Project(verb) => matches!(verb.what, setup::ProjectWhat::List { json: true }),
            Self::Config(verb) => matches!(verb.what, ConfigWhat::Show { json: true }),
            _ => false,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Switch {
    /// A project's name or a directory
    #[arg(add = ArgValueCandidates::new(projects))]
    pub(crate) project: OsString,
    /// Let the session that is left live on
    #[arg(long)]
    pub(crate) keep: bool,
    /// Build the session from its template, whatever lives or was saved
    #[arg(long)]
    pub(crate) fresh: bool,
    /// End the session that is left, whatever runs in it and whoever looks at it
    #[arg(long)]
    pub(crate) force: bool,
    /// Make the session, but move no client and attach none
    #[arg(long)]
    pub(crate) no_attach: bool,
    /// No agent if the session must be made
    #[arg(long)]
    pub(crate) no_agent: bool,
    #[command(flatten)]
    pub(crate) template: Template,
    /// Size of the session if it must be made
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub(crate) size: Option<(u32, u32)>,
    /// Only tell what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

impl Switch {
    /// To a project, with everything else as the config has it.
    pub(crate) fn to(project: String) -> Self {
        Self {
            project: project.into(),
            keep: false,
            fresh: false,
            force: false,
            no_attach: false,
            no_agent: false,
            template: Template::default(),
            size: None,
            dry_run: false,
            json: false,
        }
    }
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Create {
    /// A project's name or a directory
    #[arg(add = ArgValueCandidates::new(projects))]
    pub(crate) project: OsString,
    #[command(flatten)]
    pub(crate) template: Template,
    /// Size of the session
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub(crate) size: Option<(u32, u32)>,
    /// No agent in it
    #[arg(long)]
    pub(crate) no_agent: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Kill {
    /// Names of projects, globs or directories
    #[arg(required_unless_present = "all", value_name = "PROJECT", add = ArgValueCandidates::new(projects))]
    pub(crate) projects: Vec<OsString>,
    /// All sessions of tsm's
    #[arg(long, conflicts_with = "projects")]
    pub(crate) all: bool,
    /// Go on where a guard would refuse
    #[arg(long)]
    pub(crate) force: bool,
    /// Seconds that an agent has to leave
    #[arg(long, value_name = "S")]
    pub(crate) timeout: Option<u64>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct OneProject {
    /// A project's name or a directory
    #[arg(add = ArgValueCandidates::new(projects))]
    pub(crate) project: OsString,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct List {
    /// Also projects without a session, and sessions that aren't tsm's
    #[arg(long)]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Status {
    /// Names of projects, globs or directories [default: the session one is in]
    #[arg(value_name = "PROJECT", add = ArgValueCandidates::new(projects))]
    pub(crate) projects: Vec<OsString>,
    /// All projects, with a session or without
    #[arg(long, conflicts_with_all = ["projects", "tmux"])]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "tmux")]
    pub(crate) json: bool,
    /// Print a short coloured line for tmux's status-right: #(tsm status --tmux '#{@tsm_project}')
    #[arg(long)]
    pub(crate) tmux: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Dashboard {
    /// Print it once
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Send {
    /// Names of projects or globs, separated by commas (not with --all), then the text; its words are joined by one blank
    #[arg(required = true, value_name = "PROJECT[,PROJECT...] TEXT")]
    pub(crate) words: Vec<OsString>,
    /// All sessions of tsm's; no PROJECT is given
    #[arg(long)]
    pub(crate) all: bool,
    /// The agent's pane, the shell's, a pane's index, or WINDOW.PANE
    #[arg(long, default_value = "agent", value_name = "agent|shell|N", value_parser = session_ops::send::PaneChoice::parse)]
    pub(crate) pane: session_ops::send::PaneChoice,
    /// Don't press Enter
    #[arg(long)]
    pub(crate) no_enter: bool,
    /// Give it to an agent that works, for later
    #[arg(long)]
    pub(crate) queue: bool,
    /// Give it as the answer to the dialog that an agent shows
    #[arg(long)]
    pub(crate) answer: bool,
    /// Type it although nobody knows what the agent does
    #[arg(long)]
    pub(crate) force: bool,
    /// Read the text from standard input
    #[arg(long)]
    pub(crate) stdin: bool,
    /// Seconds to wait for an agent that is starting
    #[arg(long, default_value = "15", value_name = "SECONDS")]
    pub(crate) wait: u64,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct State {
    /// A project's name or a directory
    #[arg(add = ArgValueCandidates::new(projects))]
    pub(crate) project: OsString,
    /// Print JSON
    #[arg(long, conflicts_with = "shell")]
    pub(crate) json: bool,
    /// Print assignments that are safe for `eval`
    #[arg(long)]
    pub(crate) shell: bool,
    /// List the earlier states
    #[arg(long, conflicts_with_all = ["shell", "at"])]
    pub(crate) history: bool,
    /// The state of then: `#41`, `2 hours ago`, a date, a time or seconds since 1970
    #[arg(long, value_name = "WHEN", value_parser = crate::when::when)]
    pub(crate) at: Option<crate::when::When>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Save {
    /// Names of projects, globs or directories [default: all sessions of tsm's]
    #[arg(value_name = "PROJECT", add = ArgValueCandidates::new(projects))]
    pub(crate) projects: Vec<OsString>,
    /// All sessions of tsm's, which is the default
    #[arg(long, conflicts_with = "projects")]
    pub(crate) all: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Restore {
    /// Names of projects, globs or directories [default: those that were live in a server that is gone]
    #[arg(value_name = "PROJECT", add = ArgValueCandidates::new(projects))]
    pub(crate) projects: Vec<OsString>,
    /// All projects that have a saved state, also those that were ended
    #[arg(long, conflicts_with_all = ["projects", "at"])]
    pub(crate) all: bool,
    /// The state of then: `#41`, `2 hours ago`, a date, a time or seconds since 1970
    #[arg(long, value_name = "WHEN", value_parser = crate::when::when, requires = "projects")]
    pub(crate) at: Option<crate::when::When>,
    /// Also start the programs that ran
    #[arg(long)]
    pub(crate) run: bool,
    /// Only tell what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Cleanup {
    /// Only tell what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Config {
    #[command(subcommand)]
    pub(crate) what: ConfigWhat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(crate) enum ConfigWhat {
    /// Print the path of the config file
    Path,
    /// Check the config file
    Check,
    /// Print the effective configuration and where each value came from
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a JSON Schema of the config file, for editors
    Schema,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct WhereAmI {
    /// The directory [default: the working directory]
    #[arg(long, value_name = "DIR", conflicts_with = "hook")]
    pub(crate) dir: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// As a hook of Claude Code: read its JSON from standard input, and stop it (exit 2) in another project's directory
    #[arg(long, conflicts_with_all = ["json", "prompt"])]
    pub(crate) hook: bool,
    /// For a shell's prompt: print SESSION!=DIRECTORY where the projects differ, else nothing; exit status 0
    #[arg(long, conflicts_with = "json")]
    pub(crate) prompt: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Hooks {
    #[command(subcommand)]
    pub(crate) what: HooksWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HooksWhat {
    /// List them: what runs when, as a program with arguments (argv) or as a line for `sh -c` (shell)
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run the hooks of an event as if it happened, and print what they print
    ///
    /// Exit status 0 if all succeeded, 1 if one failed, 3 if there is none.
    Test {
        /// pre_switch, post_switch, pre_save, post_save, pre_kill, post_create, error or notify
        #[arg(value_parser = hook_event)]
        event: session_ops::hooks::HookEvent,
        /// The project that it happens to [default: none in particular]
        #[arg(long, value_name = "PROJECT", add = ArgValueCandidates::new(projects))]
        project: Option<OsString>,
    },
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Health {
    /// Print JSON
    #[arg(long, conflicts_with = "metrics")]
    pub(crate) json: bool,
    /// Print figures as OpenMetrics text
    #[arg(long)]
    pub(crate) metrics: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Logs {
    /// Go on with what comes
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Lines to begin with
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub(crate) lines: usize,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Autosave {
    #[command(subcommand)]
    pub(crate) what: AutosaveWhat,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum AutosaveWhat {
    /// Put the hooks into the server
    On,
    /// Take them out again, and no others
    Off,
    /// Show what saves by itself
    Status,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Watch {
    /// Print a systemd user unit that does it
    #[arg(long)]
    pub(crate) unit: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Man {
    /// Where to write the pages [default: only tsm's own is printed]
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct PaneRun {
    #[arg(long)]
    pub(crate) record: Option<PathBuf>,
    #[arg(long, default_value = "program")]
    pub(crate) kind: String,
    #[arg(long, default_value = "")]
    pub(crate) project: String,
    #[arg(long)]
    pub(crate) conversation: Option<String>,
    #[arg(long, conflicts_with = "record")]
    pub(crate) line: Option<OsString>,
    #[arg(last = true, required_unless_present = "line")]
    pub(crate) program: Vec<OsString>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AgentEvent {
    #[arg(long)]
    pub(crate) record: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct EndSession {
    #[arg(long)]
    pub(crate) project: String,
    #[arg(long, value_parser = session_ops::hand_over::parse_session)]
    pub(crate) session: session_ops::hand_over::SessionId,
    #[arg(long)]
    pub(crate) id: String,
    #[arg(long)]
    pub(crate) epoch: String,
    #[arg(long)]
    pub(crate) verb: String,
    #[arg(long)]
    pub(crate) timeout_ms: u64,
    #[arg(long)]
    pub(crate) after_pid: u32,
    #[arg(long)]
    pub(crate) after_start_time: u64,
    #[arg(long, value_parser = session_ops::hand_over::parse_session)]
    pub(crate) then_rename: Option<session_ops::hand_over::SessionId>,
    #[arg(long)]
    pub(crate) tell: Option<OsString>,
    #[arg(long)]
    pub(crate) unless_running: bool,
}

fn hook_event(text: &str) -> Result<session_ops::hooks::HookEvent, String> {
    let all = session_ops::hooks::HookEvent::ALL;
    let names = || all.map(session_ops::hooks::HookEvent::as_str).join(", ");
    all.into_iter()
        .find(|event| event.as_str() == text)
        .ok_or_else(|| format!("events are {}", names()))
}

/// Reads `200x50`.
fn size(text: &str) -> Result<(u32, u32), String> {
    let parts = text
        .split_once('x')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    let fits = |size: &u32| (1..=10_000).contains(size);
    parts
        .filter(|(width, height)| fits(width) && fits(height))
        .ok_or_else(|| "columns and rows are given as WxH, each from 1 to 10000".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Args::command().debug_assert();
    }

    /// The whole command line as its help shows it; a change of it is a change of the contract.
    #[test]
    fn the_reference_is_what_help_shows() {
        let mut command = Args::command().term_width(100);
        let mut text = command.render_long_help().to_string();
        for verb in command.get_subcommands_mut().filter(|verb| !verb.is_hide_set()) {
            let help = verb.render_long_help();
            text.push_str(&format!("\n\n## {}\n\n{help}", verb.get_name()));
        }
        insta::assert_snapshot!(text);
    }

    #[test]
    fn sizes_are_columns_and_rows() {
        assert_eq!(size("200x50"), Ok((200, 50)));
        for text in ["", "200", "200x", "0x5", "10001x5", "-1x5", "1x1x1"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
