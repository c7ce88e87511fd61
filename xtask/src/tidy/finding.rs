//! One finding of tidy.

use std::fmt;

/// One finding: where, what and why it matters.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) path: String,
    /// The first line is 1.
    pub(crate) line: usize,
    what: String,
    why: String,
    /// Told, and no reason to fail.
    pub(crate) warning: bool,
}

impl Finding {
    pub(crate) fn new(path: &str, line: usize, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
            why: why.into(),
            warning: false,
        }
    }

    pub(crate) fn warning(path: &str, line: usize, what: impl Into<String>, why: impl Into<String>) -> Self {
        Self {
            warning: true,
            ..Self::new(path, line, what, why)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            what,
            why,
            warning,
        } = self;
        let kind = if *warning { "warning, " } else { "" };
        write!(f, "{path}:{line}: {kind}{what}: {why}")
    }
}
