//! What a call of a verb leaves behind for people and machines: a record in the log, and figures.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::context::Context;
use crate::error::{Error, with_causes};
use crate::log::{Entry, Level};
use crate::metrics::{Measured, Verdict};
use crate::save::{SaveOutcome, Saved};

/// The call that is going on, if it is one that is accounted for. Those that only look aren't: they cost nothing more.
#[derive(Debug, Default)]
pub struct Account {
    call: Mutex<Option<Call>>,
    failed: Mutex<Vec<FailedPart>>,
}

/// A project of several that a verb failed for, while it went on with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailedPart {
    pub(crate) project: String,
    pub(crate) why: String,
}

#[derive(Debug)]
struct Call {
    verb: &'static str,
    project: Option<String>,
    started: Instant,
    measured: Measured,
}

impl Account {
    fn call(&self) -> MutexGuard<'_, Option<Call>> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed_parts(&self) -> MutexGuard<'_, Vec<FailedPart>> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A verb that has a result for each project failed for this one.
    pub(crate) fn failed(&self, project: &str, why: &str) {
        self.failed_parts().push(FailedPart {
            project: project.to_owned(),
            why: why.to_owned(),
        });
    }

    /// What failed since this was asked the last time.
    pub(crate) fn take_failed(&self) -> Vec<FailedPart> {
        std::mem::take(&mut self.failed_parts())
    }

    /// A lock was waited for so long.
    pub(crate) fn waited(&self, duration: Duration) {
        if let Some(call) = self.call().as_mut() {
            call.measured.lock_waits.push(micros(duration));
        }
    }

    /// Sessions were saved.
    pub(crate) fn saved(&self, saved: &[Saved]) {
        if let Some(call) = self.call().as_mut() {
            count_saves(&mut call.measured, saved);
        }
    }
}

/// Adds the outcomes of saving to what is measured.
pub(crate) fn count_saves(measured: &mut Measured, saved: &[Saved]) {
    for session in saved {
        match session.outcome {
            SaveOutcome::Saved => measured.saved += 1,
            SaveOutcome::Unchanged => measured.unchanged += 1,
            SaveOutcome::Failed(_) => measured.save_failures += 1,
        }
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

impl Context {
    /// A verb that changes something begins.
    pub fn begin(&self, verb: &'static str) {
        *self.account.call() = Some(Call {
            verb,
            project: None,
            started: Instant::now(),
            measured: Measured {
                verb: verb.to_owned(),
                ..Measured::default()
            },
        });
    }

    /// The project that it is about.
    pub fn about(&self, project: &str) {
        if let Some(call) = self.account.call().as_mut() {
            call.project = Some(project.to_owned());
        }
    }

    /// The verb has ended: its record is written, once. A front end that becomes another program calls this before.
    ///
    /// Returns the project that it was about.
    pub fn finish(&self, failure: Option<&Error>) -> Option<String> {
        let mut call = self.account.call().take()?;
        for part in self.account.failed_parts().iter() {
            let entry = Entry::info(call.verb, &part.why).level(Level::Error);
            self.log.write(&entry.project(&part.project));
        }
        let took = call.started.elapsed();
        call.measured.micros = micros(took);
        let mut fields = vec![("ms", format!("{:.1}", took.as_secs_f64() * 1000.0))];
        let (level, message) = match failure {
            None => (Level::Info, "done".to_owned()),
            Some(error) => {
                call.measured.verdict = Verdict::failed(error.class());
                fields.push(("class", error.class().name().to_owned()));
                (Level::Error, with_causes(error))
            }
        };
        let entry = Entry {
            level,
            verb: call.verb,
            project: call.project.as_deref(),
            message: &message,
            fields: &fields,
        };
        self.log.write(&entry);
        self.measure(&call.measured);
        call.project
    }

    /// Adds figures. That they can't be kept stops nothing.
    pub(crate) fn measure(&self, measured: &Measured) {
        if let Err(error) = self.metrics.add(measured) {
            let message = with_causes(&error);
            self.log.write(&Entry::info("metrics", &message).level(Level::Warning));
        }
    }
}
