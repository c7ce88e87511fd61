//! One base and its contenders, in turns.

use std::time::{Duration, Instant};

use super::statistics::{Ratio, Verdict, median};
use crate::wait;

/// Rounds that are not counted: caches fill, lazy work gets done.
const WARM_UP: usize = 2;

/// Rounds between two looks at the ratios.
const STEP: usize = 10;

/// A base and its contenders.
pub struct Contest<'a> {
    name: String,
    rounds: (usize, usize),
    pause: Duration,
    contenders: Vec<Contender<'a>>,
}

/// Something that takes time.
pub struct Contender<'a> {
    name: String,
    limit: Option<f64>,
    /// Gives the time that counts.
    run: Box<dyn FnMut() -> Duration + 'a>,
}

/// What came of a contest.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The contest's name.
    pub name: String,
    /// How many rounds counted.
    pub rounds: usize,
    /// The base first, then the base once more, then the contenders.
    pub lines: Vec<Line>,
}

/// What came of one contender.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Its ratio to the base; nothing for the base itself.
    pub ratio: Option<Ratio>,
    /// The limit of the ratio.
    pub limit: Option<f64>,
    /// Whether that is kept.
    pub verdict: Verdict,
    /// Median time, in milliseconds.
    pub median: f64,
    /// Shortest time, in milliseconds.
    pub min: f64,
}

impl<'a> Contender<'a> {
    /// Measures `run`. What it gives goes to `check`, which is not measured and says by a panic that it is wrong.
    pub fn new<T>(name: impl Into<String>, mut run: impl FnMut() -> T + 'a, mut check: impl FnMut(T) + 'a) -> Self {
        Self {
            name: name.into(),
            limit: None,
            run: Box::new(move || {
                let start = Instant::now();
                let result = run();
                let took = start.elapsed();
                check(result);
                took
            }),
        }
    }

    /// Measures `run`, which says itself what counts: the processor's time, for example.
    pub fn timed(name: impl Into<String>, run: impl FnMut() -> Duration + 'a) -> Self {
        Self {
            name: name.into(),
            limit: None,
            run: Box::new(run),
        }
    }

    /// The same with a limit for its ratio to the base.
    #[must_use]
    pub fn limit(mut self, limit: f64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// The same with something to be done before each measurement, which is not measured.
    #[must_use]
    pub fn prepared_by(self, mut prepare: impl FnMut() + 'a) -> Self {
        let mut run = self.run;
        Self {
            run: Box::new(move || {
                prepare();
                run()
            }),
            ..self
        }
    }
}

impl<'a> Contest<'a> {
    /// A contest against `base`, which takes part twice: what the two differ by is noise. The second is made by the
    /// same function.
    pub fn new(name: impl Into<String>, base: impl Fn() -> Contender<'a>) -> Self {
        let mut again = base();
        again.name = format!("{} again", again.name);
        Self {
            name: name.into(),
            rounds: (30, 90),
            pause: Duration::from_millis(20),
            contenders: vec![base(), again],
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The least and the most rounds, instead of 30 and 90.
    #[must_use]
    pub fn rounds(mut self, least: usize, most: usize) -> Self {
        self.rounds = (least, most);
        self
    }

    /// The pause before each measurement, in which the one before it can end its aftermath; instead of 20 ms.
    #[must_use]
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// One more contender.
    #[must_use]
    pub fn against(mut self, contender: Contender<'a>) -> Self {
        self.contenders.push(contender);
        self
    }

    /// Runs it: as many rounds as it takes for the limits to lie outside the intervals, within the bounds.
    pub fn run(mut self) -> Outcome {
        let mut times: Vec<Vec<f64>> = vec![Vec::new(); self.contenders.len()];
        for _ in 0..WARM_UP {
            self.round(0);
        }
        let (least, most) = self.rounds;
        loop {
            let rounds = times[0].len();
            if rounds >= most || (rounds >= least && self.outcome(&times).is_settled()) {
                return self.outcome(&times);
            }
            for round in rounds..(rounds + STEP).min(most) {
                for (times, took) in times.iter_mut().zip(self.round(round)) {
                    times.push(took);
                }
            }
        }
    }

    /// Everybody once, in milliseconds. Each round another one begins: whoever follows the same one every time would
    /// be charged with its aftermath.
    fn round(&mut self, number: usize) -> Vec<f64> {
        let count = self.contenders.len();
        let mut times = vec![0.0; count];
        for turn in 0..count {
            let at = (number + turn) % count;
            wait::rest(self.pause);
            times[at] = (self.contenders[at].run)().as_secs_f64() * 1000.0;
        }
        times
    }

    fn outcome(&self, times: &[Vec<f64>]) -> Outcome {
        let lines = self
            .contenders
            .iter()
            .zip(times)
            .enumerate()
            .map(|(at, (contender, own))| {
                let ratio = (at > 0).then(|| Ratio::of(own, &times[0]));
                Line {
                    name: contender.name.clone(),
                    ratio,
                    limit: contender.limit,
                    verdict: ratio.map_or(Verdict::NoLimit, |ratio| ratio.verdict(contender.limit)),
                    median: median(own),
                    min: own.iter().copied().fold(f64::INFINITY, f64::min),
                }
            });
        Outcome {
            name: self.name.clone(),
            rounds: times[0].len(),
            lines: lines.collect(),
        }
    }
}

impl Outcome {
    fn is_settled(&self) -> bool {
        let limits = self.lines.iter().filter_map(|line| Some((line.ratio?, line.limit)));
        limits.into_iter().all(|(ratio, limit)| ratio.is_settled(limit))
    }

    /// Whether a limit is broken.
    pub fn is_broken(&self) -> bool {
        self.lines.iter().any(|line| line.verdict == Verdict::Broken)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    /// A contender that takes as long as it is told.
    fn taking<'a>(name: &str, millis: impl Fn() -> f64 + 'a) -> Contender<'a> {
        Contender {
            name: name.to_owned(),
            limit: None,
            run: Box::new(move || Duration::from_secs_f64(millis() / 1000.0)),
        }
    }

    fn contest<'a>(base: impl Fn() -> Contender<'a>) -> Contest<'a> {
        Contest::new("c", base).pause(Duration::ZERO)
    }

