//! All end-to-end tests, one binary: a module for each area. `Environment` in the library is where to start reading.
// Says to clippy that all of it is a test, functions beside the tests as well.
#![cfg(test)]

mod agent_identity;
mod agent_launch;
mod agent_status;
mod agents;
mod autosave;
mod autosave_loss;
mod cleanup;
mod completions;
mod create;
mod dashboard;
mod documents;
mod faults;
mod golden;
mod guard;
mod harness;
mod health;
mod incomplete;
mod leaving;
mod listing;
mod logs;
mod manual;
mod mixed;
mod names;
mod picker;
mod races;
mod readme;
mod recovery;
mod recovery_backups;
mod recovery_build_faults;
mod recovery_detect;
mod recovery_emergency;
mod recovery_faults;
mod recovery_floating;
mod recovery_hostile;
mod recovery_many;
mod recovery_power_cut;
mod restore;
mod save_faults;
mod send;
mod state;
mod switch;
mod tmux_core;
mod watch;
