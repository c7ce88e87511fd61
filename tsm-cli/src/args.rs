//! The command line. The help texts, the manual page and the completions come from here.

mod config;
mod goes_to;
mod hidden;
mod looking;
mod sessions;
pub(crate) mod setup;
mod states;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use session_ops::config::Flags;

use setup::{Freeze, Import, Init, Project, Templates};

pub(crate) use config::*;
pub(crate) use hidden::*;
pub(crate) use looking::*;
pub(crate) use sessions::*;
pub(crate) use states::*;

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

    /// Whether it shows sessions or states.
    pub(crate) fn shows_sessions(&self) -> bool {
        matches!(
            self,
            Self::List(_) | Self::State(_) | Self::Status(_) | Self::Context(_) | Self::Attach(_)
        )
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
            Self::Template(verb) => matches!(verb.what, setup::TemplateWhat::List { json: true }),
            Self::Config(verb) => matches!(verb.what, ConfigWhat::Show { json: true }),
            // Where no such extension is there, it is for tsm to say so.
            Self::External(words) => words.iter().any(|word| word == "--json"),
            _ => false,
        }
    }
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
}
