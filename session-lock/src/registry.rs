//! The locks that this process holds: taking one again would wait for itself for ever.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::open::Inode;

static HELD: Mutex<Option<HashSet<Inode>>> = Mutex::new(None);

/// Notes that this process is taking the lock; false if it holds it already.
pub(crate) fn enter(inode: Inode) -> bool {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.get_or_insert_default().insert(inode)
}

/// Notes that this process no longer holds the lock.
pub(crate) fn leave(inode: Inode) {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.get_or_insert_default().remove(&inode);
}
