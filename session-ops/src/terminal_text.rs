//! Text as a terminal may have it: nothing that it would obey, nothing that wraps badly. Pure; who prints is the binaries.

pub mod columns;
pub mod usage;

use textwrap::{Options, WordSplitter, wrap};

/// Text without anything that a terminal would obey: control characters, and those that turn the direction of text.
pub fn safe(text: &str) -> String {
    let obeyed = |c: char| {
        c.is_control() || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// A sentence in lines that fit a terminal of this width, the second and further ones indented; without a width, or
/// where it fits, as it is. Broken between words only: a path or a command that is too long stays whole, for whoever
/// copies it.
pub fn wrapped(sentence: &str, width: Option<usize>) -> String {
    let text = sentence.trim_start_matches(' ');
    let first = " ".repeat(sentence.len() - text.len());
    let further = format!("{first}    ");
    lines(text, &first, &further, width).join("\n")
}

/// A text in lines that fit, with what stands before the first and before the others.
pub fn lines(text: &str, first: &str, further: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else {
        return vec![format!("{first}{text}")];
    };
    let options = Options::new(width)
        .initial_indent(first)
        .subsequent_indent(further)
        .word_splitter(WordSplitter::NoHyphenation)
        .break_words(false);
    wrap(text, options).into_iter().map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_obey_nothing_of_it() {
        assert_eq!(safe("a\x1b[31m\u{9b}é\u{202e}\n"), "a\\u{1b}[31m\\u{9b}é\\u{202e}\\n");
    }

    #[test]
    fn sentences_are_broken_between_words_only() {
        assert_eq!(wrapped("use --keep-last 1", None), "use --keep-last 1");
        assert_eq!(wrapped("use --keep-last 1", Some(17)), "use --keep-last 1");
        assert_eq!(wrapped("use --keep-last 1", Some(8)), "use\n    --keep-last\n    1");
        assert_eq!(wrapped("  pane 0.1: gone", Some(12)), "  pane 0.1:\n      gone");
        assert_eq!(wrapped("", Some(5)), "");
        assert_eq!(wrapped("日本 日本", Some(6)), "日本\n    日本");
    }
}
