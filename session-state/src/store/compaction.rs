//! Which history entries are kept: a pure function of their numbers and times.

use std::collections::BTreeSet;

/// How a history thins out with age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thinning {
    /// So many of the newest entries are kept in any case.
    pub last: usize,
    /// For so many hours the newest entry of each hour is kept.
    pub hours: u32,
    /// For so many days the newest entry of each day (UTC) is kept.
    pub days: u32,
}

impl Default for Thinning {
    /// The last 20, hourly for 48 hours, daily for 30 days.
    fn default() -> Self {
        Self {
            last: 20,
            hours: 48,
            days: 30,
        }
    }
}

/// The numbers of the entries to keep, of `entries` given as number and time (seconds since 1970 UTC).
///
/// An entry from the future, which a wrong clock made, counts as new.
///
/// ```
/// use session_state::{Thinning, keep_plan};
///
/// let thinning = Thinning { last: 1, hours: 2, days: 0 };
/// let entries = [(1, 0), (2, 3600), (3, 3660), (4, 7200)];
/// assert_eq!(keep_plan(&entries, 7200, thinning).into_iter().collect::<Vec<_>>(), [1, 3, 4]);
/// ```
pub fn keep_plan(entries: &[(u64, i64)], now: i64, thinning: Thinning) -> BTreeSet<u64> {
    let mut newest_first = entries.to_vec();
    newest_first.sort_unstable_by_key(|&(seq, _)| std::cmp::Reverse(seq));
    let mut keep: BTreeSet<u64> = newest_first.iter().take(thinning.last).map(|&(seq, _)| seq).collect();
    for (length, count) in [(3600, thinning.hours), (86_400, thinning.days)] {
        let mut periods = BTreeSet::new();
        for &(seq, at) in &newest_first {
            let age = now.saturating_sub(at);
            if age <= i64::from(count) * length && periods.insert(at.div_euclid(length)) {
                keep.insert(seq);
            }
        }
    }
    keep
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;

    fn kept(entries: &[(u64, i64)], now: i64) -> Vec<u64> {
        keep_plan(entries, now, Thinning::default()).into_iter().collect()
    }

    #[test]
    fn the_newest_twenty_stay_however_old() {
        let entries: Vec<_> = (1..=30).map(|seq| (seq, 0)).collect();
        assert_eq!(kept(&entries, 1000 * DAY), (11..=30).collect::<Vec<_>>());
    }

    #[test]
    fn older_ones_thin_out_to_hours_then_days_then_none() {
        let now = 1000 * DAY;
        let minutes = 60 * 24 * 60;
        let entries: Vec<_> = (0..minutes)
            .map(|n| (n, now - (i64::try_from(minutes - n).unwrap()) * 60))
            .collect();
        let plan = keep_plan(&entries, now, Thinning::default());
        let within = |from: i64, to: i64| {
            entries
                .iter()
                .filter(|(seq, at)| (from..to).contains(&(now - at)) && plan.contains(seq))
                .count()
        };
        assert_eq!(within(0, 20 * 60 + 1), 20);
        assert!(
            (47..=49).contains(&within(20 * 60 + 1, 48 * HOUR)),
            "{}",
            within(20 * 60 + 1, 48 * HOUR)
        );
        assert_eq!(within(49 * HOUR, 30 * DAY), 27);
        assert_eq!(within(31 * DAY, 1000 * DAY), 0);
    }

    #[test]
    fn thinning_twice_is_thinning_once() {
        let entries: Vec<_> = (0..500).map(|n: u64| (n, i64::try_from(n).unwrap() * 977)).collect();
        let once = keep_plan(&entries, 500_000, Thinning::default());
        let left: Vec<_> = entries.iter().copied().filter(|(seq, _)| once.contains(seq)).collect();
        assert_eq!(keep_plan(&left, 500_000, Thinning::default()), once);
    }

    #[test]
    fn times_of_a_wrong_clock_do_no_harm() {
        let entries = [(1, i64::MIN), (2, i64::MAX), (3, 0)];
        assert_eq!(kept(&entries, i64::MIN), [1, 2, 3]);
        assert_eq!(kept(&entries, i64::MAX), [1, 2, 3]);
    }
}
