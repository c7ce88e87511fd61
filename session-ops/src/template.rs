//! What the session of a project that has none saved looks like.

mod built_in;
mod check;
mod choice;
mod error;
mod options;
mod plan;
mod resolve;
mod table;
mod variables;
pub mod written;

pub use built_in::{DEFAULT, built_in};
pub(crate) use check::check;
pub(crate) use choice::{Chosen, Made, expanded_for_check};
pub use choice::{TemplateWish, effective};
pub use error::TemplateError;
pub(crate) use options::refused;
pub(crate) use plan::{Site, is_layout, plan};
pub use resolve::{names, resolve};
pub use table::{PaneTable, Split, TemplateTable, WindowTable, Word};
pub(crate) use variables::escaped;
pub use variables::expand;

#[cfg(test)]
mod tests;
