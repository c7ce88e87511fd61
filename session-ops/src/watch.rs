//! A process that watches the server and saves what changes, and from time to time what no change tells: directories and
//! agents. It lives as long as it is let, through ends and beginnings of the server, which it never starts.
//!
//! It asks for the structure of the server again and again. It isn't a client of the server: a client counts as somebody
//! who looks at a session, so that the session couldn't be left any more.

mod stop;
pub mod unit;

use std::time::{Duration, Instant};

use bstr::BString;

use crate::autosave::{lock_watch, notices, save_all};
use crate::context::Context;
use crate::error::{Error, with_causes};
use crate::hooks::{AgentNotices, HookEvent, Notices, Occasion, with_queue};
use crate::log::Entry;

pub use stop::Stop;

/// How often the server is asked. What is another than at the last look may have changed right after that, and waits for
/// `autosave.delay` from then on: with the built-in one it is saved at once.
const PERIOD: Duration = Duration::from_secs(1);

/// How often a server is looked for while there is none.
const ABSENT: Duration = Duration::from_secs(1);

/// After a failure nothing is tried for so long.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// What a watcher tells while it watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// There is a server.
    ServerCame,
    /// There is none any more.
    ServerWent,
    /// These projects were saved.
    Saved(Vec<String>),
    /// Nothing could be saved, for this reason.
    Failed(String),
}

/// Watches until it is told to stop. What has changed by then is saved before it ends.
///
/// # Errors
///
/// [`Error::Lock`] if another process watches this server.
pub fn watch(context: &Context, stop: &Stop, tell: &mut dyn FnMut(Watched)) -> Result<(), Error> {
    let lock = lock_watch(context)?;
    context.log.write(&Entry::info("watch", "begins"));
    with_queue(context, |notices| {
        let mut watcher = Watcher::new(context, notices);
        while !stop.requested() {
            let wait = watcher.step(tell);
            stop.wait(wait);
        }
        watcher.save_what_is_left(tell);
    });
    context.log.write(&Entry::info("watch", "ends"));
    lock.guard.release();
    Ok(())
}

struct Watcher<'a> {
    context: &'a Context,
    /// What the server was when it was asked last; `None` without a server.
    structure: Option<BString>,
    /// When it was asked last.
    looked: Option<Instant>,
    /// When the first change that isn't saved yet may have been.
    changed: Option<Instant>,
    /// When everything was saved last.
    saved: Option<Instant>,
    /// Nothing is tried before.
    not_before: Option<Instant>,
    /// Where it is told what hooks notify of.
    notices: &'a Notices<'a>,
    /// The failures that were told, until something else is the case.
    failures: Vec<Occasion>,
    agents: AgentNotices,
}

impl<'a> Watcher<'a> {
    fn new(context: &'a Context, notices: &'a Notices<'a>) -> Self {
        Self {
            context,
            notices,
            failures: Vec::new(),
            agents: AgentNotices::default(),
            structure: None,
            looked: None,
            changed: None,
            saved: None,
            not_before: None,
        }
    }

    /// Looks once, saves if it is time to, and says how long to wait.
    fn step(&mut self, tell: &mut dyn FnMut(Watched)) -> Duration {
        self.look(tell);
        if self.structure.is_none() {
            return ABSENT;
        }
        // Nobody listens, nobody looks.
        if self.context.config.hooks.any(HookEvent::Notify) {
            let told = self.agents.look(self.context);
            told.into_iter().for_each(|occasion| self.notices.tell(occasion));
        }
        let now = Instant::now();
        let settings = &self.context.config.autosave;
        let due =
            |since: Option<Instant>, after: Duration| since.is_some_and(|since| now.duration_since(since) >= after);
        let held_back = self.not_before.is_some_and(|then| now < then);
        let time = due(self.changed, settings.delay.value) || due(self.saved, settings.interval.value);
        if time && !held_back {
            self.save(tell);
        }
        // Not later than a change that waits is due.
        match self.changed {
            Some(since) if !held_back => {
                let left = settings.delay.value.saturating_sub(since.elapsed());
                left.clamp(Duration::from_millis(1), PERIOD)
            }
            _ => PERIOD,
        }
    }

    fn look(&mut self, tell: &mut dyn FnMut(Watched)) {
        let now = Instant::now();
        let before = self.looked.replace(now).unwrap_or(now);
        match self.context.server.structure() {
            Ok(structure) => {
                if self.structure.is_none() {
                    self.context.log.write(&Entry::info("watch", "there is a server"));
                    tell(Watched::ServerCame);
                    self.saved = Some(Instant::now());
                }
                if self.structure.as_ref() != Some(&structure) {
                    self.changed.get_or_insert(before);
                    self.structure = Some(structure);
                }
            }
            // It may be busy, or of a version that has to be asked otherwise: it is asked again.
            Err(error) if !is_gone(&error) => {}
            Err(_) => {
                if self.structure.take().is_some() {
                    self.context.log.write(&Entry::info("watch", "the server has ended"));
                    tell(Watched::ServerWent);
                }
                self.changed = None;
            }
        }
    }

    fn save(&mut self, tell: &mut dyn FnMut(Watched)) {
        // What changes from now on is another change.
        let changed = self.changed.take();
        self.not_before = None;
        let outcome = save_all(self.context, "watch");
        let failures = notices(&outcome);
        let new = failures.iter().filter(|failure| !self.failures.contains(failure));
        new.for_each(|failure| self.notices.tell(failure.clone()));
        self.failures = failures;
        match outcome {
            Ok(saved) => {
                self.saved = Some(Instant::now());
                let new: Vec<String> = saved
                    .into_iter()
                    .filter(|session| session.outcome == crate::save::SaveOutcome::Saved)
                    .map(|session| session.project)
                    .collect();
                if !new.is_empty() {
                    tell(Watched::Saved(new));
                }
            }
            Err(error) => {
                self.changed = changed.or_else(|| Some(Instant::now()));
                self.not_before = Some(Instant::now() + AFTER_FAILURE);
                tell(Watched::Failed(with_causes(&error)));
            }
        }
    }

    fn save_what_is_left(&mut self, tell: &mut dyn FnMut(Watched)) {
        self.look(tell);
        if self.changed.is_some() {
            self.save(tell);
        }
    }
}

/// Whether there is no server; else it only couldn't be asked.
fn is_gone(error: &tmux_core::Error) -> bool {
    matches!(
        error,
        tmux_core::Error::NoServer { .. } | tmux_core::Error::ServerLost { .. }
    )
}
