#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod acquire;
mod error;
mod flock;
mod guard;
mod network_fs;
mod open;
mod process;
mod queue;
mod record;
mod registry;
pub mod replace;

pub use acquire::{Acquired, LockOptions, Previous, Wait, acquire, acquire_notifying};
pub use error::LockError;
pub use guard::Guard;
pub use process::{Liveness, Process, ProcessError, ProcessIdentity, Signal, boot_id};
pub use record::{Owner, last_holder};

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests start other processes that lock")]
mod process_tests;
