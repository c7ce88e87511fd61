//! The wall clock, which tests can set.
#![expect(clippy::disallowed_methods, reason = "the one module that reads the clock")]

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};

/// Where the time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The system's clock.
    System,
    /// Always this second since 1970.
    Fixed(i64),
}

impl Clock {
    /// Nanoseconds since 1970, UTC; negative before.
    pub fn nanos(self) -> i128 {
        let nanos = |duration: std::time::Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
        match self {
            Self::Fixed(second) => i128::from(second) * 1_000_000_000,
            Self::System => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => nanos(since),
                Err(before) => -nanos(before.duration()),
            },
        }
    }

    /// Seconds since 1970, UTC; negative before.
    pub fn now(self) -> i64 {
        match self {
            Self::Fixed(second) => second,
            Self::System => match SystemTime::now().duration_since(UNIX_EPOCH) {
                Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
                Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
            },
        }
    }
}

/// A time as RFC 3339 in UTC; `None` outside the years that form has.
pub fn rfc3339(seconds: i64) -> Option<String> {
    DateTime::from_timestamp(seconds, 0).map(|time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_times_also_before_1970() {
        assert_eq!(rfc3339(0).as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(rfc3339(-1).as_deref(), Some("1969-12-31T23:59:59Z"));
        assert_eq!(rfc3339(i64::MAX), None);
    }

    #[test]
    fn the_system_clock_runs_after_this_was_written() {
        assert!(Clock::System.now() > 1_790_000_000);
        assert_eq!(Clock::Fixed(-5).now(), -5);
        assert_eq!(Clock::Fixed(-5).nanos(), -5_000_000_000);
        assert!((Clock::System.nanos() / 1_000_000_000 - i128::from(Clock::System.now())).abs() <= 1);
    }
}
