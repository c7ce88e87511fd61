//! The totals, in one file that is replaced as a whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use session_lock::replace::{ReplaceError, replace_file};

use super::histogram::Histogram;
use super::samples::Measured;

/// The file is small; more than this isn't ours.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Everything that was measured until now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// The files that went into it last and may still lie there.
    folded: Vec<String>,
    /// Sessions by what came of saving them: `saved`, `unchanged`, `failed`.
    pub saves: BTreeMap<String, u64>,
    /// Failures by their class.
    pub errors: BTreeMap<String, u64>,
    /// Calls of each verb by how they went.
    pub calls: BTreeMap<String, BTreeMap<String, u64>>,
    /// How long each verb took.
    pub durations: BTreeMap<String, Histogram>,
    /// How long locks were waited for.
    pub lock_waits: Histogram,
}

impl Totals {
    /// Reads them. Figures are no data of the user's: a file that can't be read begins anew.
    pub(super) fn read(path: &Path) -> Self {
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
        let mut totals: Self = match read {
            Ok(_) => toml::from_str(&text).unwrap_or_default(),
            Err(_) => Self::default(),
        };
        totals.durations.retain(|_, histogram| histogram.fits());
        if !totals.lock_waits.fits() {
            totals.lock_waits = Histogram::default();
        }
        totals
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), ReplaceError> {
        // Plain maps of numbers always serialise.
        let text = toml::to_string(self).unwrap_or_default();
        replace_file(path, text.as_bytes())
    }

    pub(super) fn has_folded(&self, name: &str) -> bool {
        self.folded.iter().any(|folded| folded == name)
    }

    /// Forgets what was folded earlier and has been removed by now.
    pub(super) fn begin_folding(&mut self, still_there: impl Fn(&str) -> bool) {
        self.folded.retain(|name| still_there(name));
    }

    pub(super) fn fold(&mut self, name: &str, measured: Option<&Measured>) {
        self.folded.push(name.to_owned());
        if let Some(measured) = measured {
            self.add(measured);
        }
    }

    /// Adds what a verb measured.
    pub fn add(&mut self, measured: &Measured) {
        let outcomes = [
            ("saved", measured.saved),
            ("unchanged", measured.unchanged),
            ("failed", measured.save_failures),
        ];
        for (outcome, count) in outcomes.into_iter().filter(|(_, count)| *count > 0) {
            add(&mut self.saves, outcome, count);
        }
        let verdict = measured.verdict.as_str();
        if !measured.verdict.is_done() {
            add(&mut self.errors, verdict, 1);
        }
        add(self.calls.entry(measured.verb.clone()).or_default(), verdict, 1);
        self.durations
            .entry(measured.verb.clone())
            .or_default()
            .add(measured.duration());
        for wait in &measured.lock_waits {
            self.lock_waits.add(Duration::from_micros(*wait));
        }
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: &str, by: u64) {
    let count = counts.entry(name.to_owned()).or_default();
    *count = count.saturating_add(by);
}
