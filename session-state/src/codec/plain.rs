//! The keys of a file in the plainest form that tsm writes: a key and a value on a line. A file whose digest matches is
//! nearly always all in this form, and is read a good deal faster so.

use toml::{Table, Value};

/// The keys of `body`, or `None` if any line of it is in another form, which the parser of TOML then reads: what this
/// reads, that one reads alike.
pub(super) fn table(body: &str) -> Option<Table> {
    let mut table = Table::new();
    for line in body.lines() {
        if line.starts_with('#') && is_printable(line) {
            continue;
        }
        let (key, text) = line.split_once('=')?;
        let bare = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if key.is_empty() || !key.bytes().all(bare) || table.insert(key.to_owned(), value(text)?).is_some() {
            return None;
        }
    }
    Some(table)
}

fn value(text: &str) -> Option<Value> {
    Some(match text.as_bytes() {
        [b'"', within @ .., b'"'] if within.iter().all(|byte| !matches!(byte, b'"' | b'\\')) => string(text)?,
        [b'\'', within @ .., b'\''] if within.iter().all(|byte| *byte != b'\'') => string(text)?,
        b"true" => Value::Boolean(true),
        b"false" => Value::Boolean(false),
        b"0" => Value::Integer(0),
        // Without a sign, and without a zero in front, which TOML's decimals can't have.
        [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => Value::Integer(text.parse().ok()?),
        _ => return None,
    })
}

/// What is between two quotes, in which nothing is escaped.
fn string(text: &str) -> Option<Value> {
    let within = text.get(1..text.len().checked_sub(1)?)?;
    is_printable(within).then(|| Value::String(within.to_owned()))
}

/// Without the control characters that TOML allows nowhere, and the tab.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| byte >= b' ' && byte != 0x7f)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::quote::quoted;
    use super::*;

    #[test]
    fn all_plain_forms_are_read() {
        let body = "A=\"a b\"\nB='$x \"'\nC=true\nD=false\nE=0\nF=120\nG=\"\"\n# end\n#: k = 1\n";
        assert_eq!(table(body), Some(body.parse().unwrap()));
        assert_eq!(table(body).unwrap().len(), 7);
    }

    #[test]
    fn every_other_form_is_left_to_toml() {
        for line in [
            "A=\"\\u0024\"",
            "A=-1",
            "A=007",
            "A=99999999999999999999",
            "A=1.5",
            "A=[1]",
            "A=\"",
            "A='",
            "A=",
            "A=\"a\" # remark",
            "A = 1",
            "a=1",
            "\"A\"=1",
            "[A]",
            "=1",
            "",
            "A=1\nA=2",
            "A=\"\"\"",
            "A='''a'''",
            "A=\"a\tb\"",
            "A=\"\u{7f}\"",
            "# \u{7f}",
        ] {
            assert_eq!(table(&format!("{line}\n")), None, "{line}");
        }
    }

    proptest! {
        /// Whatever lines there are: what is read is what TOML reads.
        #[test]
        fn nothing_is_read_otherwise(
            lines in prop::collection::vec(
                r#"[A-C_]{0,2}[= ]?["']{0,3}[^\n]{0,3}[$\\]{0,2}[0-9+.-]{0,3}["']{0,3}"#,
                0..4
            )
        ) {
            let body = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            if let Some(table) = table(&body) {
                prop_assert_eq!(Some(table), body.parse().ok());
            }
        }

        #[test]
        fn what_is_written_plainly_is_read(text in "\\PC{0,20}", number in 0..=i64::MAX) {
            let body = format!("A={}\nB={number}\n", quoted(&text));
            match table(&body) {
                Some(read) => prop_assert_eq!(Some(read), body.parse().ok()),
                None => prop_assert!(body.contains("\\u")),
            }
        }
    }
}
