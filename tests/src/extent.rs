//! How much of an exhaustive test is done: a sample in the gate, everything in `cargo xtask soak`.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// The variable with which `cargo xtask soak` asks for everything.
pub const SOAK: &str = "TSM_SOAK";

/// The variable with which a sample is drawn again.
pub const SEED: &str = "TSM_TEST_SEED";

/// Says that something was left out because the system doesn't allow it, past the capture of what tests print.
pub fn left_out(what: &str, why: &str) {
    use std::io::Write;
    let _nobody_listens = writeln!(std::io::stderr(), "left out: {what}: {why}");
}

/// How much is done.
#[derive(Debug, Clone)]
pub enum Extent {
    /// Everything.
    Exhaustive,
    /// A sample, drawn with this seed.
    Sample(Random),
}

/// Numbers that look random and are the same for the same seed (SplitMix64).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Extent {
    /// What the environment asks for: everything if [`SOAK`] is set, else a sample with the seed [`SEED`] or a new one.
    /// The seed is printed, so that a failure tells how to draw the same sample again.
    ///
    /// # Panics
    /// When the seed is no number.
    #[track_caller]
    pub fn asked() -> Self {
        if std::env::var_os(SOAK).is_some() {
            println!("everything ({SOAK} is set)");
            return Self::Exhaustive;
        }
        let random = Random::asked();
        Self::Sample(random)
    }

    /// All of `points` if everything is asked for, else `count` of them, drawn evenly over the whole.
    pub fn of<T>(&mut self, points: Vec<T>, count: usize) -> Vec<T> {
        let total = points.len();
        match self {
            Self::Exhaustive => points,
            Self::Sample(_) if total <= count => points,
            Self::Sample(random) => {
                let mut wanted: Vec<usize> = (0..count)
                    .map(|n| n * total / count + random.below((total / count).max(1)))
                    .collect();
                wanted.dedup();
                let points = points.into_iter().enumerate();
                points
                    .filter(|(n, _)| wanted.binary_search(n).is_ok())
                    .map(|(_, point)| point)
                    .collect()
            }
        }
    }

    /// `all` if everything is asked for, else `sample`.
    pub fn amount<T>(&self, all: T, sample: T) -> T {
        match self {
            Self::Exhaustive => all,
            Self::Sample(_) => sample,
        }
    }
}

impl Random {
    /// With the seed [`SEED`], or a new one; it is printed.
    ///
    /// # Panics
    /// When the seed is no number.
    #[track_caller]
    pub fn asked() -> Self {
        let seed = match std::env::var(SEED) {
            Ok(seed) => seed.parse().expect("a number as seed"),
            Err(_) => RandomState::new().build_hasher().finish(),
        };
        println!("again with {SEED}={seed}");
        Self(seed)
    }

    /// With this seed.
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `limit`, which isn't 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next_number() % limit as u64).unwrap_or_default()
    }
}
