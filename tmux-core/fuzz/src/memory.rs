//! How much memory a decoder needs.

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What any call may need, however short the input: tables, error texts.
const ALWAYS: usize = 64 * 1024;

/// Runs the check and fails if at any moment it needed more than `factor` bytes for each byte of the input.
pub(crate) fn bounded(input: usize, factor: usize, check: impl FnOnce()) {
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    check();
    let needed = MEMORY.peak_usage().saturating_sub(before);
    let limit = ALWAYS + factor * input;
    assert!(
        needed <= limit,
        "{input} bytes of input needed {needed} bytes of memory"
    );
}
