//! Which projects match what was typed, as fzf does it: the letters in their order, those at the beginnings of words first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// A matcher; it keeps its memory from text to text.
pub(crate) struct Matches(Matcher);

impl std::fmt::Debug for Matches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Matches")
    }
}

impl Matches {
    pub(crate) fn new() -> Self {
        Self(Matcher::new(Config::DEFAULT))
    }

    /// Those of `all` whose text matches, the best first; equally good ones, and all without a `typed`, stay in their order.
    pub(crate) fn best(&mut self, typed: &str, all: &[usize], text: impl Fn(usize) -> String) -> Vec<usize> {
        if typed.trim().is_empty() {
            return all.to_vec();
        }
        let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, usize)> = Vec::new();
        for n in all {
            let text = text(*n);
            let score = pattern.score(Utf32Str::new(&text, &mut buffer), &mut self.0);
            scored.extend(score.map(|score| (score, *n)));
        }
        scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        scored.into_iter().map(|(_, n)| n).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_letters_in_their_order_and_the_best_first() {
        let names = ["forexsignale", "todo", "wp-todos", "article", "日本語"];
        let all: Vec<usize> = (0..names.len()).collect();
        let mut matches = Matches::new();
        let mut best = |typed: &str| -> Vec<&str> {
            let best = matches.best(typed, &all, |n| names[n].to_owned());
            best.into_iter().map(|n| names[n]).collect()
        };
        assert_eq!(best(""), names);
        assert_eq!(best("todo"), ["todo", "wp-todos"]);
        assert_eq!(best("wt"), ["wp-todos"]);
        assert_eq!(best("fxs"), ["forexsignale"]);
        assert_eq!(best("本"), ["日本語"]);
        assert!(best("xyz").is_empty());
    }
}
