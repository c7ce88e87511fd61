//! `notify` hooks of whoever watches: they run beside the watching, one after the other.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread;

use super::{HookEvent, Occasion, after};
use crate::context::Context;
use crate::log::{Entry, Level};

/// So many wait for the one that runs; who notices more than that is told of no more.
const WAITING: usize = 64;

/// Where notifications go.
pub(crate) struct Notices<'a> {
    context: &'a Context,
    sender: SyncSender<Occasion>,
}

impl Notices<'_> {
    /// Has the `notify` hooks run for this, soon.
    pub(crate) fn tell(&self, occasion: Occasion) {
        if let Err(TrySendError::Full(_)) = self.sender.try_send(occasion) {
            let message = "a notification is dropped: too many wait for their hooks";
            self.context
                .log
                .write(&Entry::info("hook", message).level(Level::Warning));
        }
    }
}

/// Does something that notifies. At its end the hook that runs is waited for, and what waits is dropped.
pub(crate) fn with_queue<T>(context: &Context, work: impl FnOnce(&Notices<'_>) -> T) -> T {
    let (sender, receiver) = sync_channel::<Occasion>(WAITING);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let done = &done;
        let runner = scope.spawn(move || {
            while let Ok(occasion) = receiver.recv() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                after(context, HookEvent::Notify, &occasion, &mut |_it_is_logged| {});
            }
        });
        let notices = Notices { context, sender };
        let outcome = work(&notices);
        done.store(true, Ordering::Relaxed);
        drop(notices);
        // A panic in there is one here.
        runner.join().unwrap_or_else(|panic| resume_unwind(panic));
        outcome
    })
}
