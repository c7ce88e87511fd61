//! What a row of measurements says, and when it is enough of them.

/// How often the bootstrap draws.
const RESAMPLES: usize = 2000;

/// Between its ends, 95 of 100 repetitions would have their median.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The ratios of one contender.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// The median of the ratios of all rounds: not the ratio of two medians, whose rounds may differ.
    pub median: f64,
    /// How sure that is.
    pub interval: Interval,
}

/// Whether a limit is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// There is no limit.
    NoLimit,
    /// The median keeps it.
    Kept,
    /// The whole interval lies above it.
    Broken,
    /// The median lies above it, and the noise is larger than the difference.
    Unsettled,
}

impl Ratio {
    /// Of the measurements in the same order as their bases.
    ///
    /// # Panics
    /// When there are none.
    pub fn of(measured: &[f64], bases: &[f64]) -> Self {
        let ratios: Vec<f64> = measured.iter().zip(bases).map(|(one, base)| one / base).collect();
        Self {
            median: median(&ratios),
            interval: bootstrap(&ratios),
        }
    }

    /// Whether it keeps the limit.
    pub fn verdict(&self, limit: Option<f64>) -> Verdict {
        match limit {
            None => Verdict::NoLimit,
            Some(limit) if self.median <= limit => Verdict::Kept,
            Some(limit) if self.interval.low > limit => Verdict::Broken,
            Some(_) => Verdict::Unsettled,
        }
    }

    /// Whether more rounds could change the verdict: the limit lies within the interval.
    pub fn is_settled(&self, limit: Option<f64>) -> bool {
        limit.is_none_or(|limit| limit < self.interval.low || limit >= self.interval.high)
    }
}

/// The middle value, or the mean of the two in the middle.
///
/// # Panics
/// When there is none.
pub fn median(values: &[f64]) -> f64 {
    assert!(!values.is_empty(), "the median of nothing");
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

/// The interval in which 95 of 100 medians of samples lie that are drawn from these, with the same number and with
/// repetition. Always drawn in the same way: the same measurements have the same interval.
fn bootstrap(values: &[f64]) -> Interval {
    let mut random = fastrand::Rng::with_seed(0x7473_6d20);
    let mut medians: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn: Vec<f64> = values.iter().map(|_| values[random.usize(..values.len())]).collect();
            median(&drawn)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    let tail = RESAMPLES / 40;
    Interval {
        low: medians[tail],
        high: medians[RESAMPLES - 1 - tail],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratio(median: f64, low: f64, high: f64) -> Ratio {
        Ratio {
            median,
            interval: Interval { low, high },
        }
    }

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0]), 3.0);
        assert_eq!(median(&[9.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 100.0]), 3.0);
    }

    #[test]
    fn ratios_are_taken_within_rounds() {
        // The machine got three times slower in the middle; the contender was always twice the base.
        let bases = [1.0, 1.0, 1.0, 3.0, 3.0];
        let measured = [2.0, 2.0, 2.0, 6.0, 6.0];
        assert_eq!(Ratio::of(&measured, &bases), ratio(2.0, 2.0, 2.0));
        // One wild round moves nothing.
        let wild = [2.0, 2.0, 200.0, 6.0, 6.0];
        assert_eq!(Ratio::of(&wild, &bases).median, 2.0);
    }

    #[test]
    fn the_interval_narrows_with_more_rounds() {
        let noise = |rounds: usize| -> Vec<f64> {
            let mut random = fastrand::Rng::with_seed(1);
            (0..rounds).map(|_| 0.9 + 0.2 * random.f64()).collect()
        };
        let width = |rounds: usize| {
            let interval = bootstrap(&noise(rounds));
            assert!(interval.low <= 1.02 && interval.high >= 0.98, "{interval:?}");
            interval.high - interval.low
        };
        let (few, some, many) = (width(5), width(20), width(200));
        assert!(few > some && some > many && many < 0.05, "{few} {some} {many}");
        assert_eq!(bootstrap(&noise(20)), bootstrap(&noise(20)));
    }

    #[test]
    fn verdicts() {
        assert_eq!(ratio(1.0, 0.9, 1.1).verdict(None), Verdict::NoLimit);
        assert_eq!(ratio(1.0, 0.9, 1.1).verdict(Some(1.05)), Verdict::Kept);
        assert_eq!(ratio(1.06, 1.0, 1.1).verdict(Some(1.05)), Verdict::Unsettled);
        assert_eq!(ratio(1.08, 1.06, 1.1).verdict(Some(1.05)), Verdict::Broken);
    }

    #[test]
    fn only_a_limit_within_the_interval_asks_for_more_rounds() {
        assert!(ratio(1.0, 0.9, 1.1).is_settled(None));
        assert!(!ratio(1.0, 0.9, 1.1).is_settled(Some(1.05)));
        assert!(ratio(1.0, 0.9, 1.1).is_settled(Some(1.2)));
        assert!(ratio(1.0, 0.9, 1.1).is_settled(Some(0.8)));
        assert!(ratio(1.0, 1.0, 1.0).is_settled(Some(1.0)));
    }
}
