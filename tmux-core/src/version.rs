//! tmux's version strings, and what they tell.

use std::fmt;

/// A tmux version, from `#{version}` or `tmux -V`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    text: String,
    rank: Rank,
}

/// Comparable part: release number and letter; development versions count as the newest they can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Release(u32, u32, u8),
    /// Built from the development branch, of unknown age.
    Master,
}

/// The newest version whose protocol was tried. With a later one, what goes wrong must go wrong before anything changes.
const NEWEST_TESTED: (u32, u32) = (3, 8);

impl Version {
    /// The oldest version this crate works with.
    pub const FLOOR: &'static str = "3.2a";

    /// Reads `3.3a`, `tmux 3.3a`, `3.0-rc3`, `next-3.4`, `openbsd-7.6`, `master`.
    ///
    /// A text of no known form is taken for a development version: the newest rules apply to it.
    pub fn parse(text: &str) -> Self {
        let mut text = text.trim();
        while let Some(rest) = text.strip_prefix("tmux ") {
            text = rest.trim_start();
        }
        // `openbsd-7.6` names the system's release, which says nothing of tmux's own.
        let number = if text.starts_with("openbsd-") {
            ""
        } else {
            text.strip_prefix("next-").unwrap_or(text)
        };
        let rank = release(number).unwrap_or(Rank::Master);
        Self {
            text: text.to_owned(),
            rank,
        }
    }

    /// Whether this version has what came with release `major.minor`, any letter.
    pub fn at_least(&self, major: u32, minor: u32) -> bool {
        self.rank >= Rank::Release(major, minor, 0)
    }

    pub(crate) fn is_from(&self, (major, minor, letter): (u32, u32, u8)) -> bool {
        self.rank >= Rank::Release(major, minor, letter)
    }

    pub(crate) fn is_until(&self, (major, minor, letter): (u32, u32, u8)) -> bool {
        self.rank <= Rank::Release(major, minor, letter)
    }

    /// Whether this version is newer than every release `major.minor`, letters included.
    pub fn is_after(&self, major: u32, minor: u32) -> bool {
        self.rank > Rank::Release(major, minor, u8::MAX)
    }

    /// Whether it is none that this crate has been tested with.
    pub(crate) fn is_newer_than_tested(&self) -> bool {
        self.is_after(NEWEST_TESTED.0, NEWEST_TESTED.1)
    }

    /// Whether this crate works with it.
    pub fn is_supported(&self) -> bool {
        self.rank >= Rank::Release(3, 2, b'a')
    }

    /// The text as tmux gave it, for example `3.3a`.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn release(number: &str) -> Option<Rank> {
    let (major, rest) = number.split_once('.')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (minor, suffix) = rest.split_at(digits);
    let letter = match suffix.as_bytes() {
        [] => 0,
        [letter] if letter.is_ascii_lowercase() => *letter,
        // A release candidate counts as its release.
        _ if suffix.starts_with("-rc") => 0,
        _ => return None,
    };
    Some(Rank::Release(major.parse().ok()?, minor.parse().ok()?, letter))
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_is_3_2a() {
        for (text, supported) in [
            ("2.6", false),
            ("tmux 3.1c", false),
            ("3.2", false),
            ("3.2a", true),
            ("3.3-rc", true),
            ("3.3a", true),
            ("3.10", true),
            ("next-3.9", true),
            ("next-3.1", false),
            ("openbsd-7.6", true),
            ("master", true),
            ("", true),
        ] {
            assert_eq!(Version::parse(text).is_supported(), supported, "{text}");
        }
    }

    #[test]
    fn numbers_compare_as_numbers() {
        assert!(Version::parse("3.10").at_least(3, 8));
        assert!(!Version::parse("3.7c").at_least(3, 8));
        assert!(Version::parse("master").at_least(99, 0));
    }
}
