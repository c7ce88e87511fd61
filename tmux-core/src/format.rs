//! Reading lists: a format whose rows no name, title or directory can break, and the decoder for it.
//!
//! Each field goes out as `#{q:name}` and a bare `|` (ids, numbers and flags as `#{name}`, which costs tmux half as much). `q:` puts a backslash before every `|` and `\` of a value, so an
//! unescaped `|` can only be ours; what tmux 3.4 to 3.5a add on top (octal escapes) is recognisable without knowing
//! the version (0 of 524 hostile values wrong on fifteen versions, 2.9a to 3.8). Values may hold line feeds, so
//! fields are counted, not lines. Every row begins with a random tag: a user's `after-…` hook may print after our
//! rows, and what doesn't begin with the tag is its output.

use std::sync::Arc;

use bstr::{BString, ByteSlice, ByteVec};

/// One kind of row: its tag and its fields.
#[derive(Debug, Clone)]
pub struct RowFormat {
    tag: String,
    fields: Arc<[&'static str]>,
}

/// Output that isn't the rows that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The output ends inside a row.
    #[error("tmux's output ends inside a row")]
    Truncated,
    /// A row has more fields than were asked for: a `command-alias` of the user replaces tmux's command.
    #[error("tmux's output has a row of an unexpected form (is there a command-alias for a tmux command?)")]
    UnexpectedField,
    /// Fewer windows or panes than tmux says there are.
    #[error("tmux's output lacks the row of a {missing} (is there a command-alias for a tmux command?)")]
    Incomplete {
        /// `session`, `window` or `pane`.
        missing: &'static str,
    },
    /// A field holds what its kind can't.
    #[error("tmux's field {field} holds {value:?}")]
    BadValue {
        /// tmux's name of the field.
        field: &'static str,
        /// Its value, lossily.
        value: String,
    },
}

impl RowFormat {
    /// A row of these format variables, with a tag of its own.
    pub fn new(fields: impl Into<Arc<[&'static str]>>) -> Self {
        let tag = crate::tag::tag();
        Self {
            tag,
            fields: fields.into(),
        }
    }

    /// The argument of `-F`.
    pub fn format(&self) -> String {
        let mut format = format!("{}|", self.tag);
        for field in &*self.fields {
            format.push_str(if is_plain(field) { "#{" } else { "#{q:" });
            format.push_str(field);
            format.push_str("}|");
        }
        format
    }

    /// The rows of this kind in `output`; lines between them that are no rows are skipped.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Truncated`] or [`DecodeError::UnexpectedField`].
    pub fn decode(&self, output: &[u8]) -> Result<Vec<Row>, DecodeError> {
        let mut rows = Vec::new();
        let mut rest = output;
        while !rest.is_empty() {
            match rest
                .strip_prefix(self.tag.as_bytes())
                .and_then(|rest| rest.strip_prefix(b"|"))
            {
                Some(values) => {
                    let (row, after) = self.row(values)?;
                    rows.push(row);
                    rest = after;
                }
                None => {
                    rest = rest
                        .split_once_str("\n")
                        .map(|(_line, after)| after)
                        .unwrap_or_default();
                }
            }
        }
        Ok(rows)
    }

    fn row<'a>(&self, text: &'a [u8]) -> Result<(Row, &'a [u8]), DecodeError> {
        let mut values = Vec::with_capacity(self.fields.len());
        let mut rest = text;
        for _ in &*self.fields {
            let (value, after) = value(rest)?;
            values.push(value);
            rest = after;
        }
        match rest.split_first() {
            Some((b'\n', rest)) => Ok((
                Row {
                    fields: Arc::clone(&self.fields),
                    values,
                },
                rest,
            )),
            Some(_) => Err(DecodeError::UnexpectedField),
            None => Err(DecodeError::Truncated),
        }
    }
}

