#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod account;
pub mod adopt;
pub mod agent;
pub mod attach;
pub mod backup;
mod build;
pub mod cleanup_backups;
pub mod clock;
pub mod config;
pub mod context;
pub mod create;
pub mod describe;
pub mod detect;
pub mod emergency;
pub mod end;
mod ensure;
pub mod error;
pub mod event;
pub mod hand_over;
pub mod kill;
pub mod leave;
pub mod live;
pub mod log;
pub mod metrics;
pub mod pane_run;
pub mod paths;
pub mod programs;
pub mod project;
mod record;
pub mod restore;
pub mod restore_backup;
pub mod save;
mod scrollback;
pub mod state;
pub mod switch;
mod template;
pub mod trace;
mod transcripts;
pub mod unit;
pub mod validate;

pub use context::Context;
pub use error::{Class, Error};
pub use event::{Event, Events};
