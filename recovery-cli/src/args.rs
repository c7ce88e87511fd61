//! The command line. The help texts, and later the man page and the completions, come from here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCandidates;
use session_ops::config::Flags;

use crate::commands::completions::{backed_up, projects};

/// Detect what broke, back up, restore: the way back when everything is broken
#[derive(Debug, Parser)]
#[command(name = "tsm-recovery", version)]
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
    /// Say more
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
    /// Say what is broken, and why
    ///
    /// Sessions recorded as live that are gone, dead panes, agents that ended, processes left behind, crashed lock holders,
    /// damaged states, leftovers of killed runs. Changes nothing. Exit 1 if anything is found.
    #[command(visible_alias = "check")]
    Detect(Json),
    /// Back the saved states up, and print the file that was written
    ///
    /// States, their history, scrollback, the configuration, and the conversations of agents. What an earlier backup holds
    /// is not written again, except with --full and for a single PROJECT.
    ///
    /// Every byte of the file is read back and verified before it counts as a backup.
    Backup(Backup),
    /// List the backups, newest first
    #[command(visible_alias = "backups")]
    ListBackups(ListBackups),
    /// Verify every byte of backups against their manifests
    ///
    /// FILE is a path, or the name of a file in the directory of the backups; all backups without one. Damage: exit 6.
    Verify(Verify),
    /// Bring saved states back from a backup
    ///
    /// FILE is a path, or the name of a file in the directory of the backups. All of it is verified before anything is
    /// changed; what is replaced is backed up first. Live sessions are left alone. Archives of the original scripts
    /// (.tar.gz) can be restored too.
    Restore(Restore),
    /// Recover everything: back up, end all sessions of tsm's and their processes, bring all of them back
    ///
    /// Asks for YES unless --yes is given. Nothing that isn't tsm's is touched. A tmux server that answers is restarted only if
    /// it holds nothing else; otherwise it goes on, all else is done, and exit 7 says that it wasn't restarted and names the
    /// other sessions. One that doesn't answer is ended only if all that runs in it is tsm's; otherwise nothing is changed at
    /// all, and exit 7 names what else runs in it. With --restart-server either is ended. A session that isn't back: exit 8.
    #[command(visible_alias = "nuke")]
    Emergency(Emergency),
    /// Say whether everything is as the states say
    ///
    /// Server, sessions against their states, processes, locks, the newest backups. Changes nothing. Exit 1 if not.
    #[command(visible_alias = "check-recovery")]
    Validate(Json),
    /// Remove old backups
    ///
    /// Never the newest sound one of a project, one that others refer to, or one from the future; none at all after the
    /// clock went back. Periods are those of the calendar in UTC. Without any rule those of the last 7 days are kept.
    #[command(visible_alias = "cleanup")]
    CleanupBackups(CleanupBackups),
    /// Print a systemd user unit that brings sessions back when the machine has started
    Unit,
    /// Print what makes a shell complete tsm-recovery's commands
    ///
    /// As `tsm completions`.
    Completions(Completions),
    /// Print the manual page, or write one for each verb into a directory
    Man(Man),
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
    /// Where to write the pages [default: only tsm-recovery's own is printed]
    #[arg(value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Json {
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Emergency {
    /// Don't ask
    #[arg(long)]
    pub(crate) yes: bool,
    /// Restart the tmux server also if it holds what isn't tsm's
    #[arg(long)]
    pub(crate) restart_server: bool,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct CleanupBackups {
    /// Keep those that are not older than so many days
    pub(crate) days: Option<u32>,
    /// Keep the last N of each project
    #[arg(long, value_name = "N")]
    pub(crate) keep_last: Option<u32>,
    /// Keep the last of each hour, for N hours that have any
    #[arg(long, value_name = "N")]
    pub(crate) keep_hourly: Option<u32>,
    /// Keep the last of each day, for N days that have any
    #[arg(long, value_name = "N")]
    pub(crate) keep_daily: Option<u32>,
    /// Keep the last of each week, for N weeks that have any
    #[arg(long, value_name = "N")]
    pub(crate) keep_weekly: Option<u32>,
    /// Keep the last of each month, for N months that have any
    #[arg(long, value_name = "N")]
    pub(crate) keep_monthly: Option<u32>,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Backup {
    /// The project, or `all`
    #[arg(
        value_name = "all|PROJECT",
        default_value = "all",
        hide_default_value = true,
        add = ArgValueCandidates::new(projects)
    )]
    pub(crate) project: String,
    /// Refer to no earlier backup: the file alone is all that is needed
    #[arg(long)]
    pub(crate) full: bool,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct ListBackups {
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Verify {
    /// The backups
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Restore {
    /// The backup
    pub(crate) file: PathBuf,
    /// Restore only this project; may be given more than once
    #[arg(long = "project", value_name = "P", add = ArgValueCandidates::new(backed_up))]
    pub(crate) projects: Vec<String>,
    /// Bring the sessions back too
    #[arg(long)]
    pub(crate) sessions: bool,
    /// Of a damaged backup restore what is sound
    #[arg(long)]
    pub(crate) partial: bool,
    /// Only say what would be done, after the same checks: what can't be restored fails
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print a JSON document
    #[arg(long)]
    pub(crate) json: bool,
}

impl Verb {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Backup(_) => "backup",
            Self::ListBackups(_) => "list-backups",
            Self::Verify(_) => "verify",
            Self::Restore(_) => "restore",
            Self::Detect(_) => "detect",
            Self::Emergency(_) => "emergency",
            Self::Validate(_) => "validate",
            Self::CleanupBackups(_) => "cleanup-backups",
            Self::Unit => "unit",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
        }
    }

    /// The name of a verb that changes something: such are logged and measured.
    pub(crate) fn accounted(&self) -> Option<&'static str> {
        match self {
            Self::Restore(verb) if verb.dry_run => None,
            Self::CleanupBackups(verb) if verb.dry_run => None,
            Self::Backup(_) | Self::Emergency(_) | Self::CleanupBackups(_) => Some(self.name()),
            Self::Restore(_) => Some("restore-backup"),
            _ => None,
        }
    }

    /// Errors of a verb that was asked for JSON are JSON too.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Backup(verb) => verb.json,
            Self::ListBackups(verb) => verb.json,
            Self::Verify(verb) => verb.json,
            Self::Restore(verb) => verb.json,
            Self::Detect(verb) | Self::Validate(verb) => verb.json,
            Self::Emergency(verb) => verb.json,
            Self::CleanupBackups(verb) => verb.json,
            Self::Unit | Self::Completions(_) | Self::Man(_) => false,
        }
    }

    /// Whether it works with built-in defaults where the config can't be read: what serves to recover must.
    pub(crate) fn works_without_config(&self) -> bool {
        matches!(
            self,
            Self::Detect(_) | Self::Emergency(_) | Self::Validate(_) | Self::Verify(_) | Self::ListBackups(_)
        )
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definitions_fit_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_calls_of_the_contract_are_accepted() {
        for line in [
            "backup",
            "backup all --full --json",
            "backup todo",
            "list-backups --json",
            "backups",
            "verify",
            "verify a b --json",
            "restore FILE --project a --project b --dry-run --json",
            "restore FILE --sessions --partial",
            "detect --json",
            "check",
            "emergency --yes --restart-server --json",
            "nuke",
            "validate --json",
            "check-recovery",
            "cleanup-backups 7 --dry-run --json",
            "cleanup --keep-last 3 --keep-hourly 1 --keep-daily 2 --keep-weekly 3 --keep-monthly 4",
            "unit",
            "completions fish",
            "man",
            "man /usr/share/man/man1",
            "--backup-dir /b -q list-backups",
            "help restore",
        ] {
            let words = ["tsm-recovery"].into_iter().chain(line.split(' '));
            let accepted = match Args::try_parse_from(words) {
                Ok(_) => true,
                Err(error) => error.exit_code() == 0,
            };
            assert!(accepted, "{line}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for line in [
            "restore",
            "cleanup-backups -1",
            "cleanup-backups x",
            "verify --all",
            "unit --json",
        ] {
            let words = ["tsm-recovery"].into_iter().chain(line.split(' '));
            assert!(
                Args::try_parse_from(words).is_err_and(|error| error.exit_code() == 2),
                "{line}"
            );
        }
    }
}
