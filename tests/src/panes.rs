//! What the panes of a session look like, read in a way that no value can disturb.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use bstr::{BString, ByteSlice};

use crate::Environment;

const FIELDS: [&str; 12] = [
    "pane_id",
    "window_index",
    "pane_index",
    "pane_left",
    "pane_top",
    "pane_width",
    "pane_height",
    "pane_dead",
    "pane_pid",
    "pane_current_path",
    "pane_title",
    "pane_current_command",
];

/// One pane. Positions and sizes are in cells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "tmux's own words")]
pub struct PaneRow {
    /// Such as `%3`.
    pub id: String,
    /// The index of its window.
    pub window: u32,
    /// Its index in the window.
    pub pane: u32,
    pub left: u32,
    pub top: u32,
    pub width: u32,
    pub height: u32,
    pub dead: bool,
    /// 0 for a dead pane of tmux 3.8, which no longer tells.
    pub pid: u32,
    pub cwd: PathBuf,
    pub title: BString,
    /// The name of the program in the foreground.
    pub command: BString,
}

impl Environment {
    /// All panes of the session with exactly this name, by window and index.
    ///
    /// # Panics
    /// When there is no such session.
    #[track_caller]
    pub fn panes(&self, session: &str) -> Vec<PaneRow> {
        let format = FIELDS.map(|field| format!("#{{q:{field}}}|")).concat();
        let output = self.tmux(["list-panes", "-s", "-t", &format!("={session}:"), "-F", &format]);
        rows(&output)
    }
}

/// `q:` puts a backslash before every `|` of a value, so a bare one ends a field; and fields are counted, because
/// a value can hold a line feed.
fn rows(output: &[u8]) -> Vec<PaneRow> {
    let mut rest = output;
    let mut rows = Vec::new();
    while !rest.is_empty() {
        let row: [BString; FIELDS.len()] = std::array::from_fn(|_| field(&mut rest));
        rest = rest
            .strip_prefix(b"\n")
            .unwrap_or_else(|| panic!("no end of a row in {:?}", output.as_bstr()));
        rows.push(pane_row(row));
    }
    rows
}

fn pane_row(row: [BString; FIELDS.len()]) -> PaneRow {
    let [
        id,
        window,
        pane,
        left,
        top,
        width,
        height,
        dead,
        pid,
        cwd,
        title,
        command,
    ] = row;
    PaneRow {
        id: id.to_string(),
        window: number(&window),
        pane: number(&pane),
        left: number(&left),
        top: number(&top),
        width: number(&width),
        height: number(&height),
        dead: dead == "1",
        pid: if pid.is_empty() { 0 } else { number(&pid) },
        cwd: OsString::from_vec(cwd.into()).into(),
        title,
        command,
    }
}

fn number(value: &BString) -> u32 {
    value
        .to_str_lossy()
        .parse()
        .unwrap_or_else(|_| panic!("{value:?} is not a number"))
}

/// Takes one field off the front. Versions 3.4 to 3.5a escape their output once more: control characters as
/// `\n` or `\001`, and a `$` as `\\$` after `q:` has had it.
fn field(rest: &mut &[u8]) -> BString {
    let mut value = BString::default();
    loop {
        let (byte, length) = match **rest {
            [b'|', ..] => {
                *rest = &rest[1..];
                return value;
            }
            [b'\\', b'\\', b'$', ..] => (b'$', 3),
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..] => {
                ((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'), 4)
            }
            [b'\\', letter, ..] => (unescape(letter), 2),
            [byte, ..] => (byte, 1),
            [] => panic!("tmux printed an incomplete field: {value:?}"),
        };
        value.push(byte);
        *rest = &rest[length..];
    }
}

fn unescape(letter: u8) -> u8 {
    match letter {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'a' => 0x07,
        b'v' => 0x0b,
        b'f' => 0x0c,
        b's' => b' ',
        other => other,
    }
}
