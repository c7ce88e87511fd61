//! Text as a value that TOML and a POSIX shell read without either being able to do anything with it.
//!
//! | form | when | the shell sees |
//! |---|---|---|
//! | `"text"` | nothing in it is special to either | the text |
//! | `'text'` | no `'`, no control character | the text |
//! | `"te\u0024xt"` | else | the escapes, unresolved: wrong text, but inert |

use std::fmt::Write as _;

/// Appends `text` in the first form that can hold it.
pub(super) fn push_quoted(out: &mut String, text: &str) {
    let control = text.contains(char::is_control);
    if !control && !text.contains(['$', '`', '"', '\\']) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else if !control && !text.contains('\'') {
        out.push('\'');
        out.push_str(text);
        out.push('\'');
    } else {
        push_escaped(out, text);
    }
}

/// `text` in the first form that can hold it.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

/// A backslash followed by `u` is no escape in a shell, so that the only characters left that a shell would interpret
/// are the two quotes around.
fn push_escaped(out: &mut String, text: &str) {
    out.push('"');
    for char in text.chars() {
        if char.is_control() || matches!(char, '$' | '`' | '"' | '\\') {
            // Writing to a string doesn't fail; all these characters are below U+10000, so four digits do.
            let _infallible = write!(out, "\\u{:04X}", u32::from(char));
        } else {
            out.push(char);
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_form_is_used_where_it_must() {
        assert_eq!(quoted("claude-todo"), r#""claude-todo""#);
        assert_eq!(quoted("it's"), r#""it's""#);
        assert_eq!(quoted("$(id)"), "'$(id)'");
        assert_eq!(quoted(r"a\b"), r"'a\b'");
        assert_eq!(quoted("it's $HOME"), r#""it's \u0024HOME""#);
        assert_eq!(quoted("a\nb\u{7f}\u{9b}"), r#""a\u000Ab\u007F\u009B""#);
        assert_eq!(quoted(""), r#""""#);
    }

    proptest! {
        #[test]
        fn toml_reads_the_very_text(text in any::<String>()) {
            let line = format!("K={}", quoted(&text));
            prop_assert!(!line.contains('\n'));
            let table: toml::Table = line.parse().unwrap();
            prop_assert_eq!(table["K"].as_str(), Some(text.as_str()));
        }
    }
}
