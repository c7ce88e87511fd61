//! The crate `tmux-core` against a real server, over each of its transports.

mod basics;
mod batches;
mod commands;
mod control_mode;
mod examples;
mod lasting_traps;
mod layouts;
mod names;
mod places;
mod programs;
mod reading;
mod settings;
mod traps;
mod typing;
mod wire;
mod world;
