//! The harness of the end-to-end tests (`e2e/`, one binary) and of those that break things (`faults/`, one more).
//!
//! Every test owns an [`Environment`]: a private directory with a home, projects, fake programs and a tmux server
//! of its own. Nothing of the machine's user is read, and when the environment is dropped, nothing may be left.
//!
//! | module | what it holds |
//! |---|---|
//! | [`environment`] | the private directory |
//! | [`variables`] | what programs get as their environment |
//! | [`programs`] | where the binaries under test are, and how they get onto the private `PATH` |
//! | [`invocation`] | one run of a program, as a builder: `env.tsm(["list"]).dir(path).run()` |
//! | [`running`] | a program that runs, under a time limit |
//! | [`output`] | what a program left, and what may be asserted of it |
//! | [`tmux_server`] | the private tmux server: commands, its process, its end |
//! | [`panes`] | what the panes of a session look like |
//! | [`attached_client`] | a program in a terminal: an attached tmux client, for example |
//! | `picture` | a terminal as it looks, in text |
//! | `pty` | the two sides of a terminal |
//! | [`fake_agent`] | the stand-in for an agent: takes lines, runs programs, outlives signals |
//! | [`fake_claude`] | the stand-in for Claude Code: registry, hooks, dialogs |
//! | [`claude_home`] | the real Claude Code, and what it writes |
//! | [`loopback_model`] | the model that answers it |
//! | [`process`] | a process that a reused number can't be mistaken for |
//! | [`mod@bench`] | measuring in pairs, for `benches/` |
//! | [`wait`] | waiting for a condition: the only place that sleeps |
//! | [`extent`] | how much of an exhaustive test is done: a sample, or everything |
//! | [`system_calls`] | what a program asks of the system, and making that fail or end it |
//! | [`sample_state`] | states to save |
//! | [`mod@hostile_archives`] | archives that somebody made to do harm |
//! | [`contention`] | processes that contend for a lock |
//! | `leak_check` | what a test left behind |
#![warn(missing_docs)]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a harness reports what goes wrong by failing the test"
)]

pub mod attached_client;
pub mod bench;
pub mod claude_home;
pub mod contention;
pub mod environment;
pub mod extent;
pub mod fake_agent;
pub mod fake_claude;
pub mod hostile_archives;
pub mod invocation;
mod leak_check;
pub mod loopback_model;
pub mod output;
pub mod panes;
mod picture;
pub mod process;
pub mod programs;
mod pty;
pub mod running;
pub mod sample_state;
pub mod system_calls;
pub mod tmux_server;
pub mod variables;
pub mod wait;

pub use attached_client::AttachedClient;
pub use claude_home::ClaudeHome;
pub use environment::Environment;
pub use extent::{Extent, Random, left_out};
pub use fake_agent::{FakeAgent, Start};
pub use fake_claude::FakeClaude;
pub use hostile_archives::hostile_archives;
pub use invocation::Invocation;
pub use loopback_model::LoopbackModel;
pub use output::Output;
pub use panes::PaneRow;
pub use process::{Process, Signal};
pub use running::Running;
pub use wait::{wait_for, wait_until};
