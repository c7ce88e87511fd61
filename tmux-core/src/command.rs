//! One command of tmux: its verb and its words, each of a kind that says whether tmux expands it.

mod buffer;
mod capture;
mod client;
mod environment;
mod hook;
mod keys;
mod option;
mod pane;
mod session;
mod shell;
mod window;

use std::fmt::Display;
use std::path::PathBuf;

use bstr::BString;

use crate::escape;
use crate::{PaneId, Target};

pub use buffer::PasteBuffer;
pub use capture::{CapturePane, Line};
pub use client::SwitchClient;
pub use environment::{EnvironmentScope, Variable};
pub use hook::HookEntry;
pub use keys::{Key, KeyCode};
pub use option::{OptionName, OptionScope, OptionValue};
pub use pane::{BreakPane, Direction, JoinPane, RespawnPane, Size, SplitWindow};
pub use session::NewSession;
pub use shell::WaitFor;
pub use window::{LayoutName, NewWindow, RespawnWindow, WindowPlace};

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
    /// What the last word, `-`, stands for.
    input: Option<Vec<u8>>,
    /// The commands that this one, an `if-shell -F`, runs.
    nested: Option<Box<Nested>>,
    /// Directories that must be there: tmux takes another one than a missing one, without a word.
    directories: Vec<PathBuf>,
    /// A text that it prints for this crate to find.
    mark: Option<String>,
}

/// A condition, and what depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Nested {
    target: BString,
    condition: BString,
    then: Vec<Command>,
    otherwise: Vec<Command>,
    /// Whether what follows in its group depends on the condition too, and stands in `otherwise`. A failure inside an
    /// `if-shell` doesn't stop what comes after it.
    holds_back: bool,
}

/// tmux says that it can't find this session if a pane is in a mode.
pub(crate) const PANE_IN_MODE: &str = "pane-in-a-mode";

impl Nested {
    /// Everything that may run.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &Command> {
        self.then.iter().chain(&self.otherwise)
    }

    fn into_command(self, print: fn(&Command) -> BString) -> Command {
        let line = |commands: &[Command]| Arg::Plain(joined(commands, print));
        let otherwise = (!self.otherwise.is_empty()).then(|| line(&self.otherwise));
        let command = Command::new("if-shell").flag("-F").target_bytes(self.target.clone());
        let condition = Arg::Format(self.condition.clone());
        let mut command = command.operands([condition, line(&self.then)].into_iter().chain(otherwise));
        command.directories = self.commands().flat_map(|inner| inner.directories.clone()).collect();
        command.nested = Some(Box::new(self));
        command
    }
}

/// Commands as one line; `;` stops at the first error.
pub(crate) fn joined(commands: &[Command], print: fn(&Command) -> BString) -> BString {
    let lines: Vec<BString> = commands.iter().map(print).collect();
    bstr::join(" ; ", lines).into()
}

/// A group in which what follows a command that holds back stands inside that.
pub(crate) fn arranged(commands: &[Command], print: fn(&Command) -> BString) -> Vec<Command> {
    let mut rest: Vec<Command> = Vec::with_capacity(commands.len());
    for command in commands.iter().rev() {
        match &command.nested {
            Some(nested) if nested.holds_back => {
                let mut nested = nested.as_ref().clone();
                nested.otherwise.extend(rest.drain(..).rev());
                rest.push(nested.into_command(print));
            }
            _ => rest.push(command.clone()),
        }
    }
    rest.reverse();
    rest
}

impl Command {
    /// A command by its full name, `list-panes`; aliases of tmux and of the user are not for programs.
    pub fn new(verb: &'static str) -> Self {
        Self {
            words: vec![verb.into()],
            input: None,
            nested: None,
            directories: Vec::new(),
            mark: None,
        }
    }

    /// Prints a text of this crate, by which it sees how far a call came.
    pub(crate) fn mark(text: String) -> Self {
        let word = Arg::Plain(text.as_str().into());
        let mut command = Self::new("display-message").flag("-p").operands([word]);
        command.mark = Some(text);
        command
    }