/// Whether a field is an id, a number or a flag, in which tmux never writes what `q:` would escape. Unknown ones aren't.
fn is_plain(field: &str) -> bool {
    const PLAIN: [&str; 36] = [
        "session_id",
        "session_attached",
        "session_created",
        "session_activity",
        "session_windows",
        "window_id",
        "window_index",
        "window_active",
        "window_last_flag",
        "window_zoomed_flag",
        "window_width",
        "window_height",
        "window_panes",
        "pane_id",
        "pane_index",
        "pane_left",
        "pane_top",
        "pane_width",
        "pane_height",
        "pane_active",
        "pane_dead",
        "pane_dead_status",
        "pane_dead_signal",
        "pane_floating_flag",
        "pane_pid",
        "history_size",
        "pane_in_mode",
        "client_pid",
        "client_width",
        "client_height",
        "client_activity",
        "client_control_mode",
        "pid",
        "start_time",
        "automatic-rename",
        "buffer_size",
    ];
    PLAIN.contains(&field)
}

/// One decoded row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    fields: Arc<[&'static str]>,
    values: Vec<BString>,
}

impl Row {
    /// The bytes of a field, empty if it wasn't asked for.
    pub fn bytes(&self, field: &str) -> BString {
        let index = self.fields.iter().position(|name| *name == field);
        index
            .and_then(|index| self.values.get(index))
            .cloned()
            .unwrap_or_default()
    }

    /// A number; an empty field is 0.
    ///
    /// # Errors
    ///
    /// [`DecodeError::BadValue`] if the field is no number of this type.
    pub fn number<T: std::str::FromStr + Default>(&self, field: &'static str) -> Result<T, DecodeError> {
        let bytes = self.bytes(field);
        if bytes.is_empty() {
            return Ok(T::default());
        }
        let number = bytes.to_str().ok().and_then(|text| text.parse().ok());
        number.ok_or_else(|| DecodeError::BadValue {
            field,
            value: bytes.to_string(),
        })
    }

    /// A number that may be missing: an empty field is none.
    ///
    /// # Errors
    ///
    /// [`DecodeError::BadValue`] if the field is no number of this type.
    pub fn optional_number<T: std::str::FromStr + Default>(
        &self,
        field: &'static str,
    ) -> Result<Option<T>, DecodeError> {
        if self.bytes(field).is_empty() {
            Ok(None)
        } else {
            self.number(field).map(Some)
        }
    }

    /// A flag: 0 and empty are false.
    pub fn flag(&self, field: &str) -> bool {
        let bytes = self.bytes(field);
        !bytes.is_empty() && bytes != "0"
    }

    /// A field read by `parse`, for example an id.
    ///
    /// # Errors
    ///
    /// [`DecodeError::BadValue`] if `parse` refuses it.
    pub fn read<T, E>(&self, field: &'static str, parse: impl FnOnce(&[u8]) -> Result<T, E>) -> Result<T, DecodeError> {
        let bytes = self.bytes(field);
        parse(&bytes).map_err(|_refused| DecodeError::BadValue {
            field,
            value: bytes.to_string(),
        })
    }
}

/// The byte that the backslash at the front of `text` stands for, and what follows. The same for all versions, because a
/// literal backslash is always doubled.
pub(crate) fn escaped(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        // 3.4 escapes the `$` that `q:` already escaped.
        [b'\\', b'\\', b'$', after @ ..] => Some((b'$', after)),
        [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..] => {
            Some(((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), after))
        }
        [b'\\', escaped, after @ ..] => {
            let byte = match escaped {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'b' => 0x08,
                b'v' => 0x0b,
                b'a' => 0x07,
                b'f' => 0x0c,
                b's' => b' ',
                other => *other,
            };
            Some((byte, after))
        }
        _ => None,
    }
}

