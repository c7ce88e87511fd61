//! Which history entries are kept: a pure function of their numbers, times and sizes.

use std::collections::{BTreeMap, BTreeSet};

use super::HistoryEntry;

/// How a history thins out with age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thinning {
    /// So many of the newest entries are kept in any case.
    pub last: usize,
    /// For so many hours the newest entry of each hour is kept, and the one with the most panes.
    pub hours: u32,
    /// For so many days the same of each day (UTC).
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

/// The numbers of the entries to keep at the time `now` (seconds since 1970 UTC).
///
/// An entry from the future, which a wrong clock made, counts as new. The entry of a period that has the most panes is kept
/// because what a session lost by mistake is what its user comes back for: saves that follow each other quickly would
/// otherwise leave only what is there afterwards.
///
/// ```
/// use session_state::{HistoryEntry, Thinning, keep_plan};
///
/// let thinning = Thinning { last: 1, hours: 2, days: 0 };
/// let entry = |(seq, at, panes)| HistoryEntry { seq, at, panes, path: "".into() };
/// let entries = [(1, 0, 2), (2, 3600, 9), (3, 3660, 2), (4, 3720, 2), (5, 7200, 2)].map(entry);
/// assert_eq!(keep_plan(&entries, 7200, thinning).into_iter().collect::<Vec<_>>(), [1, 2, 4, 5]);
/// ```
pub fn keep_plan(entries: &[HistoryEntry], now: i64, thinning: Thinning) -> BTreeSet<u64> {
    let mut newest_first: Vec<&HistoryEntry> = entries.iter().collect();
    newest_first.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.seq));
    let mut keep: BTreeSet<u64> = newest_first.iter().take(thinning.last).map(|entry| entry.seq).collect();
    for (length, count) in [(3600, thinning.hours), (86_400, thinning.days)] {
        let mut largest: BTreeMap<i64, &HistoryEntry> = BTreeMap::new();
        for &entry in &newest_first {
            if now.saturating_sub(entry.at) > i64::from(count) * length {
                continue;
            }
            let so_far = largest.entry(entry.at.div_euclid(length)).or_insert_with(|| {
                keep.insert(entry.seq);
                entry
            });
            if entry.panes > so_far.panes {
                *so_far = entry;
            }
        }
        keep.extend(largest.into_values().map(|entry| entry.seq));
    }
    keep
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;

    fn entry((seq, at): (u64, i64)) -> HistoryEntry {
        HistoryEntry {
            seq,
            at,
            panes: 2,
            path: PathBuf::new(),
        }
    }

    fn kept(entries: &[(u64, i64)], now: i64) -> Vec<u64> {
        let entries: Vec<_> = entries.iter().copied().map(entry).collect();
        keep_plan(&entries, now, Thinning::default()).into_iter().collect()
    }

    #[test]
    fn what_a_session_lost_stays_however_often_it_was_saved_since() {
        let mut entries: Vec<_> = (1..=600)
            .map(|n| (n, i64::try_from(n).unwrap() * 10))
            .map(entry)
            .collect();
        entries[6].panes = 9;
        let thinning = Thinning::default();
        for now in [6000, 6000 + 40 * HOUR, 6000 + 25 * DAY] {
            let keep = keep_plan(&entries, now, thinning);
            assert!(keep.contains(&7), "{now}: {keep:?}");
        }
        assert!(!keep_plan(&entries, 40 * DAY, thinning).contains(&7));
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
        let plan: BTreeSet<u64> = kept(&entries, now).into_iter().collect();
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
        let mut entries: Vec<_> = (0..500)
            .map(|n| (n, i64::try_from(n).unwrap() * 977))
            .map(entry)
            .collect();
        entries
            .iter_mut()
            .for_each(|entry| entry.panes = usize::try_from(entry.seq % 7).unwrap());
        let once = keep_plan(&entries, 500_000, Thinning::default());
        let left: Vec<_> = entries
            .iter()
            .filter(|entry| once.contains(&entry.seq))
            .cloned()
            .collect();
        assert_eq!(keep_plan(&left, 500_000, Thinning::default()), once);
    }

    #[test]
    fn times_of_a_wrong_clock_do_no_harm() {
        let entries = [(1, i64::MIN), (2, i64::MAX), (3, 0)];
        assert_eq!(kept(&entries, i64::MIN), [1, 2, 3]);
        assert_eq!(kept(&entries, i64::MAX), [1, 2, 3]);
    }
}
