//! Whether a process has nothing to do: its first thread neither runs nor waits for a processor. On a busy machine that is
//! not the same as using little of one: a thread that waits for its turn uses nothing, and is far from resting.

use std::fs;
use std::time::{Duration, Instant};

/// So long a process is looked at.
const WINDOW: Duration = Duration::from_millis(100);

/// One that wants less than this part of the time rests.
const PART: u32 = 4;

/// Looks at one process, from call to call.
#[derive(Debug, Default)]
pub struct Rest(Option<(Instant, Duration)>);

/// What can be told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resting {
    /// It has nothing to do.
    Yes,
    /// It has, or it is too early to tell; this much later it is worth another look.
    NotYet(Duration),
    /// The kernel doesn't tell.
    Untold,
}

impl Rest {
    /// How it was since the last look that told anything.
    pub fn look(&mut self, pid: u32) -> Resting {
        let Some(wanted) = wanted(pid) else {
            return Resting::Untold;
        };
        let now = Instant::now();
        if let Some((at, before)) = self.0 {
            let passed = now.duration_since(at);
            if passed < WINDOW {
                return Resting::NotYet(WINDOW - passed);
            }
            if wanted.saturating_sub(before) < passed / PART {
                return Resting::Yes;
            }
        }
        self.0 = Some((now, wanted));
        Resting::NotYet(WINDOW)
    }
}

/// How long its first thread has run and has waited for a processor, since it was started: the first two numbers of
/// `/proc/PID/schedstat`, in nanoseconds.
fn wanted(pid: u32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok()?;
    let mut numbers = text.split_ascii_whitespace().map(|number| number.parse::<u64>().ok());
    let (ran, waited) = (numbers.next()??, numbers.next()??);
    Some(Duration::from_nanos(ran.saturating_add(waited)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use rustix::thread::gettid;

    use super::*;

    /// The first answer of a thread, which has a number like a process.
    fn answer(pid: u32) -> Resting {
        let mut rest = Rest::default();
        loop {
            match rest.look(pid) {
                Resting::NotYet(again) if again < WINDOW => thread::park_timeout(again),
                // After the first look, and after one that saw work: the second of those is an answer.
                Resting::NotYet(_) => {
                    let before = rest.0;
                    thread::park_timeout(WINDOW);
                    let now = rest.look(pid);
                    if now == Resting::Yes || rest.0 != before {
                        return now;
                    }
                }
                told => return told,
            }
        }
    }

    #[test]
    fn who_works_does_not_rest_and_who_waits_does() {
        let (done, end) = (AtomicBool::new(false), mpsc::channel::<()>());
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            let (sender, receiver) = end;
            let tell_too = tell.clone();
            let _waiting = scope.spawn(move || {
                tell_too.send(gettid()).expect("told");
                receiver.recv().ok();
            });
            let pid = |told: &mpsc::Receiver<rustix::thread::Pid>| {
                told.recv().expect("its number").as_raw_pid().unsigned_abs()
            };
            let waiting = pid(&told);
            let _working = scope.spawn(|| {
                tell.send(gettid()).expect("told");
                while !done.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
            let working = pid(&told);
            let answers = (answer(waiting), answer(working));
            done.store(true, Ordering::Relaxed);
            drop(sender);
            assert_eq!(answers.0, Resting::Yes);
            assert!(matches!(answers.1, Resting::NotYet(_)), "{answers:?}");
        });
        assert_eq!(Rest::default().look(u32::MAX), Resting::Untold);
    }
}
