//! The locks that this process holds: taking one again would wait for itself for ever.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::open::Inode;

/// With the id of the process, because a forked one has a copy of this, and holds none of them.
static HELD: Mutex<Option<HashSet<(u32, Inode)>>> = Mutex::new(None);

/// Notes that this process is taking the lock; false if it holds it already.
pub(crate) fn enter(inode: Inode) -> bool {
    enter_as(std::process::id(), inode)
}

/// Notes that this process no longer holds the lock.
pub(crate) fn leave(inode: Inode) {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    held.get_or_insert_default().remove(&(std::process::id(), inode));
}

fn enter_as(process: u32, inode: Inode) -> bool {
    let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
    let held = held.get_or_insert_default();
    if held.contains(&(process, inode)) {
        return false;
    }
    held.insert((process, inode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_parent_held_is_not_held_by_its_fork() {
        let inode = Inode::of(&tempfile::tempfile().unwrap()).unwrap();
        let parent = std::process::id() + 1;
        assert!(enter_as(parent, inode));
        assert!(!enter_as(parent, inode));
        assert!(enter(inode));
        assert!(!enter(inode));
        leave(inode);
        assert!(enter(inode));
    }
}
