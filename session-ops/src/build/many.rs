//! Building many sessions: their records are written while tmux builds.
//!
//! The first session is built by a call of its own, whose answer tells what the records of the others will say. From then
//! on they are staged. Most of the others come in the second call, and while tmux builds the rest of them in the third,
//! the records of most take their places.

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, Builder};

use rustix::process::nice;
use session_state::{ExclusiveStore, Saved, ServerIdentity, SessionState};

use super::expected::expected;
use super::{Built, Job, all_saved, amending, build_part, building, while_hooks_are_set};
use crate::beside::beside;
use crate::context::Context;
use crate::error::Error;

/// So many are built in several calls.
pub(super) const MANY: usize = 16;

/// So many are left for the last call, if that isn't nearly all: in the end it is their records that are waited for, unless
/// the machine is so busy that not all were staged by then.
const LAST: usize = 16;

/// How much nicer than tmux is what writes the records meanwhile: tmux is what is waited for, and on a machine that starts
/// hundreds of shells it gets only its share.
const NICE: i32 = 10;

/// Builds the first session, then the others, and records those that came to be.
pub(super) fn build_many(
    context: &Context,
    first: &Job<'_>,
    others: &[Job<'_>],
    saved: &Saved,
) -> Result<Built, Error> {
    let most = others.len() - if others.len() > 2 * LAST { LAST } else { 0 };
    let (most, last) = others.split_at(most);
    let parts = [most, last].into_iter().filter(|part| !part.is_empty());
    let store = amending(context, &saved.reason)?;
    thread::scope(|scope| {
        // What they are asks nobody, and is told as soon as the first is there.
        let prepare = parts.map(|part| (part, beside(scope, || building(part))));
        let prepared: Vec<_> = prepare.collect();
        let first = std::slice::from_ref(first);
        let mut built = build_part(context, first, building(first), saved)?;
        let (tell, told) = channel();
        let (store, begin) = (&store, Beginning::of(&built));
        let recording = beside(scope, move || record(context, store, begin, others, saved, told));
        let mut result = Ok(());
        for (part, prepared) in prepared {
            result = build_part(context, part, prepared.result(), saved).and_then(|more| {
                // Why nobody hears it is what the recording comes to.
                let _heard = tell.send(more.records.clone());
                built.extend(more, context.server.socket_path())
            });
            if result.is_err() {
                break;
            }
        }
        drop(tell);
        let recorded = || recording.result();
        match result {
            Ok(()) => while_hooks_are_set(context, recorded)?,
            Err(error) => {
                recorded()?;
                return Err(error);
            }
        }
        Ok(built)
    })
}

/// What the answer about the first session says.
struct Beginning {
    records: Vec<SessionState>,
    server: Option<ServerIdentity>,
    newest_pane: Option<u32>,
}

impl Beginning {
    fn of(built: &Built) -> Self {
        Self {
            records: built.records.clone(),
            server: built.server.clone(),
            newest_pane: built.newest_pane,
        }
    }
}

/// Stages what the records will say, and gives those that come true their places as they are told; others are written anew.
fn record(
    context: &Context,
    store: &ExclusiveStore<'_>,
    begin: Beginning,
    others: &[Job<'_>],
    saved: &Saved,
    told: Receiver<Vec<SessionState>>,
) -> Result<(), Error> {
    let mut all_expected = begin.records.clone();
    if let (Some(server), Some(newest)) = (&begin.server, begin.newest_pane) {
        let mut next = newest.saturating_add(1);
        let expected = others.iter().map(|job| expected(job, server, saved, &mut next));
        all_expected.extend(expected.flatten());
    }
    let nicely = || {
        // In a thread of its own, because nobody may be less nice than he was.
        let _as_far_as_it_goes = nice(NICE);
        store.stage_all(&all_expected)
    };
    let mut staged = thread::scope(|scope| match Builder::new().spawn_scoped(scope, nicely) {
        // A panic in there is one here.
        Ok(staging) => staging.join().unwrap_or_else(|panic| resume_unwind(panic)),
        Err(_) => store.stage_all(&all_expected),
    });
    let (mut ahead, mut anew) = (0, 0);
    let mut result = Ok(());
    for records in std::iter::once(begin.records).chain(told) {
        let (came_true, others): (Vec<_>, Vec<_>) =
            records.into_iter().partition(|record| all_expected.contains(record));
        let came_true: BTreeSet<&str> = came_true.iter().map(|record| record.project.as_str()).collect();
        (ahead, anew) = (ahead + came_true.len(), anew + others.len());
        // One that can't be saved keeps none of the others from it.
        result = result.and(all_saved(staged.commit(|project| came_true.contains(project))));
        if !others.is_empty() {
            result = result.and(all_saved(store.save_all(&others)));
        }
    }
    context.tell_trace(|| format!("records written ahead: {ahead}, anew: {anew}"));
    result
}
