//! What one call of a verb measured, in a file of its own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use session_lock::replace::{ReplaceError, create_private_dir, open_append, remove_file, rename};
use uuid::Uuid;

use super::MetricsError;

/// What one call of a verb measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The verb.
    pub verb: String,
    /// How it went.
    pub verdict: Verdict,
    /// Microseconds from its beginning to its end.
    pub micros: u64,
    /// Microseconds that it waited for each lock it took, in the order of taking.
    #[serde(default)]
    pub lock_waits: Vec<u64>,
    /// Sessions that it wrote a state of.
    #[serde(default)]
    pub saved: u64,
    /// Sessions whose state was as it had been saved before.
    #[serde(default)]
    pub unchanged: u64,
    /// Sessions that couldn't be saved.
    #[serde(default)]
    pub save_failures: u64,
}

/// How a call of a verb went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Verdict(String);

impl Verdict {
    /// It did what was asked.
    pub fn done() -> Self {
        Self("done".to_owned())
    }

    /// It failed; the name of its [`crate::Class`].
    pub fn failed(class: crate::Class) -> Self {
        Self(class.name().to_owned())
    }

    /// The word in the figures.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is no failure.
    pub fn is_done(&self) -> bool {
        self.0 == "done"
    }
}

impl Default for Verdict {
    fn default() -> Self {
        Self::done()
    }
}

impl Measured {
    /// The time it took.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.micros)
    }
}

/// Files that are being written begin with this; they are nobody's until they are renamed.
const UNFINISHED: &str = ".";

/// Writes a file, and tells how many there are. It isn't made durable: a power cut may take the figures of the last
/// seconds, and no verb waits for a disk because of them.
pub(super) fn write(directory: &Path, measured: &Measured) -> Result<usize, ReplaceError> {
    if !directory.is_dir() {
        create_private_dir(directory)?;
    }
    let name = Uuid::new_v4().simple().to_string();
    let unfinished = directory.join(format!("{UNFINISHED}{name}"));
    let text = toml::to_string(measured).unwrap_or_default();
    let failed = |source| ReplaceError::Io {
        path: unfinished.clone(),
        action: "write",
        source,
    };
    open_append(&unfinished)?.write_all(text.as_bytes()).map_err(failed)?;
    rename(&unfinished, &directory.join(name))?;
    Ok(std::fs::read_dir(directory).map_or(0, Iterator::count))
}

/// The finished files.
pub(super) fn list(directory: &Path) -> Result<Vec<PathBuf>, MetricsError> {
    let unreadable = |source| MetricsError::Unreadable {
        path: directory.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            remove_if_old(&entry.path());
        } else {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// What a file holds; a power cut can leave one empty, which then counts for nothing.
pub(super) fn read(path: &Path) -> Option<Measured> {
    toml::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

pub(super) fn remove(path: &Path) {
    let _the_next_removes_it = remove_file(path);
}

/// What a killed process left unfinished: writing takes microseconds, not hours.
fn remove_if_old(path: &Path) {
    const OLD: Duration = Duration::from_secs(3600);
    let age = path.metadata().and_then(|found| found.modified());
    if age.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > OLD)) {
        remove(path);
    }
}
