//! Bare `tsm` on a terminal: a list of all projects, that used last first, narrowed by what is typed; Enter switches. It is
//! the dashboard's list and preview with other keys.

pub(crate) mod matches;