    /// The texts of the marks that it prints, if all goes well.
    pub(crate) fn marks(&self) -> Vec<&str> {
        match &self.nested {
            Some(nested) => nested.otherwise.iter().flat_map(Self::marks).collect(),
            None => self.mark.as_deref().into_iter().collect(),
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
        self.target_bytes(target.into().to_bytes())
    }

    /// Adds `-s SOURCE`.
    #[must_use]
    pub fn source(self, source: impl Into<Target>) -> Self {
        let source = source.into().to_bytes();
        self.option("-s", Arg::Plain(source))
    }

    pub(crate) fn target_bytes(self, target: BString) -> Self {
        self.option("-t", Arg::Plain(target))
    }

    /// Adds `-x 80` and the like.
    #[must_use]
    pub(crate) fn number(self, flag: &'static str, number: impl Display) -> Self {
        self.option(flag, Arg::Plain(number.to_string().into()))
    }

    #[must_use]
    pub(crate) fn optional(self, flag: &'static str, value: Option<Arg>) -> Self {
        match value {
            Some(value) => self.option(flag, value),
            None => self,
        }
    }

    #[must_use]
    pub(crate) fn optional_number(self, flag: &'static str, number: Option<impl Display>) -> Self {
        match number {
            Some(number) => self.number(flag, number),
            None => self,
        }
    }

    /// Adds `-` as the last word, and what it stands for.
    pub(crate) fn reads(mut self, input: Vec<u8>) -> Self {
        self.words.push("-".into());
        self.input = Some(input);
        self
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
    ///
    /// If it runs and fails, the call is an error, but what follows it in its group runs all the same.
    #[must_use]
    pub fn when(self, target: impl Into<Target>, condition: String) -> Self {
        let nested = Nested {
            target: target.into().to_bytes(),
            condition: condition.into(),
            then: vec![self],
            otherwise: Vec::new(),
            holds_back: false,
        };
        nested.into_command(Self::to_line)
    }

    /// These commands and all that follow in their group, unless the pane is in a mode, where keys mean something else and
    /// can open a prompt on a client that nobody sees (which then never answers again). One call, so nothing comes between.
    pub(crate) fn outside_modes(pane: PaneId, commands: Vec<Self>) -> Self {
        let nested = Nested {
            target: pane.to_string().into(),
            condition: "#{pane_in_mode}".into(),
            then: vec![Self::new("has-session").target_bytes(format!("={PANE_IN_MODE}:").into())],
            otherwise: commands,
            holds_back: true,
        };
        nested.into_command(Self::to_line)
    }

    /// This command and then `mark`, which runs only if it came through.
    pub(crate) fn then(self, mark: Self) -> Vec<Self> {
        let Some(nested) = self.nested else {
            return vec![self, mark];
        };
        let mut nested = *nested;
        if !nested.holds_back {
            nested.then.push(mark.clone());
        }
        nested.otherwise.push(mark);
        vec![nested.into_command(Self::to_line)]
    }

    /// The commands that it runs, if it is an `if-shell` of this crate.
    pub(crate) fn nested(&self) -> Option<&Nested> {
        self.nested.as_deref()
    }

    /// Adds `-c`, unless it is empty.
    pub(crate) fn directory(mut self, directory: PathBuf) -> Self {
        if directory.as_os_str().is_empty() {
            return self;
        }
        let word = Arg::Literal(crate::path_bytes(&directory));
        self.directories.push(directory);
        self.option("-c", word)
    }

    /// The directories that must be there.
    pub(crate) fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// `if-shell -F`: a line of tmux's language if the format is true, else another one.
    pub(crate) fn if_shell_format(condition: BString, then: BString, otherwise: Option<BString>) -> Self {
        let otherwise = otherwise.map(Arg::Plain);
        Self::new("if-shell")
            .flag("-F")
            .operands([Arg::Format(condition), Arg::Plain(then)].into_iter().chain(otherwise))
    }

    /// tmux's name of the command.
    pub fn verb(&self) -> String {
        self.words.first().map(ToString::to_string).unwrap_or_default()
    }

    /// The words as tmux shall see them, the verb first.
    pub fn words(&self) -> &[BString] {
        &self.words
    }

    /// What it reads from standard input.
    pub(crate) fn input(&self) -> Option<&[u8]> {
        self.input.as_deref()
    }

    /// Whether it changes nothing, so that it can be sent again when its answer was lost.
    pub fn is_reading(&self) -> bool {
        if let Some(nested) = &self.nested {
            return nested.commands().all(Self::is_reading);
        }
        let prints = || self.words.iter().any(|word| word == "-p");
        match self.verb().as_str() {
            "capture-pane" | "display-message" => prints(),
            "has-session" | "save-buffer" | "show-buffer" => true,
            verb => verb.starts_with("list-") || (verb.starts_with("show-") && verb != "show-prompt-history"),
        }
    }

    /// The command in tmux's own language, for `source-file` and control mode. It stands for itself: what it reads from
    /// standard input is written out.
    pub fn to_line(&self) -> BString {
        let Some(input) = &self.input else {
            return self.to_client_line();
        };
        if self.verb() == "source-file" {
            return sourced(input);
        }
        let flags = self.words.get(1..self.words.len() - 1).unwrap_or_default();
        let words = [BString::from("set-buffer")].into_iter().chain(flags.iter().cloned());
        quoted(words.chain(["--".into(), input.clone().into()]))
    }

    /// The same as a client with a standard input sends it.
    pub(crate) fn to_client_line(&self) -> BString {
        quoted(self.words.iter().cloned())
    }
}

/// What a file of commands says, in one line: an `if-shell` that is always true runs it as it is.
fn sourced(commands: &[u8]) -> BString {
    Command::if_shell_format("1".into(), commands.into(), None).to_client_line()
}

fn quoted(words: impl Iterator<Item = BString>) -> BString {
    let words: Vec<BString> = words.map(|word| escape::quote(&word)).collect();
    bstr::join(" ", words).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionId;

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
