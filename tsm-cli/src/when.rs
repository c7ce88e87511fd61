//! Times as people type them.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use session_ops::state::At;

/// A moment as typed; "ago" needs a clock to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    At(At),
    /// So many seconds before now.
    Ago(i64),
}

impl When {
    /// The moment, if it is `now`, in seconds since 1970.
    pub(crate) fn at(self, now: i64) -> At {
        match self {
            Self::At(at) => at,
            Self::Ago(seconds) => At::Time(now.saturating_sub(seconds)),
        }
    }
}

/// Reads `#41`, `2 hours ago`, `2026-11-20`, `2026-11-20 14:30`, RFC 3339, seconds since 1970. A date is its last
/// second, UTC.
pub(crate) fn when(text: &str) -> Result<When, String> {
    if let Some(number) = text.strip_prefix('#') {
        return number
            .parse()
            .map(|number| When::At(At::Sequence(number)))
            .map_err(|_no_number| "a number follows the #".to_owned());
    }
    if let Some(seconds) = ago(text) {
        return Ok(When::Ago(seconds));
    }
    let date = || {
        NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()?
            .and_hms_opt(23, 59, 59)
    };
    let minute = || NaiveDateTime::parse_from_str(&format!("{text}:59"), "%Y-%m-%d %H:%M:%S").ok();
    let seconds = text.parse().ok();
    let exact = || DateTime::parse_from_rfc3339(text).ok().map(|time| time.timestamp());
    let time = seconds
        .or_else(exact)
        .or_else(|| date().or_else(minute).map(|time| time.and_utc().timestamp()));
    time.map(|time| When::At(At::Time(time))).ok_or_else(|| {
        "give #NUMBER, a date, `YYYY-MM-DD HH:MM`, `2 hours ago` (seconds, minutes, hours, days, weeks) or seconds \
         since 1970"
            .to_owned()
    })
}

/// `yesterday`, `an hour ago`, `2 hours ago`, `2h ago`: in seconds.
fn ago(text: &str) -> Option<i64> {
    let text = text.trim().to_ascii_lowercase();
    if text == "yesterday" {
        return Some(86_400);
    }
    let length = text.strip_suffix("ago").filter(|length| length.ends_with(' '))?.trim();
    let digits = length.bytes().take_while(u8::is_ascii_digit).count();
    let (count, unit) = match length.split_at(digits) {
        ("", words) => (1, words.strip_prefix("a ").or_else(|| words.strip_prefix("an "))?),
        (count, unit) => (count.parse().ok()?, unit),
    };
    let seconds: i64 = match unit.trim() {
        "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 7 * 86_400,
        _ => return None,
    };
    seconds.checked_mul(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_dates_and_times() {
        let time = |seconds| Ok(When::At(At::Time(seconds)));
        assert_eq!(when("#41"), Ok(When::At(At::Sequence(41))));
        assert_eq!(when("1724513234"), time(1_724_513_234));
        assert_eq!(when("1970-01-01"), time(86_399));
        assert_eq!(when("1970-01-01 00:01"), time(119));
        assert_eq!(when("1970-01-01T01:00:00+01:00"), time(0));
        for text in ["", "#", "#x", "tomorrow", "2026-13-01"] {
            assert!(when(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_before_now() {
        for (text, seconds) in [
            ("2 hours ago", 7200),
            ("1 hour ago", 3600),
            ("an hour ago", 3600),
            ("a day ago", 86_400),
            ("yesterday", 86_400),
            ("90 Minutes ago", 5400),
            ("5m ago", 300),
            ("3 weeks ago", 1_814_400),
            ("0 seconds ago", 0),
        ] {
            assert_eq!(when(text), Ok(When::Ago(seconds)), "{text}");
        }
        for text in [
            "2 hours",
            "ago",
            " ago",
            "hours ago",
            "2 moons ago",
            "-2 hours ago",
            "2hoursago",
            "a 2 hours ago",
            "9223372036854775807 weeks ago",
            "99999999999999999999 s ago",
        ] {
            assert!(when(text).is_err(), "{text}");
        }
        assert_eq!(When::Ago(7200).at(10_000), At::Time(2800));
        assert_eq!(When::Ago(i64::MAX).at(-10), At::Time(i64::MIN));
        assert_eq!(When::At(At::Sequence(1)).at(5), At::Sequence(1));
    }
}
