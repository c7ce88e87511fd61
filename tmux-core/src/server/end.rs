//! The end of a server.

use rustix::event::{PollFd, PollFlags};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::deadline::deadline;
use crate::transport::direct::Connection;
use crate::transport::process::poll_until;
use crate::{Command, Error, Server};

impl Server {
    /// `kill-server`, and waits until it is gone: the command itself returns before that, and what is sent to the next
    /// server meanwhile is lost (20 of 30 new sessions on 3.3a).
    ///
    /// No server is no error. The socket file stays, as tmux leaves it.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`] if it isn't gone within the time limit of a call.
    pub fn kill_server(&self) -> Result<(), Error> {
        let deadline = deadline(self.limit);
        let pid = match Connection::open(&self.socket, self.limit) {
            Err(Error::NoServer { .. }) => return Ok(()),
            connection => connection?.server_pid(),
        };
        // Held before it ends, so that it can't become another process.
        let process = i32::try_from(pid).ok().and_then(Pid::from_raw);
        let process = process.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        match self.run(vec![Command::kill_server()]) {
            Ok(_) | Err(Error::NoServer { .. } | Error::ServerLost { .. }) => {}
            Err(error) => return Err(error),
        }
        if let Some(process) = process {
            match poll_until(&mut [PollFd::new(&process, PollFlags::IN)], deadline) {
                Err(Errno::TIMEDOUT) => {
                    return Err(Error::timed_out(self.socket.path(), self.limit));
                }
                waited => waited.map_err(|errno| Error::Io(errno.into()))?,
            }
        }
        Ok(())
    }
}
