//! Commands on sessions.

use std::path::PathBuf;

use bstr::BString;

use super::{Arg, Command};
use crate::{RowFormat, SessionId, Target};

/// `new-session`: a detached session with one window and one pane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewSession {
    /// `-s`: the session's name.
    pub name: BString,
    /// `-n`: the window's name; `None` lets tmux name it after its program.
    pub window_name: Option<BString>,
    /// `-c`: the directory; empty is the client's own. It must exist: tmux silently takes another one otherwise.
    pub directory: PathBuf,
    /// `-x` and `-y`: columns and rows; `None` is tmux's `default-size`, 80x24. 3.2a makes the first window 23 rows high
    /// whatever is asked for, until it gets a layout.
    pub size: Option<(u32, u32)>,
    /// `-t`: a session whose windows it shares; it has no program of its own then.
    pub group: Option<SessionId>,
    /// `-E`: the client's environment isn't copied, `update-environment` or not.
    pub keep_environment: bool,
    /// `-e`: additional environment.
    pub environment: Vec<(BString, BString)>,
    /// The program and its arguments; empty is the user's shell.
    pub program: Vec<BString>,
    /// `-P -F`: what to print of the new session.
    pub print: Option<String>,
}

impl NewSession {
    /// The command. It fails with [`Error::Exists`](crate::Error::Exists) if the name is taken.
    pub fn command(self) -> Command {
        Command::new("new-session")
            .flag("-d")
            .flag_if(self.keep_environment, "-E")
            .option("-s", Arg::Literal(self.name))
            .directory(self.directory)
            .optional("-n", self.window_name.map(Arg::Literal))
            .optional("-t", self.group.map(|session| Arg::Plain(session.to_string().into())))
            .optional_number("-x", self.size.map(|size| size.0))
            .optional_number("-y", self.size.map(|size| size.1))
            .environment(self.environment)
            .print(self.print)
            .program(self.program)
    }
}

impl Command {
    /// `kill-session`: ends the session with all its windows.
    pub fn kill_session(session: SessionId) -> Self {
        Self::new("kill-session").target(session)
    }

    /// `kill-session -a`: ends all sessions but this one.
    pub fn kill_other_sessions(session: SessionId) -> Self {
        Self::new("kill-session").flag("-a").target(session)
    }

    /// `kill-session -C`: clears the alerts of all its windows.
    pub fn clear_alerts(session: SessionId) -> Self {
        Self::new("kill-session").flag("-C").target(session)
    }

    /// `rename-session`. An empty name is refused by some versions only; [`Error::Refused`](crate::Error::Refused) then.
    pub fn rename_session(session: SessionId, name: BString) -> Self {
        Self::new("rename-session")
            .target(session)
            .operands([Arg::Literal(name)])
    }

    /// `has-session`: fails with [`Error::NotFound`](crate::Error::NotFound) if there is none.
    pub fn has_session(session: impl Into<Target>) -> Self {
        Self::new("has-session").target(session)
    }

    /// `set-option` for a user option (`@name`) of a session.
    ///
    /// tmux expands the *name* of an option as a format, so it is a fixed text; the value arrives as it is.
    pub fn set_user_option(session: impl Into<Target>, option: &'static str, value: BString) -> Self {
        Self::new("set-option")
            .target(session)
            .operands([Arg::Plain(option.into()), Arg::Plain(value)])
    }

    /// `display-message -p`: prints a row about a target.
    ///
    /// One that doesn't exist gives a row of empty fields, with status 0: put its id among the fields, and compare.
    pub fn print_row(target: impl Into<Target>, row: &RowFormat) -> Self {
        Self::new("display-message")
            .flag("-p")
            .target(target)
            .operands([Arg::Format(row.format().into())])
    }

    pub(crate) fn environment(self, environment: Vec<(BString, BString)>) -> Self {
        environment.into_iter().fold(self, |command, (mut name, value)| {
            name.push(b'=');
            name.extend_from_slice(&value);
            command.option("-e", Arg::Plain(name))
        })
    }

    pub(crate) fn print(self, format: Option<String>) -> Self {
        match format {
            Some(format) => self.flag("-P").option("-F", Arg::Format(format.into())),
            None => self,
        }
    }
}