/// One value up to its unescaped `|`, and what follows that.
fn value(text: &[u8]) -> Result<(BString, &[u8]), DecodeError> {
    let mut value = BString::default();
    let mut rest = text;
    loop {
        match rest {
            [] | [b'\\'] => return Err(DecodeError::Truncated),
            [b'|', after @ ..] => return Ok((value, after)),
            [b'\\', ..] => {
                let (byte, after) = escaped(rest).ok_or(DecodeError::Truncated)?;
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
    use proptest::prelude::*;

    use super::*;

    const FIELDS: &[&str] = &["session_name", "pane_title"];

    fn decode(format: &RowFormat, rows: &str) -> Vec<Vec<BString>> {
        let output = rows.replace("TAG", &format.tag);
        format
            .decode(output.as_bytes())
            .expect("rows")
            .into_iter()
            .map(|row| row.values)
            .collect()
    }

    #[test]
    fn values_may_hold_anything() {
        let format = RowFormat::new(FIELDS);
        let rows = decode(&format, "TAG|a\\|b|line\nfeed|\nTAG||\\\\037|\n");
        assert_eq!(rows, [["a|b", "line\nfeed"], ["", "\\037"]]);
    }

    #[test]
    fn what_3_4_adds_is_taken_off() {
        let format = RowFormat::new(FIELDS);
        // `a\$HOME` as 3.4 prints it after `q:`, then an escape character, then a tab by name.
        assert_eq!(
            decode(&format, "TAG|a\\\\\\\\$HOME|\\033\\t|\n"),
            [["a\\$HOME", "\x1b\t"]]
        );
    }

    #[test]
    fn the_output_of_hooks_between_rows_is_skipped() {
        let format = RowFormat::new(FIELDS);
        assert_eq!(
            decode(&format, "hook\nTAG|a|b|\nTAG|c|d|\nhook\noutput"),
            [["a", "b"], ["c", "d"]]
        );
        assert_eq!(decode(&format, "").len(), 0);
    }

    #[test]
    fn half_a_row_is_an_error() {
        let format = RowFormat::new(FIELDS);
        for (text, error) in [
            ("|a|b|", DecodeError::Truncated),
            ("|a|b", DecodeError::Truncated),
            ("|a|b\\", DecodeError::Truncated),
            ("|a|b|c|\n", DecodeError::UnexpectedField),
        ] {
            assert_eq!(
                format.decode(format!("{}{text}", format.tag).as_bytes()).unwrap_err(),
                error,
                "{text}"
            );
        }
    }

    /// What each version prints for a value in our format, by the rules that were measured on it.
    fn printed_by(version: &str, value: &[u8]) -> Vec<u8> {
        let mut quoted = Vec::new();
        for byte in value {
            let special = b"|&;<>()$`\\\"'*?[# =%".contains(byte) || version == "3.8" && b"\n\t".contains(byte);
            quoted.extend(special.then_some(b'\\'));
            quoted.push(*byte);
        }
        if !["3.4", "3.5a"].contains(&version) {
            return quoted;
        }
        let mut printed = Vec::new();
        for chunk in quoted.utf8_chunks() {
            for char in chunk.valid().chars() {
                match char {
                    '\r' => printed.extend(b"\\r"),
                    '\t' | '\n' => printed.push(char as u8),
                    char if char.is_ascii_control() => printed.extend(format!("\\{:03o}", char as u32).bytes()),
                    char => printed.extend(char.to_string().bytes()),
                }
            }
            for byte in chunk.invalid() {
                printed.extend(format!("\\{byte:03o}").bytes());
            }
        }
        if version == "3.4" {
            let mut escaped = Vec::new();
            for (n, byte) in printed.iter().enumerate() {
                let next = printed.get(n + 1).copied().unwrap_or_default();
                let name = next.is_ascii_alphabetic() || next == b'_' || next == b'{';
                escaped.extend((*byte == b'$' && name).then_some(b'\\'));
                escaped.push(*byte);
            }
            return escaped;
        }
        printed
    }

    proptest! {
        #[test]
        fn one_decoder_reads_what_every_version_prints(
            value in prop_oneof![
                proptest::collection::vec(any::<u8>().prop_filter("NUL ends a value", |byte| *byte > 0), 0..40),
                "[$\\\\a-c_{|\t\n\r0-7é]{0,20}".prop_map(String::into_bytes),
            ]
        ) {
            for version in ["3.2a", "3.3a", "3.4", "3.5a", "3.6b", "3.7c", "3.8"] {
                let format = RowFormat::new(["session_name"].as_slice());
                let output = [format.tag.as_bytes(), b"|", &printed_by(version, &value), b"|\n"].concat();
                let rows = format.decode(&output).expect("a row");
                prop_assert_eq!(rows[0].bytes("session_name"), value.as_bstr(), "{}", version);
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let format = RowFormat::new(FIELDS);
            let output = [format.tag.as_bytes(), b"|", &bytes].concat();
            // Either outcome is right; it must only end.
            let _either = format.decode(&output);
        }
    }
}
