//! Times as people type them.

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use session_ops::state::At;

/// Reads `#41`, `2026-11-20`, `2026-11-20 14:30`, RFC 3339, seconds since 1970. A date is its last second, UTC.
pub(crate) fn when(text: &str) -> Result<At, String> {
    if let Some(number) = text.strip_prefix('#') {
        return number
            .parse()
            .map(At::Sequence)
            .map_err(|_no_number| "a number follows the #".to_owned());
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
    time.map(At::Time)
        .ok_or_else(|| "give #NUMBER, a date, `YYYY-MM-DD HH:MM` or seconds since 1970".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_dates_and_times() {
        assert_eq!(when("#41"), Ok(At::Sequence(41)));
        assert_eq!(when("1724513234"), Ok(At::Time(1_724_513_234)));
        assert_eq!(when("1970-01-01"), Ok(At::Time(86_399)));
        assert_eq!(when("1970-01-01 00:01"), Ok(At::Time(119)));
        assert_eq!(when("1970-01-01T01:00:00+01:00"), Ok(At::Time(0)));
        for text in ["", "#", "#x", "yesterday", "2026-13-01"] {
            assert!(when(text).is_err(), "{text}");
        }
    }
}
