//! Commands on sessions.

use std::path::PathBuf;

use bstr::BString;

use super::{Arg, Command};
use crate::path_bytes;
use crate::{RowFormat, SessionId, Target};

/// `new-session`: a detached session with one window and one pane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewSession {
    /// `-s`: the session's name.
    pub name: BString,
    /// `-n`: the window's name; `None` lets tmux name it after its program.
    pub window_name: Option<BString>,
    /// `-c`: the directory. It must exist: tmux silently takes another one otherwise.
    pub directory: PathBuf,
    /// `-x` and `-y`: columns and rows; `None` is tmux's `default-size`, 80x24.
    pub size: Option<(u32, u32)>,
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
        let mut command = Command::new("new-session")
            .flag("-d")
            .option("-s", Arg::Literal(self.name))
            .option("-c", Arg::Literal(path_bytes(&self.directory)));
        if let Some(name) = self.window_name {
            command = command.option("-n", Arg::Literal(name));
        }
        if let Some((width, height)) = self.size {
            command = command.option("-x", Arg::Plain(width.to_string().into()));
            command = command.option("-y", Arg::Plain(height.to_string().into()));
        }
        command = command.environment(self.environment).print(self.print);
        command.program(self.program)
    }
}

impl Command {
    /// `kill-session`: ends the session with all its windows.
    pub fn kill_session(session: SessionId) -> Self {
        Self::new("kill-session").target(session)
    }

    /// `rename-session`.
    pub fn rename_session(session: SessionId, name: BString) -> Self {
        Self::new("rename-session")
            .target(session)
            .operands([Arg::Literal(name)])
    }

    /// `set-option` for a user option (`@name`) of a session.
    ///
    /// tmux expands the *name* of an option as a format, so it is a fixed text; the value arrives as it is.
    pub fn set_user_option(session: impl Into<Target>, option: &'static str, value: BString) -> Self {
        Self::new("set-option")
            .target(session)
            .operands([Arg::Plain(option.into()), Arg::Plain(value)])
    }

    /// `display-message -p`: prints a row about a session.
    ///
    /// A session that doesn't exist gives a row of empty fields, with status 0.
    pub fn print_row(session: impl Into<Target>, row: &RowFormat) -> Self {
        Self::new("display-message")
            .flag("-p")
            .target(session)
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
