//! Waiting for a condition: the only place that sleeps.
#![expect(
    clippy::disallowed_methods,
    reason = "the one place that sleeps, so that no test does"
)]

use std::fmt::Debug;
use std::thread;
use std::time::{Duration, Instant};

/// How long [`wait_until`] and [`wait_for`] wait: long enough for two slow cores that run all tests at once.
pub const LIMIT: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(15);

/// Waits until `condition` gives something.
///
/// # Panics
/// After [`LIMIT`], naming `what` was waited for.
#[track_caller]
pub fn wait_until<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    wait_until_within(LIMIT, what, condition)
}

/// [`wait_until`] with another limit.
///
/// # Panics
/// After the limit, naming `what` was waited for.
#[track_caller]
pub fn wait_until_within<T>(limit: Duration, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    match at_most(limit, || condition().ok_or(())) {
        Ok(value) => value,
        Err(()) => panic!("waited {limit:?} for {what}"),
    }
}

/// Waits until `condition` gives `Ok`. Its `Err` says what there is instead.
///
/// # Panics
/// After [`LIMIT`], naming `what` was waited for and what was seen last.
#[track_caller]
pub fn wait_for<T, E: Debug>(what: &str, condition: impl FnMut() -> Result<T, E>) -> T {
    wait_for_within(LIMIT, what, condition)
}

/// [`wait_for`] with another limit.
///
/// # Panics
/// After the limit, naming `what` was waited for and what was seen last.
#[track_caller]
pub fn wait_for_within<T, E: Debug>(limit: Duration, what: &str, condition: impl FnMut() -> Result<T, E>) -> T {
    match at_most(limit, condition) {
        Ok(value) => value,
        Err(seen) => panic!("waited {limit:?} for {what}; last seen: {seen:#?}"),
    }
}

/// Lets time pass, for measurements only: what ran before shall not be charged to what comes now, and a server's
/// aftermath can't be observed without adding to it.
pub(crate) fn rest(duration: Duration) {
    thread::sleep(duration);
}

/// Waits until `condition` gives `Ok`, or gives its last `Err` when the limit has passed.
///
/// # Errors
/// What `condition` gave last.
pub fn at_most<T, E>(limit: Duration, mut condition: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let started = Instant::now();
    loop {
        // Asked before the condition is: a machine that stalls must not cost the last look.
        let too_late = started.elapsed() >= limit;
        match condition() {
            Ok(value) => return Ok(value),
            Err(seen) if too_late => return Err(seen),
            Err(_) => thread::sleep(PAUSE),
        }
    }
}
