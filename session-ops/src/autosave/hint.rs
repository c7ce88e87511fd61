//! Telling once how to have the watcher run.

use crate::context::Context;
use crate::event::{Event, Events};

/// Tells it unless it was told before or a watcher runs. The mark belongs to the user, not to a server.
pub(super) fn tell_once(context: &Context, events: Events<'_>) {
    let told = super::directory(context).join("told-of-watch");
    if told.exists() || super::watcher(context).is_some() {
        return;
    }
    // Who can't be told once isn't told at all.
    if super::open_mark(context, &told).is_ok() {
        events(Event::HintWatch);
    }
}
