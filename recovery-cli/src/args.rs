//! The command line. The help texts, and later the man page and the completions, come from here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args as ClapArgs, Parser, Subcommand, ValueEnum};
use session_ops::config::Flags;

/// Back up, verify and restore the saved states of tsm's sessions
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
    /// Back the saved states up, and print the file that was written
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
    /// changed; what is replaced is backed up first. Live sessions are left alone.
    Restore(Restore),
}

#[derive(Debug, ClapArgs)]
pub(crate) struct Backup {
    /// The project, or `all`
    #[arg(value_name = "all|PROJECT", default_value = "all", hide_default_value = true)]
    pub(crate) project: String,
    /// Refer to no earlier backup; so far none does
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
    #[arg(long = "project", value_name = "P")]
    pub(crate) projects: Vec<String>,
    /// Only say what would be done
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
        }
    }

    /// Errors of a verb that was asked for JSON are JSON too.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Backup(verb) => verb.json,
            Self::ListBackups(verb) => verb.json,
            Self::Verify(verb) => verb.json,
            Self::Restore(verb) => verb.json,
        }
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
    fn what_is_not_there_yet_is_not_pretended() {
        for line in [
            "restore FILE --sessions",
            "restore FILE --partial",
            "emergency --yes",
            "restore",
        ] {
            let words = ["tsm-recovery"].into_iter().chain(line.split(' '));
            assert!(
                Args::try_parse_from(words).is_err_and(|error| error.exit_code() == 2),
                "{line}"
            );
        }
    }
}
