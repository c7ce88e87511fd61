//! What a program left, and what may be asserted of it.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use bstr::ByteSlice;

/// The status of a program that has ended, and all that it printed.
#[derive(Clone)]
pub struct Output {
    /// The command line, shortened to the program's name.
    pub command: String,
    /// How it ended.
    pub status: ExitStatus,
    /// All of its standard output.
    pub stdout: Vec<u8>,
    /// All of its standard error.
    pub stderr: Vec<u8>,
    /// How long it ran.
    pub elapsed: Duration,
}

impl Output {
    /// The standard output as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[track_caller]
    pub fn stdout_str(&self) -> &str {
        self.stdout
            .to_str()
            .unwrap_or_else(|_| panic!("the standard output is not UTF-8: {self:?}"))
    }

    /// The standard error as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    #[track_caller]
    pub fn stderr_str(&self) -> &str {
        self.stderr
            .to_str()
            .unwrap_or_else(|_| panic!("the standard error is not UTF-8: {self:?}"))
    }

    /// Asserts that it ended with status 0.
    #[track_caller]
    pub fn success(self) -> Self {
        self.code(0)
    }

    /// Asserts that it ended with this status.
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert!(
            self.status.code() == Some(expected),
            "expected exit status {expected}: {self:?}"
        );
        self
    }

    /// The standard output as one JSON document.
    ///
    /// # Panics
    /// When it is not one.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }
}

/// Written as what stands in a terminal, because it is read in the messages of failed tests.
impl fmt::Debug for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "`{}` ({}, {:?})\n--- stdout\n{}\n--- stderr\n{}\n---",
            self.command,
            self.status,
            self.elapsed,
            self.stdout.to_str_lossy(),
            self.stderr.to_str_lossy(),
        )
    }
}
