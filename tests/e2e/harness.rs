//! The harness itself: what the other tests rely on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use tests::wait::{wait_for_within, wait_until_within};

mod agent;
mod programs;
mod server;
mod terminal;

/// What the closure panicked with.
fn panic_message(closure: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(closure)).expect_err("it should have panicked");
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => (*payload.downcast_ref::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn waiting_names_what_it_waited_for() {
    let limit = Duration::from_millis(40);
    let message = panic_message(|| wait_until_within(limit, "the moon", || None));
    assert_eq!(message, "waited 40ms for the moon");
    let message = panic_message(|| wait_for_within(limit, "the sun", || Err::<(), _>("rain")));
    assert_eq!(message, "waited 40ms for the sun; last seen: \"rain\"");
}

#[test]
fn waiting_ends_with_the_condition() {
    let mut looks = 0;
    let seen = wait_until_within(Duration::from_secs(5), "the third look", || {
        looks += 1;
        (looks == 3).then_some("it")
    });
    assert_eq!((seen, looks), ("it", 3));
}
