//! What the hooks start: saves everything once, however many were started.

use std::time::Instant;

use session_lock::replace::remove_file;
use session_lock::{Wait, acquire};

use super::hook_text::unmark;
use super::{lock_options, mark, mark_saved, open_mark, watcher};
use crate::account::{count_saves, micros};
use crate::context::Context;
use crate::error::{Error, with_causes};
use crate::hooks::{self, Occasion};
use crate::log::{Entry, Level};
use crate::metrics::{Measured, Verdict};
use crate::save::{SaveOutcome, SaveRequest, Saved, failure, failures, save_without};

/// Who saves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saving {
    /// This process did; what came of the last time.
    Done(Vec<Saved>),
    /// Another process is at it, and looks again because of this one.
    Elsewhere,
    /// This process watches the server, and has seen the change.
    Watched(u32),
}

/// Saves all sessions, unless somebody does who will look again.
///
/// Whoever comes leaves a mark, and goes if another saves. The one that saves takes the mark away before it looks, and
/// looks for a mark again after it has given the lock back: so the last mark is followed by a look that began later.
///
/// # Errors
///
/// As [`crate::save::save`].
pub fn save_changes(context: &Context) -> Result<Saving, Error> {
    // Before anything is looked at. A server that has ended has no mark.
    let _gone_with_its_server = context.server.run(vec![unmark()]);
    if let Some(watcher) = watcher(context) {
        return Ok(Saving::Watched(watcher));
    }
    let dirty = mark(context, "dirty");
    open_mark(context, &dirty)?;
    let mut saved = None;
    while dirty.exists() {
        let Ok(lock) = acquire(&mark(context, "saver"), &lock_options(context, "autosave", Wait::No)) else {
            break;
        };
        while dirty.exists() {
            // Whoever else may have taken it away holds no lock: it wasn't one of us.
            let _gone = remove_file(&dirty);
            let outcome = save_all(context, "autosave");
            notices(&outcome)
                .iter()
                .for_each(|notice| hooks::notify(context, notice));
            saved = Some(outcome?);
        }
        lock.guard.release();
    }
    Ok(saved.map_or(Saving::Elsewhere, Saving::Done))
}

/// What to notify of.
pub(crate) fn notices(outcome: &Result<Vec<Saved>, Error>) -> Vec<Occasion> {
    match outcome {
        Ok(saved) => failures("autosave", saved).collect(),
        Err(Error::Tmux(tmux_core::Error::NoServer { .. } | tmux_core::Error::ServerLost { .. })) => Vec::new(),
        Err(error) => vec![failure("autosave", &with_causes(error))],
    }
}

/// Saves all sessions, and leaves in the log what was new and what failed.
pub(crate) fn save_all(context: &Context, verb: &'static str) -> Result<Vec<Saved>, Error> {
    let started = Instant::now();
    let everything = SaveRequest { projects: Vec::new() };
    let outcome = save_without(context, &everything, &[], &mut |_event| {});
    let mut measured = Measured {
        verb: verb.to_owned(),
        micros: micros(started.elapsed()),
        ..Measured::default()
    };
    match &outcome {
        Ok(saved) => {
            count_saves(&mut measured, saved);
            tell(context, verb, saved);
        }
        // A server that has just ended has nothing to save.
        Err(Error::Tmux(tmux_core::Error::NoServer { .. } | tmux_core::Error::ServerLost { .. })) => {}
        Err(error) => {
            measured.verdict = Verdict::failed(error.class());
            let message = with_causes(error);
            context.log.write(&Entry::info(verb, &message).level(Level::Error));
        }
    }
    context.measure(&measured);
    let saved = outcome?;
    mark_saved(context)?;
    Ok(saved)
}

fn tell(context: &Context, verb: &str, saved: &[Saved]) {
    let new: Vec<&str> = saved
        .iter()
        .filter(|session| session.outcome == SaveOutcome::Saved)
        .map(|session| session.project.as_str())
        .collect();
    if !new.is_empty() {
        let message = format!("saved {}", new.join(", "));
        context.log.write(&Entry::info(verb, &message));
    }
    for session in saved {
        if let SaveOutcome::Failed(why) = &session.outcome {
            let entry = Entry::info(verb, why).level(Level::Error);
            context.log.write(&entry.project(&session.project));
        }
    }
}
