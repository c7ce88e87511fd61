//! When a call must have ended.

use std::time::{Duration, Instant};

/// Longer limits mean the same, and would overflow.
const LONGEST: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

pub(crate) fn deadline(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit.min(LONGEST)).unwrap_or(now)
}

/// What is left until then.
pub(crate) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}
