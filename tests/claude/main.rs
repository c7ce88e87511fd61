//! The tests with the real Claude Code, one binary: a module for each area. `ClaudeHome` in the library is where to start
//! reading. They run on one tmux, a few at a time.
// Says to clippy that all of it is a test, functions beside the tests as well.
#![cfg(test)]

mod contract_hooks;
mod contract_launch;
mod contract_registry;
mod contract_resume;
mod contract_sending;
mod conversations;
mod hook_log;
mod launch;
mod leases;
mod sending;
mod status;
mod stopping;
mod strangers;
mod talk;
