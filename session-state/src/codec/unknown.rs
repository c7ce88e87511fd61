//! Keys that this version doesn't know: kept without letting a shell that sources the file have them.
//!
//! A file may come from a backup or another person. Were every unknown key an assignment, sourcing the file could set
//! `PATH` or `LD_PRELOAD`. So only `X_*` keys with a simple value are assignments; the others are comments of the form
//! `#: KEY = value`, which this module reads again.

use toml::{Table, Value};

use super::CodecError;
use super::bound::repeated;
use super::quote::{push_quoted, quoted};
use crate::UnknownKey;

/// How the line of an unknown key begins that is no assignment.
const COMMENT: &str = "#: ";

/// Appends the lines of `unknown`: the assignments, then the comments, each in the order of the keys.
pub(super) fn push_lines(out: &mut String, unknown: &[UnknownKey]) -> Result<(), CodecError> {
    let mut sorted: Vec<&UnknownKey> = unknown.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    if let Some(twice) = repeated(sorted.iter().map(|entry| entry.key.as_str())) {
        return Err(CodecError::Twice {
            what: format!("key {twice}"),
        });
    }
    for entry in &sorted {
        if parse(&key_text(&entry.key), &entry.value) != Some((entry.key.clone(), entry.value.clone())) {
            let expected = "a TOML value in its plainest form";
            return Err(CodecError::Value {
                key: entry.key.clone(),
                expected,
            });
        }
    }
    let (assigned, comments): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|entry| is_assignable(entry));
    for entry in assigned {
        out.extend([&entry.key, "=", &entry.value, "\n"]);
    }
    for entry in comments {
        out.extend([COMMENT, &key_text(&entry.key), " = ", &entry.value, "\n"]);
    }
    Ok(())
}

/// The unknown keys of a file: what is left of its table, and its comments; in the order of the keys.
///
/// A comment that is no key and value is somebody's remark, and is passed over.
pub(super) fn collect(left: Table, body: &str) -> Vec<UnknownKey> {
    let mut found: Vec<UnknownKey> = left
        .into_iter()
        .map(|(key, value)| UnknownKey {
            key,
            value: plain(&value),
        })
        .collect();
    let comments = body.lines().filter_map(|line| parse_line(line.strip_prefix(COMMENT)?));
    found.extend(comments.map(|(key, value)| UnknownKey { key, value }));
    // The sort is stable: of a key that is both, the assignment comes first and stays.
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found.dedup_by(|later, first| later.key == first.key);
    found
}

/// A TOML value on one line, in quotes that are inert in a shell.
pub(crate) fn plain(value: &Value) -> String {
    let mut out = String::new();
    push_plain(&mut out, value);
    out
}

// The depth is bounded by that of the parser that made the value.
fn push_plain(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => push_quoted(out, text),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            out.push_str(&value.to_string());
        }
        Value::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                out.push_str(if n == 0 { "" } else { ", " });
                push_plain(out, item);
            }
            out.push(']');
        }
        Value::Table(table) => {
            out.push('{');
            for (n, (key, item)) in table.iter().enumerate() {
                out.push_str(if n == 0 { " " } else { ", " });
                out.extend([&key_text(key), " = "]);
                push_plain(out, item);
            }
            out.push_str(if table.is_empty() { "}" } else { " }" });
        }
    }
}

/// Whether an entry may be an assignment: `X_[A-Z0-9_]+`, and a value that is one word to a shell. An array would be
/// an assignment followed by a command.
fn is_assignable(entry: &UnknownKey) -> bool {
    let name = entry.key.strip_prefix("X_").unwrap_or_default();
    let ours = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let one_word = match entry.value.as_bytes() {
        [b'"' | b'\'', ..] => true,
        word => word
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')),
    };
    !name.is_empty() && name.bytes().all(ours) && one_word
}

/// A key as TOML source text.
fn key_text(key: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !key.is_empty() && key.bytes().all(bare) {
        key.to_owned()
    } else {
        quoted(key)
    }
}

fn parse(key: &str, value: &str) -> Option<(String, String)> {
    parse_line(&format!("{key} = {value}"))
}

fn parse_line(line: &str) -> Option<(String, String)> {
    let mut entries = line.parse::<Table>().ok()?.into_iter();
    let (key, value) = entries.next()?;
    entries.next().is_none().then(|| (key, plain(&value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unknown(key: &str, value: &str) -> UnknownKey {
        UnknownKey {
            key: key.to_owned(),
            value: value.to_owned(),
        }
    }

    fn lines(entries: &[UnknownKey]) -> Result<String, CodecError> {
        let mut out = String::new();
        push_lines(&mut out, entries).map(|()| out)
    }

    #[test]
    fn only_simple_values_of_x_keys_are_assignments() {
        let entries = [
            unknown("LD_PRELOAD", r#""/tmp/evil.so""#),
            unknown("PATH", r#""/tmp""#),
            unknown("X_", "1"),
            unknown("X_A", r"'$(id)'"),
            unknown("X_B", "true"),
            unknown("X_LIST", r#"[1, "a"]"#),
            unknown("X_a", "1"),
            unknown("a b", "{ c = 1.5, d = [] }"),
        ];
        let text = lines(&entries).unwrap();
        let expected = "X_A='$(id)'\nX_B=true\n#: LD_PRELOAD = \"/tmp/evil.so\"\n#: PATH = \"/tmp\"\n#: X_ = 1\n\
                        #: X_LIST = [1, \"a\"]\n#: X_a = 1\n#: \"a b\" = { c = 1.5, d = [] }\n";
        assert_eq!(text, expected);
        assert_eq!(collect(text.parse().unwrap(), &text), entries);
    }

    #[test]
    fn what_is_no_plain_value_is_refused() {
        for value in ["1\nPATH = 2", "1 # x", "", "\"a\nb\"", "0x10", "$(id)", "1\n"] {
            assert!(
                matches!(lines(&[unknown("X_A", value)]), Err(CodecError::Value { .. })),
                "{value:?}"
            );
        }
        assert!(matches!(
            lines(&[unknown("A", "1"), unknown("A", "2")]),
            Err(CodecError::Twice { .. })
        ));
    }

    #[test]
    fn remarks_are_passed_over() {
        assert_eq!(collect(Table::new(), "#: a remark\n#: A = 1\n"), [unknown("A", "1")]);
    }
}
