//! Keeping tmux from reading names and directories as programs.
//!
//! tmux expands formats in many arguments (`-c`, `-n`, `-s`, `-T`, …) and runs `#(command)` found there, still in
//! 3.8: a directory called `#(touch x)` in a cloned repository is enough.

use bstr::{BString, ByteVec};

/// Escapes `text` so that format expansion gives exactly `text` back (tmux 3.2 and newer).
///
/// Each run of `#` is doubled, except one directly before `[`, which tmux passes through untouched as style syntax
/// (measured on 3.2a to 3.7c).
pub(crate) fn literal(text: &[u8]) -> BString {
    let mut escaped = BString::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some(start) = rest.iter().position(|byte| *byte == b'#') {
        let (before, from_run) = rest.split_at(start);
        let run = from_run.iter().take_while(|byte| **byte == b'#').count();
        let (hashes, after) = from_run.split_at(run);
        escaped.push_str(before);
        escaped.push_str(hashes);
        if after.first() != Some(&b'[') {
            escaped.push_str(hashes);
        }
        rest = after;
    }
    escaped.push_str(rest);
    escaped
}

/// Quotes one word for tmux's command language, as `source-file` and control mode read it.
///
/// Double quotes around, and every byte that means something inside them as three octal digits: no byte but NUL is
/// lost or read as syntax, on 3.0a to 3.8 (single quotes lose text after the byte 0xff).
pub(crate) fn quote(word: &[u8]) -> BString {
    let mut quoted = BString::new(Vec::with_capacity(word.len() + 2));
    quoted.push_byte(b'"');
    for byte in word {
        if byte.is_ascii_alphanumeric() || b" _-./:,=+@%^*()[]<>?!|&#;{}'".contains(byte) {
            quoted.push_byte(*byte);
        } else {
            quoted.push_str(format!("\\{byte:03o}"));
        }
    }
    quoted.push_byte(b'"');
    quoted
}

/// Protects a word of an argument vector: tmux takes a final `;` for the end of the command.
pub(crate) fn argument(word: &[u8]) -> BString {
    let mut argument = BString::from(word);
    if argument.last() == Some(&b';') {
        argument.pop();
        argument.push_str("\\;");
    }
    argument
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_double_except_before_a_bracket() {
        for (text, escaped) in [
            ("plain", "plain"),
            ("#(touch x)", "##(touch x)"),
            ("a#b", "a##b"),
            ("##", "####"),
            ("a#[b", "a#[b"),
            ("##[x]#", "##[x]##"),
            ("#{pane_id}", "##{pane_id}"),
            ("#", "##"),
            ("", ""),
        ] {
            assert_eq!(literal(text.as_bytes()), escaped, "{text}");
        }
    }

    #[test]
    fn quoting_leaves_no_syntax() {
        assert_eq!(quote(b"a b;$HOME'\"~\xff\n"), "\"a b;\\044HOME'\\042\\176\\377\\012\"");
    }

    #[test]
    fn a_final_semicolon_is_kept_from_ending_the_command() {
        assert_eq!(argument(b"x;"), "x\\;");
        assert_eq!(argument(b";"), "\\;");
        assert_eq!(argument(b"a;b"), "a;b");
    }
}
