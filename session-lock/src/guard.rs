//! Holding a lock.

use std::fs::File;
use std::io;

use crate::acquire::Previous;
use crate::open::{Inode, Opened};
use crate::record::{Owner, Record};
use crate::{flock, record, registry};

/// A held lock; dropping it releases the lock.
///
/// A process that is forked while the lock is held must not release it, so only the process that took it does.
#[derive(Debug)]
#[must_use = "the lock is released when the guard is dropped"]
pub struct Guard {
    file: File,
    directory: File,
    inode: Inode,
    holder: u32,
    /// Whether the record in the file is this holder's, to be written over when it releases the lock.
    recorded: bool,
}

impl Guard {
    pub(crate) fn new(opened: Opened, inode: Inode) -> Self {
        Self {
            file: opened.file,
            directory: opened.directory,
            inode,
            holder: std::process::id(),
            recorded: false,
        }
    }

    /// How the last holder left the lock.
    pub(crate) fn previous(&self) -> Previous {
        match record::read(&self.file) {
            Record::Clean => Previous::Clean,
            Record::Held(owner) => Previous::Crashed(owner),
        }
    }

    /// Says in the file who holds the lock.
    pub(crate) fn record(&mut self, owner: &Owner, previous: &Previous) -> io::Result<()> {
        // What can't be recorded isn't held. A crash that nobody was told of yet stays on record then.
        self.recorded = *previous == Previous::Clean;
        record::write(&self.file, owner)?;
        self.recorded = true;
        Ok(())
    }

    /// Makes the record durable: from now on also a power cut makes the next holder learn of a crash.
    ///
    /// Nobody needs that to exclude others, and it costs one or two waits for the disk: it is for those who put in order
    /// what the lock protects only after a crash, and not each time that they take it. A release isn't made durable: after
    /// a power cut that follows it, a crash may be reported that wasn't one.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn make_record_durable(&self) -> io::Result<()> {
        self.file.sync_all()?;
        // The file may be new.
        self.directory.sync_all()
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
        if self.recorded {
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
