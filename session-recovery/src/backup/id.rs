//! Names of backups: when they were made, and a random part.

use chrono::{DateTime, SecondsFormat, Utc};
use uuid::Uuid;

use super::BackupError;

/// Hexadecimal digits of the random part.
const RANDOM: usize = 16;

/// A name that no other backup has, for example `20250131T094500Z-0123456789abcdef`. Names sort by time.
pub(super) fn new(now: i64) -> Result<String, BackupError> {
    let random = Uuid::new_v4().simple().to_string();
    let random = random.get(..RANDOM).unwrap_or(&random);
    Ok(format!("{}-{random}", time(now)?.format("%Y%m%dT%H%M%SZ")))
}

/// Whether [`new`] may have made `text`.
pub(super) fn is_id(text: &str) -> bool {
    let Some((stamp, random)) = text.split_once('-') else {
        return false;
    };
    let pattern = b"ddddddddTddddddZ";
    stamp.len() == pattern.len()
        && stamp.bytes().zip(pattern).all(|(byte, &kind)| match kind {
            b'd' => byte.is_ascii_digit(),
            letter => byte == letter,
        })
        && random.len() == RANDOM
        && random.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Seconds since 1970 UTC as RFC 3339 writes them.
pub(super) fn rfc3339(now: i64) -> Result<String, BackupError> {
    Ok(time(now)?.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Years beyond 9999 have no RFC 3339 form, and those before 1970 are no time at which a backup was made.
fn time(now: i64) -> Result<DateTime<Utc>, BackupError> {
    const END_OF_9999: i64 = 253_402_300_799;
    let time = (0..=END_OF_9999)
        .contains(&now)
        .then(|| DateTime::from_timestamp(now, 0));
    time.flatten().ok_or(BackupError::Clock { now })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_bear_the_time_and_differ() {
        let one = new(1_700_000_000).unwrap();
        assert!(one.starts_with("20231114T221320Z-") && is_id(&one), "{one}");
        assert_ne!(one, new(1_700_000_000).unwrap());
        assert!(is_id(&new(0).unwrap()) && is_id(&new(253_402_300_799).unwrap()));
    }

    #[test]
    fn impossible_times_are_errors() {
        for now in [i64::MIN, -1, 253_402_300_800, i64::MAX] {
            assert!(matches!(new(now), Err(BackupError::Clock { .. })), "{now}");
        }
    }

    #[test]
    fn other_names_are_none_of_ours() {
        for text in [
            "",
            "20231114T221320Z",
            "20231114T221320Z-",
            "20231114T221320Z-0123456789ABCDEF",
            "20231114T221320Z-0123456789abcde",
            "2023-11-14-0123456789abcdef",
            "20231114T22132xZ-0123456789abcdef",
        ] {
            assert!(!is_id(text), "{text}");
        }
    }
}
