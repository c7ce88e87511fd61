//! One command of tmux: its verb and its words, each of a kind that says whether tmux expands it.

mod client;
mod pane;
mod session;
mod window;

use bstr::{BString, ByteVec};

use crate::Target;
use crate::escape;

pub use client::SwitchClient;
pub use pane::SplitWindow;
pub use session::NewSession;
pub use window::NewWindow;

/// A value for a command, by what tmux does to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// Text for a position where tmux expands formats; arrives as it is.
    Literal(BString),
    /// A format that tmux is meant to expand.
    Format(BString),
    /// Text for a position where tmux expands nothing (targets, values of options, programs).
    Plain(BString),
}

impl Arg {
    fn into_word(self) -> BString {
        match self {
            Self::Literal(text) => escape::literal(&text),
            Self::Format(text) | Self::Plain(text) => text,
        }
    }
}

/// A command, ready to be sent by itself or in a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    words: Vec<BString>,
}

impl Command {
    /// A command by its full name, `list-panes`; aliases of tmux and of the user are not for programs.
    pub fn new(verb: &'static str) -> Self {
        Self {
            words: vec![verb.into()],
        }
    }

    /// Adds `-d` and the like.
    #[must_use]
    pub fn flag(mut self, flag: &'static str) -> Self {
        self.words.push(flag.into());
        self
    }

    /// Adds the flag if `wanted`.
    #[must_use]
    pub fn flag_if(self, wanted: bool, flag: &'static str) -> Self {
        if wanted { self.flag(flag) } else { self }
    }

    /// Adds `-c VALUE` and the like.
    #[must_use]
    pub fn option(self, flag: &'static str, value: Arg) -> Self {
        let mut command = self.flag(flag);
        command.words.push(value.into_word());
        command
    }

    /// Adds `-t TARGET`.
    #[must_use]
    pub fn target(self, target: impl Into<Target>) -> Self {
        let target = target.into().to_bytes();
        self.option("-t", Arg::Plain(target))
    }

    /// Adds the words that are no flags, after `--`.
    #[must_use]
    pub fn operands(mut self, operands: impl IntoIterator<Item = Arg>) -> Self {
        let mut operands = operands.into_iter().peekable();
        if operands.peek().is_some() {
            self.words.push("--".into());
            self.words.extend(operands.map(Arg::into_word));
        }
        self
    }

    /// The program of a pane as an argument vector: tmux starts it without a shell.
    ///
    /// A single word would be handed to `sh -c`, so a program without arguments goes through `env`.
    #[must_use]
    pub(crate) fn program(self, program: Vec<BString>) -> Self {
        let lonely = program.len() == 1;
        let prefix = lonely.then(|| Arg::Plain("/usr/bin/env".into()));
        self.operands(prefix.into_iter().chain(program.into_iter().map(Arg::Plain)))
    }

    /// This command, run only if `condition`, a format, is true of the target; nothing comes between the two. A target
    /// that doesn't exist makes nothing true.
    #[must_use]
    pub fn when(self, target: impl Into<Target>, condition: String) -> Self {
        Self::new("if-shell")
            .flag("-F")
            .target(target)
            .operands([Arg::Format(condition.into()), Arg::Plain(self.to_line())])
    }

    /// tmux's name of the command.
    pub fn verb(&self) -> String {
        self.words.first().map(ToString::to_string).unwrap_or_default()
    }

    /// The words as tmux shall see them, the verb first.
    pub fn words(&self) -> &[BString] {
        &self.words
    }

    /// The command in tmux's own language, for `source-file` and control mode.
    pub fn to_line(&self) -> BString {
        let mut line = BString::default();
        for (n, word) in self.words.iter().enumerate() {
            if n > 0 {
                line.push_byte(b' ');
            }
            line.push_str(escape::quote(word));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PaneId, SessionId};

    #[test]
    fn only_literals_are_escaped() {
        let command = Command::new("new-window")
            .option("-c", Arg::Literal("/tmp/#(touch x)".into()))
            .option("-F", Arg::Format("#{pane_id}".into()))
            .target(PaneId(3))
            .operands([Arg::Plain("#(id)".into())]);
        let words: Vec<_> = command.words().iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "new-window",
                "-c",
                "/tmp/##(touch x)",
                "-F",
                "#{pane_id}",
                "-t",
                "%3",
                "--",
                "#(id)"
            ]
        );
    }

    #[test]
    fn a_lonely_program_is_kept_from_the_shell() {
        let command = Command::new("new-window")
            .target(SessionId(1))
            .program(vec!["vi; id".into()]);
        assert_eq!(
            command.to_line(),
            r#""new-window" "-t" "\0441" "--" "/usr/bin/env" "vi; id""#
        );
    }
}
