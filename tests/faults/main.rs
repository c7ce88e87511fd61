//! Processes that are killed, refused, starved or cut off from power at every point: what a save leaves then.
//!
//! The gate runs a sample whose seed it prints; `cargo xtask soak` runs everything.
// Says to clippy that all of it is a test, functions beside the tests as well.
#![cfg(test)]

mod errors;
mod full_disk;
mod kill;
mod lock;
mod namespace;
mod order;
mod power_cut;
mod scenario;
