//! How much a state may hold, so that no file can exhaust memory.

use super::CodecError;
use crate::SessionState;

/// The largest state file, in bytes.
pub const MAX_FILE: usize = 16 * 1024 * 1024;
/// The most windows of a session.
pub const MAX_WINDOWS: usize = 500;
/// The most panes of a session.
pub const MAX_PANES: usize = 2000;

/// Fails if `count` things are more than `max`.
pub(super) fn at_most(what: &'static str, count: usize, max: usize) -> Result<(), CodecError> {
    if count > max {
        Err(CodecError::TooMany { what, count, max })
    } else {
        Ok(())
    }
}

/// Fails if a state has too many windows or panes.
pub(super) fn check(state: &SessionState) -> Result<(), CodecError> {
    at_most("windows", state.windows.len(), MAX_WINDOWS)?;
    at_most("panes", state.panes().count(), MAX_PANES)
}

/// A value that occurs more than once.
pub(super) fn repeated<T: Ord + Copy>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut sorted: Vec<T> = values.into_iter().collect();
    sorted.sort_unstable();
    sorted.windows(2).find_map(|pair| match pair {
        [first, second] if first == second => Some(*first),
        _ => None,
    })
}
