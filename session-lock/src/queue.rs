//! Whose turn it is to wait for a lock: first come, first served.
//!
//! flock(2) hands a lock to nobody in particular. Who releases it and asks again at once is faster than the waiter that
//! the kernel is only waking up (measured on a busy machine: of 100 processes, the unluckiest had the lock 0.07 times as
//! often as the luckiest). So each waiter has a place in a queue: a byte far beyond the file's end, held by a lock of its
//! open file description (`F_OFD_SETLK`, fcntl(2)). It waits for the byte before its own, then for the lock itself, and
//! gives the place up once it has that. The kernel gives up the places of processes that die.
//!
//! A place is good manners and nothing else: flock decides who holds the lock. What fails here is therefore no error.

use std::fs::File;
use std::io;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

/// Where the places begin: no record is ever as long.
const FIRST: i64 = 1 << 40;

/// A place in the queue of a lock file, given up when dropped.
pub(crate) struct Place<'file> {
    file: &'file File,
    byte: i64,
}

/// Whether nobody waits in turn.
pub(crate) fn is_empty(file: &File) -> bool {
    !matches!(taken_in(file, FIRST, 0), Ok(Some(_)))
}

/// Queues up at the end, and returns when those who came before have had their turn or have left.
pub(crate) fn wait_for_turn(file: &File) -> io::Result<Place<'_>> {
    let place = queue_up(file)?;
    // Normally only the one before must be waited for: that is the one that this place's holder is woken by.
    let mut before = (place.byte > FIRST).then(|| place.byte - 1);
    while let Some(byte) = before {
        wait_until_free(file, byte)?;
        // It may have left before its turn.
        before = match place.byte - FIRST {
            0 => None,
            length => taken_in(file, FIRST, length)?,
        };
    }
    Ok(place)
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let _closing_does_it_too = fcntl(self.file, FcntlArg::F_OFD_SETLK(&range(libc::F_UNLCK, self.byte, 1)));
    }
}

/// Takes the place behind the last one.
fn queue_up(file: &File) -> io::Result<Place<'_>> {
    let mut byte = match taken_in(file, FIRST, 0)? {
        Some(some) => last_taken(file, some)? + 1,
        None => FIRST,
    };
    loop {
        match fcntl(file, FcntlArg::F_OFD_SETLK(&range(libc::F_WRLCK, byte, 1))) {
            Ok(_) => return Ok(Place { file, byte }),
            // Somebody else came at the same time.
            Err(Errno::EAGAIN | Errno::EACCES) => byte = last_taken(file, byte)? + 1,
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// The last place that is taken, of which `some` is one: by doubling steps, then by halving them.
fn last_taken(file: &File, some: i64) -> io::Result<i64> {
    let (mut last, mut step) = (some, 1);
    while let Some(later) = taken_in(file, last + step, 0)? {
        last = later;
        step *= 2;
    }
    while step > 1 {
        step /= 2;
        if let Some(later) = taken_in(file, last + step, 0)? {
            last = later;
        }
    }
    Ok(last)
}

/// A place in `length` bytes from `start` (0: in all that follow) that somebody else has.
fn taken_in(file: &File, start: i64, length: i64) -> io::Result<Option<i64>> {
    // Who only waits for a byte asks to read it, and is in nobody's way.
    let mut asked = range(libc::F_RDLCK, start, length);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut asked))?;
    Ok((i32::from(asked.l_type) != libc::F_UNLCK).then_some(asked.l_start))
}

fn wait_until_free(file: &File, byte: i64) -> io::Result<()> {
    loop {
        match fcntl(file, FcntlArg::F_OFD_SETLKW(&range(libc::F_RDLCK, byte, 1))) {
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno.into()),
            Ok(_) => {
                fcntl(file, FcntlArg::F_OFD_SETLK(&range(libc::F_UNLCK, byte, 1)))?;
                return Ok(());
            }
        }
    }
}

fn range(kind: i32, start: i64, length: i64) -> libc::flock {
    // The kinds are small numbers, of different types on different systems.
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: start,
        l_len: length,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests;
