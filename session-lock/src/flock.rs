//! flock(2), the only arbiter: the kernel releases it when its holder dies.
//!
//! Called fully qualified, because the standard library has methods of the same names, and anything but `Ok(())` is
//! "not held": the crate changed what its methods return twice.
#![expect(clippy::disallowed_methods, reason = "the one module that takes and releases locks")]

use std::fs::File;
use std::io;

use fs4::{FileExt, TryLockError};

/// Takes the lock if it is free.
pub(crate) fn try_lock(file: &File, exclusive: bool) -> io::Result<bool> {
    loop {
        let outcome = if exclusive {
            FileExt::try_lock(file)
        } else {
            FileExt::try_lock_shared(file)
        };
        match outcome {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Takes the lock, waiting for ever.
pub(crate) fn lock(file: &File, exclusive: bool) -> io::Result<()> {
    loop {
        let outcome = if exclusive {
            FileExt::lock(file)
        } else {
            FileExt::lock_shared(file)
        };
        match outcome {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Releases the lock.
pub(crate) fn unlock(file: &File) -> io::Result<()> {
    FileExt::unlock(file)
}
