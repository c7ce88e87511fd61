#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

pub mod backup;
pub mod capture;
pub mod compare;
pub mod complete;
pub mod foreground;
pub mod ours;
pub mod process_table;
pub mod rebuild;
