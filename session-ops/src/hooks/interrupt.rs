//! What ends tsm while a hook runs ends the hook, too: it is in a process group of its own, which the terminal doesn't
//! reach.

use std::os::fd::AsFd;
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static INTERRUPT: OnceLock<Interrupt> = OnceLock::new();

struct Interrupt {
    reader: UnixStream,
    /// Nothing runs that would have to be ended first: signals do what they always do.
    idle: Arc<AtomicBool>,
    signal: [Arc<AtomicBool>; 3],
}

const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// The number of hooks that run.
static RUNNING: AtomicI32 = AtomicI32::new(0);

/// From now on INT, TERM and HUP end a running hook before they end this process. For front ends that do nothing with
/// these signals themselves. Where the system refuses, they end tsm alone.
pub fn end_hooks_with_us() {
    if INTERRUPT.get().is_some() {
        return;
    }
    if let Ok(interrupt) = Interrupt::register() {
        let _only_once = INTERRUPT.set(interrupt);
    }
}

impl Interrupt {
    fn register() -> std::io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        let idle = Arc::new(AtomicBool::new(true));
        let signal: [Arc<AtomicBool>; 3] = Default::default();
        for (number, flag) in SIGNALS.into_iter().zip(&signal) {
            signal_hook::flag::register_conditional_default(number, Arc::clone(&idle))?;
            signal_hook::flag::register(number, Arc::clone(flag))?;
            signal_hook::low_level::pipe::register(number, writer.try_clone()?)?;
        }
        Ok(Self { reader, idle, signal })
    }
}

/// While this lives, signals wait.
pub(super) struct Watching;

pub(super) fn watch() -> Watching {
    RUNNING.fetch_add(1, Ordering::SeqCst);
    if let Some(interrupt) = INTERRUPT.get() {
        interrupt.idle.store(false, Ordering::SeqCst);
    }
    Watching
}

impl Drop for Watching {
    fn drop(&mut self) {
        if RUNNING.fetch_sub(1, Ordering::SeqCst) == 1
            && let Some(interrupt) = INTERRUPT.get()
        {
            interrupt.idle.store(true, Ordering::SeqCst);
        }
    }
}

/// What can be read once tsm was told to end.
pub(super) fn descriptor() -> Option<BorrowedFd<'static>> {
    INTERRUPT.get().map(|interrupt| interrupt.reader.as_fd())
}

/// Whether tsm was told to end.
pub(super) fn told() -> bool {
    which().is_some()
}

fn which() -> Option<i32> {
    let interrupt = INTERRUPT.get()?;
    let mut told = SIGNALS.into_iter().zip(&interrupt.signal);
    told.find(|(_, flag)| flag.load(Ordering::SeqCst))
        .map(|(number, _)| number)
}

/// Ends this process as the signal would have, if there was one.
pub(super) fn obey() {
    if let Some(signal) = which() {
        let _nothing_is_left_to_do = signal_hook::low_level::emulate_default_handler(signal);
    }
}
