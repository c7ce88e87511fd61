//! Measuring in pairs: contenders take turns with a base, and what is reported is the ratio within each round.
//!
//! A busy hour doubles all times and hardly changes these ratios. A subject is a [`Contest`]: one base and its
//! contenders, some with a limit that their ratio must keep.

pub mod contest;
pub mod statistics;
pub mod table;

pub use contest::{Contender, Contest};
pub use table::table;
