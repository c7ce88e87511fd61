//! The log: what tsm did, one record a line, written by many processes at once.
//!
//! A record is appended in one write, which no other process can divide. It never holds a control character of anybody
//! else's choosing, so that no name can make a line of its own or speak to the terminal that shows it.

mod follow;
mod format;
mod rotate;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use session_lock::replace::{ReplaceError, create_private_dir, open_append};

use crate::clock::Clock;
use crate::paths::StateHome;

pub use follow::{Follower, Tail, tail};
pub use format::LogFormat;

/// How much a record matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something was not done.
    Error,
    /// Something is not as it should be.
    Warning,
    /// Something was done.
    Info,
    /// For finding out what goes wrong.
    Debug,
}

impl Level {
    /// The word in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// What is logged, without what every record has: time, process.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    /// How much it matters.
    pub level: Level,
    /// The verb that did it.
    pub verb: &'a str,
    /// The project it was done to.
    pub project: Option<&'a str>,
    /// What happened.
    pub message: &'a str,
    /// More about it, by name.
    pub fields: &'a [(&'a str, String)],
}

impl<'a> Entry<'a> {
    /// A record of something that was done.
    pub fn info(verb: &'a str, message: &'a str) -> Self {
        Self {
            level: Level::Info,
            verb,
            project: None,
            message,
            fields: &[],
        }
    }

    /// The same of another level.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// The same with a project.
    #[must_use]
    pub fn project(self, project: &'a str) -> Self {
        Self {
            project: Some(project),
            ..self
        }
    }

    /// The same with fields.
    #[must_use]
    pub fn fields(self, fields: &'a [(&'a str, String)]) -> Self {
        Self { fields, ..self }
    }
}

/// How the log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogOptions {
    /// How its lines look.
    pub format: LogFormat,
    /// Bytes after which a new file is begun.
    pub max_bytes: u64,
    /// How many older files are kept.
    pub keep: u32,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            format: LogFormat::Human,
            max_bytes: 1024 * 1024,
            keep: 3,
        }
    }
}

/// The log of this user. Making one creates nothing.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    options: LogOptions,
    clock: Clock,
    /// What couldn't be written, for `health` of this very process.
    failure: Mutex<Option<ReplaceError>>,
}

impl Log {
    /// The log in this place.
    pub fn new(home: &StateHome, options: LogOptions, clock: Clock) -> Self {
        Self::at(home.log(), options, clock)
    }

    /// A log in another place than the context's: of a process that has none.
    pub(crate) fn at(path: PathBuf, options: LogOptions, clock: Clock) -> Self {
        Self {
            path,
            options,
            clock,
            failure: Mutex::new(None),
        }
    }

    /// Writes a record. A log that can't be written stops no verb: the user asked for something else.
    pub fn write(&self, entry: &Entry<'_>) {
        if let Err(error) = self.try_write(entry) {
            let mut failure = self.failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            *failure = Some(error);
        }
    }

    /// Writes a record.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn try_write(&self, entry: &Entry<'_>) -> Result<(), ReplaceError> {
        let line = format::line(self.options.format, self.clock.now(), std::process::id(), entry);
        let failed = |source| ReplaceError::Io {
            path: self.path.clone(),
            action: "append to",
            source,
        };
        let mut file = match open_append(&self.path) {
            Ok(file) => file,
            Err(_) => {
                // The first record of all: its directory isn't there.
                self.make_directory()?;
                open_append(&self.path)?
            }
        };
        file.write_all(line.as_bytes()).map_err(failed)?;
        rotate::rotate_if_large(&self.path, &file, &self.options, self.clock.now());
        Ok(())
    }

    /// Makes the directory that it lies in, for whoever wants to see it grow before it is there.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn make_directory(&self) -> Result<(), ReplaceError> {
        if let Some(directory) = self.path.parent() {
            create_private_dir(directory)?;
        }
        Ok(())
    }

    /// Where it lies; older ones are `NAME.1`, `NAME.2` and so on.
    pub fn path(&self) -> &std::path::Path {
        &self.path
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write logs of their own")]
mod tests;
