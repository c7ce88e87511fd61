//! Options.

use std::fmt;

use bstr::BString;

use super::{Arg, Command};
use crate::Target;

/// Whose options are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionScope {
    /// The server's, `-s`.
    Server,
    /// What sessions have unless they set it, `-g`.
    GlobalSession,
    /// A session's.
    Session(Target),
    /// What windows have unless they set it, `-gw`.
    GlobalWindow,
    /// A window's, `-w`.
    Window(Target),
    /// A pane's, `-p`.
    Pane(Target),
}

/// An option's name, `@name` for a user's own, with `[7]` for a place in an array.
///
/// tmux expands this name as a format, so that one with `#(…)` in it would run a program: only letters, digits, `-`, `_`
/// and a leading `@` are names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OptionName(String);

/// How an option is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OptionValue {
    /// This value, as it is.
    Set(BString),
    /// This value, if it has none yet (`-o`).
    SetIfUnset(BString),
    /// Appended to the one there is (`-a`).
    Append(BString),
    /// What this format gives (`-F`).
    Expand(BString),
    /// The default, or for a user option none (`-u`).
    Unset,
}

impl OptionName {
    /// `None` for what is no name.
    pub fn new(name: impl Into<String>) -> Option<Self> {
        let name = name.into();
        let (base, index) = match name.split_once('[') {
            Some((base, rest)) => (base, rest.strip_suffix(']')?),
            None => (name.as_str(), "0"),
        };
        let word = base.strip_prefix('@').unwrap_or(base);
        let letters = word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let valid = letters && !word.is_empty() && !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
        valid.then_some(Self(name))
    }

    fn word(&self) -> Arg {
        Arg::Plain(self.0.as_str().into())
    }
}

impl fmt::Display for OptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl OptionScope {
    pub(super) fn add_to(self, command: Command) -> Command {
        match self {
            Self::Server => command.flag("-s"),
            Self::GlobalSession => command.flag("-g"),
            Self::Session(target) => command.target(target),
            Self::GlobalWindow => command.flag("-g").flag("-w"),
            Self::Window(target) => command.flag("-w").target(target),
            Self::Pane(target) => command.flag("-p").target(target),
        }
    }
}

impl Command {
    /// `set-option`.
    pub fn set_option(scope: OptionScope, name: &OptionName, value: OptionValue) -> Self {
        let command = scope.add_to(Self::new("set-option"));
        let (command, value) = match value {
            OptionValue::Set(value) => (command, Some(Arg::Plain(value))),
            OptionValue::SetIfUnset(value) => (command.flag("-o"), Some(Arg::Plain(value))),
            OptionValue::Append(value) => (command.flag("-a"), Some(Arg::Plain(value))),
            OptionValue::Expand(format) => (command.flag("-F"), Some(Arg::Format(format))),
            OptionValue::Unset => (command.flag("-u"), None),
        };
        command.operands([name.word()].into_iter().chain(value))
    }

    /// `show-options -v`: prints the value; with `inherited` (`-A`) also one that comes from above. An option that isn't
    /// set prints nothing (`-q`).
    pub fn show_option(scope: OptionScope, name: &OptionName, inherited: bool) -> Self {
        scope
            .add_to(Self::new("show-options").flag("-q").flag("-v").flag_if(inherited, "-A"))
            .operands([name.word()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_words_are_names() {
        for name in ["status", "@tsm_id", "update-environment[3]", "default-shell"] {
            assert!(OptionName::new(name).is_some(), "{name}");
        }
        for name in ["", "@", "#(id)", "a b", "a[", "a[]", "a[x]", "a]", "é", "-x;y", "a[1]b"] {
            assert!(OptionName::new(name).is_none(), "{name}");
        }
    }
}
