//! The version of a tmux, from what `tmux -V` prints.

/// A version of tmux. The letter of a fix (3.2a) comes after no letter (3.2), a candidate (3.2-rc) or a
/// development version (next-3.2) before it.
#[derive(Debug, PartialEq, PartialOrd)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
    suffix: Suffix,
}

#[derive(Debug, PartialEq, PartialOrd)]
enum Suffix {
    Before,
    Fix(Option<char>),
}

impl Version {
    /// Reads `tmux 3.2a`, `tmux next-3.4`, `tmux 3.3-rc2`. Nothing for a version without numbers that count
    /// (`tmux master`, and `tmux openbsd-7.4`, which counts OpenBSD's releases).
    pub(crate) fn parse(said: &str) -> Option<Self> {
        let word = said.split_whitespace().last()?;
        let (next, number) = word.strip_prefix("next-").map_or((false, word), |rest| (true, rest));
        let (major, rest) = number.split_once('.')?;
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (minor, tail) = rest.split_at(digits);
        let suffix = if next || tail.starts_with("-rc") {
            Suffix::Before
        } else {
            Suffix::Fix(tail.chars().next())
        };
        Some(Self {
            major: major.parse().ok()?,
            minor: minor.parse().ok()?,
            suffix,
        })
    }

    pub(crate) fn older_than(&self, other: &Self) -> bool {
        self < other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_two_a_is_the_oldest_that_will_do() {
        let old = |said: &str| {
            Version::parse(said)
                .unwrap()
                .older_than(&Version::parse("tmux 3.2a").unwrap())
        };
        for said in [
            "tmux 3.2",
            "tmux 3.2-rc4",
            "tmux next-3.2",
            "tmux 3.1c",
            "tmux 2.9a",
            "tmux 1.8",
        ] {
            assert!(old(said), "{said}");
        }
        for said in [
            "tmux 3.2a",
            "tmux 3.3",
            "tmux 3.3-rc",
            "tmux next-3.4",
            "tmux 3.10",
            "tmux 4.0",
            "tmux 3.2b\n",
        ] {
            assert!(!old(said), "{said}");
        }
    }

    #[test]
    fn a_version_without_numbers_is_no_version() {
        for said in ["tmux master", "tmux openbsd-7.4", "", "tmux", "tmux 3", "tmux x.y"] {
            assert_eq!(Version::parse(said), None, "{said}");
        }
    }
}
