//! What must hold of tmux-core's decoders, whatever the bytes: they end without a panic, need memory in proportion to
//! the input, and what they read can be written and read again.
#![forbid(unsafe_code)]

pub mod control;
pub mod imsg;
pub mod layout;
mod memory;
pub mod rows;
pub mod snapshot;
pub mod version;
