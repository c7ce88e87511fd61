//! Taking a lock.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::LockError;
use crate::guard::Guard;
use crate::open::{self, Inode};
use crate::record::{self, Owner};
use crate::{flock, network_fs, queue, registry};

/// How long to wait for a lock that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    No,
    /// So long at most.
    For(Duration),
}

/// How to take a lock.
#[derive(Debug, Clone)]
pub struct LockOptions {
    /// How long to wait.
    pub wait: Wait,
    /// What the lock is taken for, for example `tsm save`; others are shown it.
    pub purpose: String,
    /// The time that others are shown, seconds since 1970; 0 if unknown. No decision depends on it.
    pub now: i64,
    /// Whether other holders that only read may hold it at the same time.
    pub shared: bool,
    /// Whether a network file system will do, on which flock may not exclude other machines.
    pub allow_network_fs: bool,
}

/// A lock that was taken.
#[derive(Debug)]
pub struct Acquired {
    /// Holds it.
    pub guard: Guard,
    /// How its previous holder left it.
    pub previous: Previous,
}

/// How the previous holder of a lock left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Previous {
    /// Released.
    Clean,
    /// It died while it held the lock: what the lock protects may need to be put in order.
    Crashed(Option<Owner>),
}

/// A lock file that keeps being replaced is no lock; this often it is opened again.
const MAX_REPLACED: usize = 10;

/// A hundred years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);

/// Takes the lock at `path`.
///
/// # Errors
///
/// [`LockError::Busy`] if it isn't free in time, which is never earlier than asked for; others if it can't be taken at
/// all.
pub fn acquire(path: &Path, options: &LockOptions) -> Result<Acquired, LockError> {
    acquire_notifying(path, options, &mut |_holder| {})
}

/// As [`acquire`]; `on_block` is called once, with the holder, if the lock must be waited for.
///
/// # Errors
///
/// As [`acquire`].
pub fn acquire_notifying(
    path: &Path,
    options: &LockOptions,
    on_block: &mut dyn FnMut(Option<&Owner>),
) -> Result<Acquired, LockError> {
    let started = Instant::now();
    let failed = |action| {
        let path = path.to_owned();
        move |source| LockError::Io { action, path, source }
    };
    let mut blocked = false;
    for _ in 0..MAX_REPLACED {
        let open::Opened { file, directory } = open::open(path)?;
        let network = network_fs::kind(&file).map_err(failed("examine"))?;
        if let Some(kind) = network.filter(|_| !options.allow_network_fs) {
            return Err(LockError::NetworkFileSystem {
                path: path.to_owned(),
                kind,
            });
        }
        let inode = Inode::of(&file).map_err(failed("examine"))?;
        if !registry::enter(inode) {
            return Err(LockError::WouldDeadlock { path: path.to_owned() });
        }
        let entered = Entered(Some(inode));
        let mut on_block = |holder: Option<&Owner>| {
            if !std::mem::replace(&mut blocked, true) {
                on_block(holder);
            }
        };
        // Some of those file systems make one kind of lock of flock's and of the queue's.
        let in_turn = network.is_none();
        let file = match wait_for(file, options, in_turn, started, &mut on_block).map_err(failed("lock"))? {
            Waited::Locked(file) => file,
            Waited::Busy(holder) => {
                return Err(LockError::Busy {
                    path: path.to_owned(),
                    holder: holder.map(Box::new),
                    waited: started.elapsed(),
                });
            }
        };
        // Somebody may have removed the file while it was held: then this lock excludes nobody.
        if Inode::at(path).map_err(failed("examine"))? != Some(inode) {
            continue;
        }
        entered.keep();
        let guard = Guard::new(open::Opened { file, directory }, inode);
        return finish(guard, options).map_err(failed("write"));
    }
    Err(LockError::Unsafe {
        path: path.to_owned(),
        why: "is replaced again and again",
    })
}

/// Takes the entry out of the registry again unless the lock was taken.
struct Entered(Option<Inode>);

impl Entered {
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        if let Some(inode) = self.0 {
            registry::leave(inode);
        }
    }
}

/// A crash stays on record until somebody has the lock alone: who shares it can put nothing in order.
fn finish(mut guard: Guard, options: &LockOptions) -> io::Result<Acquired> {
    let previous = guard.previous();
    if !options.shared {
        let owner = Owner::current(&options.purpose, options.now).map_err(io::Error::other)?;
        guard.record(&owner, &previous)?;
    }
    Ok(Acquired { guard, previous })
}

/// What waiting for a lock led to.
enum Waited {
    /// The file, locked.
    Locked(File),
    /// That took too long; who holds it, as far as its record tells.
    Busy(Option<Owner>),
}

fn wait_for(
    file: File,
    options: &LockOptions,
    in_turn: bool,
    started: Instant,
    on_block: &mut dyn FnMut(Option<&Owner>),
) -> io::Result<Waited> {
    let exclusive = !options.shared;
    // Who won't wait can't be asked to queue up.
    let may_try = options.wait == Wait::No || !in_turn || queue::is_empty(&file);
    if may_try && flock::try_lock(&file, exclusive)? {
        return Ok(Waited::Locked(file));
    }
    let Wait::For(limit) = options.wait else {
        return Ok(Waited::Busy(record::holder(&file)));
    };
    on_block(record::holder(&file).as_ref());
    // The record of the very file that is waited for: by its name one might meet another one by now, or a fifo.
    let looked_at = file.try_clone()?;
    let locked = wait_in_thread(file, exclusive, in_turn, limit.saturating_sub(started.elapsed()))?;
    Ok(match locked {
        Some(file) => Waited::Locked(file),
        None => Waited::Busy(record::holder(&looked_at)),
    })
}

/// Waits in a thread of its own, which the kernel serves in turn; polling for a lock starves (measured: 1 to 557
/// acquisitions in the same time). Left behind at the deadline, the thread releases what it gets at once.
fn wait_in_thread(file: File, exclusive: bool, in_turn: bool, limit: Duration) -> io::Result<Option<File>> {
    let now = Instant::now();
    // What the clock can't represent is longer than anybody will wait.
    let deadline = now.checked_add(limit).unwrap_or(now + LONGEST);
    let abandoned = Arc::new(Mutex::new(false));
    let (sender, receiver) = mpsc::channel();
    let in_thread = Arc::clone(&abandoned);
    let _detached = thread::Builder::new().name("lock".to_owned()).spawn(move || {
        let outcome = lock_in_turn(&file, exclusive, in_turn);
        let abandoned = in_thread.lock().unwrap_or_else(PoisonError::into_inner);
        if *abandoned {
            let _closing_does_it_too = flock::unlock(&file);
        } else {
            let _receiver_waits = sender.send(outcome.map(|()| file));
        }
    })?;
    loop {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(outcome) => return outcome.map(Some),
            Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("the waiting thread ended")),
            Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
            Err(RecvTimeoutError::Timeout) => {
                let mut abandoned = abandoned.lock().unwrap_or_else(PoisonError::into_inner);
                *abandoned = true;
                // It may have got the lock in this very moment.
                return receiver.try_recv().ok().transpose();
            }
        }
    }
}

fn lock_in_turn(file: &File, exclusive: bool, in_turn: bool) -> io::Result<()> {
    // Without a place one waits all the same, only less fairly.
    let _place = in_turn.then(|| queue::wait_for_turn(file).ok()).flatten();
    flock::lock(file, exclusive)
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "the tests put unsafe files where a lock is wanted"
)]
mod tests;
