//! Ending processes: each is asked to leave by a signal, has time for it, and is killed if it stays.
//!
//! Every signal goes to a process that was verified at that moment, never by a name; tsm and what is above it are never
//! among them.

use std::time::{Duration, Instant};

use session_lock::{Process, ProcessError, ProcessIdentity, Signal};
use session_recovery::foreground::lineage;

use crate::error::Error;

/// How long after KILL processes may take to go; they are only waiting for the kernel.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// A process that is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    /// Which one.
    pub(crate) process: ProcessIdentity,
    /// What asks it to leave.
    pub(crate) signal: Signal,
    /// How long it has after that.
    pub(crate) timeout: Duration,
}

/// Asks all of them at once, and gives each its own time; then KILL to those that stay. Says what came of each
/// that still ran; what ends meanwhile is what the signal was for.
pub(crate) fn end_processes(endings: Vec<Ending>) -> Vec<(ProcessIdentity, Result<(), Error>)> {
    let above: Vec<u32> = lineage(std::process::id()).collect();
    let mut outcomes = Vec::new();
    let mut asked: Vec<(Process, Duration)> = Vec::new();
    for Ending {
        process: identity,
        signal,
        timeout,
    } in endings
    {
        if above.contains(&identity.pid) {
            continue;
        }
        match identity.open() {
            // A stopped process sees the signal only when it goes on.
            Ok(Some(process)) => match send(&process, signal).and_then(|()| send(&process, Signal::Cont)) {
                Ok(()) => asked.push((process, timeout)),
                Err(error) => outcomes.push((identity, Err(error))),
            },
            Ok(None) => {}
            Err(error) => outcomes.push((identity, Err(error.into()))),
        }
    }
    let since = Instant::now();
    asked.sort_by_key(|(_, timeout)| *timeout);
    let mut killed = Vec::new();
    for (process, timeout) in asked {
        match left(&process, since, timeout) {
            Ok(true) => outcomes.push((process.identity().clone(), Ok(()))),
            Ok(false) => match send(&process, Signal::Kill) {
                Ok(()) => killed.push(process),
                Err(error) => outcomes.push((process.identity().clone(), Err(error))),
            },
            Err(error) => outcomes.push((process.identity().clone(), Err(error))),
        }
    }
    let since = Instant::now();
    for process in killed {
        let gone = left(&process, since, AFTER_KILL).map(|_gone| ());
        outcomes.push((process.identity().clone(), gone));
    }
    outcomes
}

/// As [`end_processes`], of one.
///
/// # Errors
///
/// [`Error::Process`].
pub(crate) fn end_process(process: ProcessIdentity, signal: Signal, timeout: Duration) -> Result<(), Error> {
    let ending = Ending {
        process,
        signal,
        timeout,
    };
    end_processes(vec![ending])
        .into_iter()
        .try_for_each(|(_, outcome)| outcome)
}

fn left(process: &Process, since: Instant, timeout: Duration) -> Result<bool, Error> {
    Ok(process.wait_exit(timeout.saturating_sub(since.elapsed()))?)
}

/// That it has ended meanwhile is what the signal was for.
fn send(process: &Process, signal: Signal) -> Result<(), Error> {
    match process.signal(signal) {
        Ok(()) | Err(ProcessError::Gone { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests end processes that they start")]
mod tests;
