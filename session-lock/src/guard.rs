//! Holding a lock.

use std::fs::File;

use crate::open::Inode;
use crate::{flock, record, registry};

/// A held lock; dropping it releases the lock.
///
/// A process that is forked while the lock is held must not release it, so only the process that took it does.
#[derive(Debug)]
#[must_use = "the lock is released when the guard is dropped"]
pub struct Guard {
    file: File,
    inode: Inode,
    holder: u32,
    exclusive: bool,
}

impl Guard {
    pub(crate) fn new(file: File, inode: Inode, exclusive: bool) -> Self {
        Self {
            file,
            inode,
            holder: std::process::id(),
            exclusive,
        }
    }

    /// Releases the lock now.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if std::process::id() != self.holder {
            return;
        }
        registry::leave(self.inode);
        // Closing alone doesn't release it while a child that hasn't reached exec yet still has the descriptor. The
        // record is for diagnosis: if it can't be written, the next holder is told of a crash that wasn't one.
        if self.exclusive {
            let _diagnosis = record::write_released(&self.file);
        }
        let _closing_does_it_too = flock::unlock(&self.file);
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "the tests start a process that inherits the lock"
)]
mod tests;
