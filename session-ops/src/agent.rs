//! The agent in the left pane: which one, how it is started, how it is, and how it ends.
//!
//! | module | what it holds |
//! |---|---|
//! | `absence` | whether a session is to have none |
//! | [`kind`] | which agents there are, as data (`agents.toml` and the config) |
//! | [`choice`] | which one a project gets, and what its pane is told to run |
//! | [`launch`] | its arguments and its environment |
//! | [`login_environment`] | what the user's login shell exports |
//! | [`settings`] | the hooks that it is given |
//! | [`home`] | where the files of one session's agent lie |
//! | [`record`] | which process it is |
//! | [`conversation`] | where Claude Code keeps its files |
//! | [`lease`] | one conversation, one owner |
//! | [`bindings`] | which conversation it is in, and every change of that |
//! | [`hooks`] | what its hooks reported |
//! | [`registry`] | what Claude Code says of its processes |
//! | [`rest`] | whether a process has nothing to do |
//! | [`screen`] | what the screens of others show |
//! | [`status`] | how all agents are, from all of that |
//! | [`memory`] | all processes at one moment, and what an agent's take |
//! | [`watch`] | waiting until something changes |
//! | [`stop`] | how it ends |

pub(crate) mod absence;
pub mod bindings;
pub mod choice;
pub mod conversation;
pub mod home;
pub mod hooks;
pub mod kind;
pub mod launch;
pub mod lease;
pub mod login_environment;
pub mod memory;
mod program;
pub mod record;
pub mod registry;
pub mod rest;
pub mod screen;
pub mod settings;
pub mod status;
pub mod stop;
pub mod watch;

pub use choice::{AgentChoice, Launch, Launchable};
pub use kind::{AgentKind, AgentKinds, CLAUDE};
pub use program::find_program;
pub(crate) use program::{allowed, run_in_shell, run_line, tsm};
