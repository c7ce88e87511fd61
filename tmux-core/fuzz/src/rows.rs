//! Rows of a format.

use bstr::BString;
use tmux_core::RowFormat;

use crate::memory::bounded;

const FIELDS: [&str; 3] = ["session_name", "pane_title", "pane_current_path"];

/// What stands for the format's random tag in the input.
const TAG: u8 = 0xff;

pub fn check(data: &[u8]) {
    let format = RowFormat::new(FIELDS);
    let tag = format.format().split('|').next().unwrap_or_default().to_owned();
    let output: Vec<u8> = data
        .iter()
        .flat_map(|byte| match *byte {
            TAG => tag.as_bytes().to_vec(),
            other => vec![other],
        })
        .collect();
    bounded(output.len(), 128, || drop(format.decode(&output)));
    round_trip(&format, &tag, data);
}

/// Values as tmux prints them come out as they were. Zero bytes part the values; tmux has none in them.
fn round_trip(format: &RowFormat, tag: &str, data: &[u8]) {
    let values: Vec<&[u8]> = data.split(|byte| *byte == 0).collect();
    let rows = values.chunks_exact(FIELDS.len());
    let mut output = Vec::new();
    for row in rows.clone() {
        output.extend([tag.as_bytes(), b"|"].concat());
        for value in row {
            output.extend(quoted(value));
            output.push(b'|');
        }
        output.push(b'\n');
    }
    let decoded = format.decode(&output).expect("rows as tmux prints them");
    assert_eq!(decoded.len(), rows.len());
    for (decoded, row) in decoded.iter().zip(rows) {
        for (field, value) in FIELDS.iter().zip(row) {
            assert_eq!(decoded.bytes(field), BString::from(*value), "{field}");
        }
    }
}

/// What `#{q:…}` does (`format_quote_shell` in format.c).
fn quoted(value: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::new();
    for byte in value {
        if b"|&;<>()$`\\\"'*?[# =%".contains(byte) {
            quoted.push(b'\\');
        }
        quoted.push(*byte);
    }
    quoted
}
