//! The environment that tmux gives to the programs it starts.

use bstr::{BStr, BString, ByteSlice, ByteVec};

use super::{Arg, Command};
use crate::{DecodeError, SessionId};

/// Whose environment is meant. A pane gets the global one, over that its session's, over that its own `-e`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentScope {
    /// The server's, `-g`.
    Global,
    /// A session's.
    Session(SessionId),
}

/// A variable of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: BString,
    /// Its value; `None` is a variable marked as removed, which programs don't get, not even from above.
    pub value: Option<BString>,
}

impl EnvironmentScope {
    fn add_to(self, command: Command) -> Command {
        match self {
            Self::Global => command.flag("-g"),
            Self::Session(session) => command.target(session),
        }
    }
}

impl Command {
    /// `set-environment`: gives a variable a value, or marks it as removed (`-r`).
    pub fn set_environment(scope: EnvironmentScope, name: BString, value: Option<BString>) -> Self {
        let command = scope
            .add_to(Self::new("set-environment"))
            .flag_if(value.is_none(), "-r");
        command.operands([Arg::Plain(name)].into_iter().chain(value.map(Arg::Plain)))
    }

    /// `set-environment -u`: forgets a variable; the one from above shows again.
    pub fn unset_environment(scope: EnvironmentScope, name: BString) -> Self {
        scope
            .add_to(Self::new("set-environment").flag("-u"))
            .operands([Arg::Plain(name)])
    }

    /// `show-environment -s`, which [`Variable::parse_all`] reads.
    pub fn show_environment(scope: EnvironmentScope) -> Self {
        scope.add_to(Self::new("show-environment").flag("-s"))
    }
}

impl Variable {
    /// Reads what `show-environment -s` prints: `NAME="value"; export NAME;` and `unset NAME;`. Values may hold line feeds.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] where a line isn't of that form.
    pub fn parse_all(output: &[u8]) -> Result<Vec<Self>, DecodeError> {
        let mut variables = Vec::new();
        let mut rest = output.as_bstr();
        while !rest.is_empty() {
            let line_end = rest.find_byte(b'\n').unwrap_or(rest.len());
            if let Some(name) = rest.get(..line_end).and_then(|line| line.strip_prefix(b"unset ")) {
                variables.push(Self {
                    name: name.strip_suffix(b";").unwrap_or(name).into(),
                    value: None,
                });
                rest = rest.get(line_end + 1..).unwrap_or_default().as_bstr();
                continue;
            }
            let (name, quoted) = rest.split_once_str("=\"").ok_or(DecodeError::Truncated)?;
            let (value, after) = value(quoted)?;
            let end = bstr::concat([b"; export ".as_slice(), name, b";\n"]);
            rest = after
                .strip_prefix(end.as_slice())
                .ok_or(DecodeError::Truncated)?
                .as_bstr();
            variables.push(Self {
                name: name.into(),
                value: Some(value),
            });
        }
        Ok(variables)
    }
}

/// A value up to its closing quote. tmux puts a backslash before `$`, the backquote, `"` and `\`; 3.4 to 3.5a print
/// other bytes as escapes, which can't be mistaken since a backslash is always doubled.
fn value(text: &[u8]) -> Result<(BString, &BStr), DecodeError> {
    let mut value = BString::default();
    let mut rest = text;
    loop {
        match rest {
            [] => return Err(DecodeError::Truncated),
            [b'"', after @ ..] => return Ok((value, after.as_bstr())),
            [b'\\', ..] => {
                let (byte, after) = crate::format::escaped(rest).ok_or(DecodeError::Truncated)?;
                value.push_byte(byte);
                rest = after;
            }
            [byte, after @ ..] => {
                value.push_byte(*byte);
                rest = after;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_values_with_quotes_and_line_feeds() {
        let output = b"A=\"x\"; export A;\nB=\"a\\\"b\\$c\\\\d\n\\`e\"; export B;\nunset C;\nD=\"\"; export D;\n";
        let variables = Variable::parse_all(output).expect("variables");
        let read: Vec<(String, Option<String>)> = variables
            .iter()
            .map(|variable| {
                (
                    variable.name.to_string(),
                    variable.value.as_ref().map(ToString::to_string),
                )
            })
            .collect();
        let expected = [
            ("A", Some("x")),
            ("B", Some("a\"b$c\\d\n`e")),
            ("C", None),
            ("D", Some("")),
        ];
        assert_eq!(
            read,
            expected.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
        );
        assert!(Variable::parse_all(b"A=\"x").is_err());
    }
}
