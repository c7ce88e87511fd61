//! The last lines of the log.

use std::path::Path;

use crate::log::tail;

/// The last lines, the latest last; none if there is no log or it can't be read.
pub(super) fn lines(path: &Path, count: usize) -> Vec<String> {
    let lines = tail(path, count).map(|tail| tail.lines).unwrap_or_default();
    let text = |line: &Vec<u8>| String::from_utf8_lossy(line).into_owned();
    lines.iter().map(text).collect()
}
