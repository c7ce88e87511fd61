//! Being told to stop, while waiting.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Tells when this process was told to stop, by TERM, INT or HUP. Waiting ends with it.
#[derive(Debug)]
pub struct Stop(UnixStream);

impl Stop {
    /// From now on these signals end no program, only what waits.
    ///
    /// # Errors
    ///
    /// If the system refuses.
    pub fn on_signals() -> io::Result<Self> {
        let (reader, writer) = UnixStream::pair()?;
        reader.set_nonblocking(true)?;
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            signal_hook::low_level::pipe::register(signal, writer.try_clone()?)?;
        }
        Ok(Self(reader))
    }

    /// Whether it was told.
    pub fn requested(&self) -> bool {
        self.wait(Duration::ZERO)
    }

    /// Waits so long, or until it is told; whether it was.
    pub fn wait(&self, duration: Duration) -> bool {
        let timeout = Timespec::try_from(duration).ok();
        let mut wait = [PollFd::new(&self.0, PollFlags::IN)];
        // Interrupted by another signal it returns early, and whoever waits looks once more than needed.
        poll(&mut wait, timeout.as_ref()).is_ok_and(|ready| ready > 0)
    }
}
