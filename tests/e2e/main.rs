//! All end-to-end tests, one binary: a module for each area. `Environment` in the library is where to start reading.
// Says to clippy that all of it is a test, functions beside the tests as well.
#![cfg(test)]

mod autosave;
mod autosave_loss;
mod completions;
mod create;
mod faults;
mod harness;
mod health;
mod incomplete;
mod leaving;
mod logs;
mod manual;
mod mixed;
mod names;
mod races;
mod readme;
mod recovery;
mod recovery_backups;
mod recovery_detect;
mod recovery_emergency;
mod recovery_faults;
mod recovery_hostile;
mod recovery_many;
mod recovery_power_cut;
mod restore;
mod save_faults;
mod state;
mod switch;
mod tmux_core;
mod watch;
