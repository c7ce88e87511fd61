//! The wall clock, which tests can set.
#![expect(clippy::disallowed_methods, reason = "the one module that reads the clock")]

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::{DateTime, SecondsFormat};
use rustix::time::{ClockId, clock_gettime};

/// Where the time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The system's clock.
    System,
    /// Always this second since 1970.
    Fixed(i64),
}

impl Clock {
    /// Nanoseconds since 1970 by the clock that file systems stamp files with, to compare with such a stamp.
    ///
    /// It stands still for a tick of the kernel (1 to 10 ms), so a file that is written now can be stamped earlier than
    /// the exact time, but never earlier than this.
    pub fn file_nanos(self) -> i128 {
        match self {
            Self::Fixed(second) => i128::from(second) * 1_000_000_000,
            Self::System => {
                let time = clock_gettime(ClockId::RealtimeCoarse);
                i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec)
            }
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
    fn a_file_is_never_stamped_earlier_than_its_clock_says() {
        let root = tempfile::tempdir().expect("a directory");
        for number in 0..200 {
            let before = Clock::System.file_nanos();
            let path = root.path().join(number.to_string());
            std::fs::write(&path, "").expect("written");
            let modified = std::fs::metadata(&path)
                .and_then(|file| file.modified())
                .expect("a time");
            let modified = modified.duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
            assert!(i128::try_from(modified).expect("it fits") >= before);
        }
    }

    #[test]
    fn the_system_clock_runs_after_this_was_written() {
        assert!(Clock::System.now() > 1_790_000_000);
        assert_eq!(Clock::Fixed(-5).now(), -5);
        assert_eq!(Clock::Fixed(-5).file_nanos(), -5_000_000_000);
        assert!((Clock::System.file_nanos() / 1_000_000_000 - i128::from(Clock::System.now())).abs() <= 1);
    }
}
