//! Run, test and check this workspace.
fn main() {}
