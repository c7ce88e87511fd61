//! How often something took how long.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Upper bounds of the buckets in seconds; the last bucket has none.
///
/// They are fine where tsm promises something: a switch in 5 s, a recovery in 10 s, a listing in milliseconds.
const BOUNDS: [f64; 15] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// Durations, counted in buckets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// How many fell into each bucket, not cumulated; the last has no bound. A version with other bounds begins anew.
    counts: Vec<u64>,
    /// All durations together, in microseconds.
    micros: u64,
}

impl Histogram {
    /// Adds a duration.
    pub fn add(&mut self, duration: Duration) {
        self.counts.resize(BOUNDS.len() + 1, 0);
        let seconds = duration.as_secs_f64();
        let bucket = BOUNDS
            .iter()
            .position(|bound| seconds <= *bound)
            .unwrap_or(BOUNDS.len());
        if let Some(count) = self.counts.get_mut(bucket) {
            *count = count.saturating_add(1);
        }
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.micros = self.micros.saturating_add(micros);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// All of them together, in seconds.
    pub fn sum(&self) -> f64 {
        Duration::from_micros(self.micros).as_secs_f64()
    }

    /// Each bound with how many were at most so long; the last bound is infinite.
    pub fn cumulated(&self) -> Vec<(f64, u64)> {
        let bounds = BOUNDS.iter().copied().chain([f64::INFINITY]);
        let mut below = 0;
        bounds
            .enumerate()
            .map(|(n, bound)| {
                below += self.counts.get(n).copied().unwrap_or(0);
                (bound, below)
            })
            .collect()
    }

    /// Whether it was kept with the bounds of this version.
    pub(super) fn fits(&self) -> bool {
        self.counts.len() == BOUNDS.len() + 1
    }
}
