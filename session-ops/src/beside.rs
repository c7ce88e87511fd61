//! Work beside other work.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, Scope, ScopedJoinHandle};

type Work<'scope, T> = Box<dyn FnOnce() -> T + Send + 'scope>;

/// What runs in a thread of its own, or, if the machine gives no more threads, where its result is asked for.
pub(crate) struct Beside<'scope, T> {
    thread: Option<ScopedJoinHandle<'scope, Option<T>>>,
    work: Arc<Mutex<Option<Work<'scope, T>>>>,
}

/// Begins it.
pub(crate) fn beside<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Beside<'scope, T> {
    let work: Arc<Mutex<Option<Work<'scope, T>>>> = Arc::new(Mutex::new(Some(Box::new(work))));
    let there = Arc::clone(&work);
    let thread = Builder::new().spawn_scoped(scope, move || Some(take(&there)?()));
    Beside {
        thread: thread.ok(),
        work,
    }
}

impl<T> Beside<'_, T> {
    /// Waits for its end. A panic in there is one here.
    pub(crate) fn result(self) -> T {
        let done = self.thread.map(|thread| thread.join());
        let here = || Some(take(&self.work)?());
        match done.transpose().map(|done| done.flatten().or_else(here)) {
            Ok(Some(result)) => result,
            Ok(None) => resume_unwind(Box::new("work that is there but once was done twice")),
            Err(panic) => resume_unwind(panic),
        }
    }
}

fn take<'scope, T>(work: &Mutex<Option<Work<'scope, T>>>) -> Option<Work<'scope, T>> {
    work.lock().unwrap_or_else(PoisonError::into_inner).take()
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn work_is_done_once_wherever_it_runs() {
        let text = "text".to_owned();
        thread::scope(|scope| assert_eq!(beside(scope, || text.len()).result(), 4));
        let without_thread = Beside {
            thread: None,
            work: Arc::new(Mutex::new(Some(Box::new(|| text.len())))),
        };
        assert_eq!(without_thread.result(), 4);
    }

    #[test]
    fn a_panic_in_there_is_one_here() {
        let panicked = thread::scope(|scope| {
            let work = beside(scope, || -> u8 { resume_unwind(Box::new("there")) });
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work.result())).is_err()
        });
        assert!(panicked);
    }
}
