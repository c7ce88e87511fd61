//! Texts that nobody else knows.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// A text that no pane, hook or name can hold beforehand; the standard library's random hash keys are all the randomness
/// that needs.
pub(crate) fn tag() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
