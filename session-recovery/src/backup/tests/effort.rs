//! How much is tried: a sample here, everything in long runs.

/// Of things that could all be tried (bits to flip, lengths to cut to), so many are passed over: 1 tries each. The number
/// is prime, so that a sample meets every bit of a byte.
pub(super) fn step() -> usize {
    if std::env::var_os("TSM_SOAK").is_some_and(|soak| soak == "1") {
        1
    } else {
        41
    }
}
