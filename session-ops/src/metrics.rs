//! Figures kept across calls: how often verbs ran, how long they took, how long locks were waited for.
//!
//! A verb writes what it measured into a small file of its own, which costs no lock and no wait. Whoever reads the
//! figures, or finds many of these files, folds them into the totals; one process does that at a time, and one that finds
//! another at it leaves it alone. A file that was folded in is named in the totals before it is removed, so that a crash
//! in between makes nothing count twice, and none is removed before the totals are in place, so that none is lost.

mod histogram;
mod openmetrics;
mod samples;
mod totals;

use std::path::{Path, PathBuf};
use std::time::Duration;

use session_lock::replace::ReplaceError;
use session_lock::{LockError, LockOptions, Wait, acquire};

use crate::paths::StateHome;

pub use histogram::Histogram;
pub use openmetrics::{Family, FamilyKind, Sample, text};
pub use samples::{Measured, Verdict};
pub use totals::Totals;

/// So many files make the next verb fold them in.
const MANY: usize = 256;

/// Why the figures can't be read.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// Another process folds, and doesn't come to an end.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file can't be written.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// A file can't be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
}

/// The figures of this user. Making one creates nothing.
#[derive(Debug, Clone)]
pub struct Metrics {
    directory: PathBuf,
}

impl Metrics {
    /// The figures in this place.
    pub fn new(home: &StateHome) -> Self {
        Self {
            directory: home.directory().join("metrics"),
        }
    }

    /// Adds what a verb measured. Never waits for anybody.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn add(&self, measured: &Measured) -> Result<(), ReplaceError> {
        let waiting = samples::write(&self.samples(), measured)?;
        if waiting >= MANY {
            // Whoever is at it does the same; what is refused is tried again by the next verb.
            let _later = self.fold(Wait::No, 0);
        }
        Ok(())
    }

    /// All figures until now.
    ///
    /// # Errors
    ///
    /// [`MetricsError`].
    pub fn totals(&self, now: i64) -> Result<Totals, MetricsError> {
        self.fold(Wait::For(Duration::from_secs(5)), now)
    }

    fn fold(&self, wait: Wait, now: i64) -> Result<Totals, MetricsError> {
        let samples = self.samples();
        if !samples.exists() {
            return Ok(Totals::default());
        }
        let lock = LockOptions {
            wait,
            purpose: "tsm metrics".to_owned(),
            now,
            shared: false,
            allow_network_fs: true,
        };
        let _lock = acquire(&self.directory.join("lock"), &lock)?;
        let path = self.directory.join("totals.toml");
        let mut totals = Totals::read(&path);
        let waiting = samples::list(&samples)?;
        let (folded, new): (Vec<PathBuf>, Vec<PathBuf>) =
            waiting.into_iter().partition(|path| totals.has_folded(&name_of(path)));
        // Their crash came between the totals and the removal.
        folded.iter().for_each(|path| samples::remove(path));
        if new.is_empty() {
            return Ok(totals);
        }
        totals.begin_folding(|name| samples.join(name).exists());
        for path in &new {
            totals.fold(&name_of(path), samples::read(path).as_ref());
        }
        totals.write(&path)?;
        new.iter().for_each(|path| samples::remove(path));
        Ok(totals)
    }

    fn samples(&self) -> PathBuf {
        self.directory.join("samples")
    }
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests cut files short")]
mod tests;