    #[test]
    fn a_drifting_machine_does_not_change_the_ratios() {
        let clock = Cell::new(0.0);
        let load = || {
            clock.set(clock.get() + 0.1);
            clock.get()
        };
        let outcome = contest(|| taking("base", || load() + 10.0))
            .against(taking("half", || (load() + 10.0) / 2.0).limit(0.8))
            .against(taking("double", || (load() + 10.0) * 2.0).limit(1.05))
            .run();
        assert_eq!(outcome.rounds, 30);
        let ratio = |at: usize| outcome.lines[at].ratio.unwrap().median;
        assert!((ratio(1) - 1.0).abs() < 0.05, "{outcome:?}");
        assert!(
            (ratio(2) - 0.5).abs() < 0.03 && (ratio(3) - 2.0).abs() < 0.1,
            "{outcome:?}"
        );
        let verdicts: Vec<Verdict> = outcome.lines.iter().map(|line| line.verdict).collect();
        assert_eq!(
            verdicts,
            [Verdict::NoLimit, Verdict::NoLimit, Verdict::Kept, Verdict::Broken]
        );
        assert!(outcome.is_broken());
        assert_eq!(outcome.lines[0].ratio, None);
        assert!(outcome.lines[0].min < outcome.lines[0].median);
    }

    #[test]
    fn a_close_race_gets_more_rounds_up_to_the_bound() {
        let round = Cell::new(0);
        // In every other round faster than the base, in the others slower: it can't be told.
        let alternating = || {
            round.set(round.get() + 1);
            if round.get() % 2 == 0 { 8.0 } else { 12.0 }
        };
        let outcome = contest(|| taking("base", || 10.0))
            .rounds(20, 50)
            .against(taking("same", alternating).limit(1.0))
            .run();
        assert_eq!(outcome.rounds, 50);
    }

    #[test]
    fn everybody_begins_in_turn_and_is_checked() {
        let order = RefCell::new(String::new());
        let said = |letter: char| order.borrow_mut().push(letter);
        let contender = |letter: char| Contender::new(letter, move || (), |()| ());
        let _outcome = contest(|| contender('b').prepared_by(|| said('b')))
            .rounds(3, 3)
            .against(Contender::new("x", || 'x', said))
            .run();
        assert_eq!(*order.borrow(), ["bbx", "bbx", "bbx", "bxb", "xbb"].concat());
    }
}
