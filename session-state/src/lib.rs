#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod codec;
mod model;
mod name;
mod store;

pub use codec::{CodecError, Decoded, Origin};
pub use model::{Agent, Geometry, Lifecycle, Pane, Saved, ServerIdentity, SessionState, Size, UnknownKey, Window};
pub use name::{MAX_NAME, is_project_name};
pub use store::{
    At, Damage, ExclusiveStore, HistoryEntry, Loaded, Notice, Saving, StagedStates, Store, StoreError, Thinning,
    keep_plan,
};
