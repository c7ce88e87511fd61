//! The log of what happened while nobody looked.

use std::io::Write;
use std::path::Path;

use session_lock::replace::open_append;

use crate::clock::{Clock, rfc3339};

/// Adds a line. Nobody is left to tell of a log that can't be written.
pub(crate) fn log(path: &Path, clock: Clock, text: &str) {
    let time = rfc3339(clock.now()).unwrap_or_default();
    let mut line = format!("{time} ");
    // Whatever it names was chosen by others, and stays on its line.
    for char in text.chars() {
        match char.is_control() {
            true => line.extend(char.escape_default()),
            false => line.push(char),
        }
    }
    line.push('\n');
    let _unlogged = open_append(path).map(|mut file| file.write_all(line.as_bytes()));
}
