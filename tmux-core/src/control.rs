//! Control mode: one lasting client that gets replies and events as lines of text.
//!
//! [`Parser`] reads the protocol and does no input or output; [`ControlClient`] speaks it with a server; [`Feed`] watches
//! all panes of all sessions, of which control mode itself says little.
//!
//! A control client is attached to a session, so it counts as somebody who looks at it. It is for programs that live long:
//! one per server, never one per session. For single commands the direct transport is the better one.

mod attach;
mod channel;
mod client;
mod feed;
mod flags;
mod hazard;
mod notification;
mod parser;
mod server_words;
mod subscription;

pub use client::{Attach, ControlClient, Event};
pub use feed::{Change, Feed, FeedPane, FeedSession, FeedWindow, InvalidFeed};
pub use flags::ClientFlags;
pub(crate) use hazard::is_hazard;
pub use notification::Notification;
pub use parser::{Block, Guard, Inside, Item, Overflow, Parser};
pub use subscription::{SubscriptionName, SubscriptionScope, Watched};
