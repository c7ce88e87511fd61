//! The `tmux` program as a transport: one process a call.
#![expect(
    clippy::disallowed_methods,
    reason = "the one module of this crate that starts a process"
)]

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{self, Stdio};
use std::time::Duration;

use super::direct::{Direct, Identity};
use super::lower::{is_other_generation, lower, lower_for};
use super::process::{Interrupted, communicate};
use super::{Reply, Request, Transport, classify};
use crate::server_info::Query;
use crate::{Error, Socket, Version};

/// Runs the `tmux` program for each call.
#[derive(Debug, Clone)]
pub struct Spawn {
    binary: PathBuf,
    socket: Socket,
    hidden: &'static [&'static str],
}

impl Spawn {
    /// `binary` is a path, or a name that is looked up in `PATH`.
    pub fn new(binary: impl Into<PathBuf>, socket: Socket) -> Self {
        Self {
            binary: binary.into(),
            socket,
            hidden: &[],
        }
    }

    /// The same, but the program isn't given these variables: a server that it starts would keep them for all its panes.
    #[must_use]
    pub fn hiding(self, variables: &'static [&'static str]) -> Self {
        Self {
            hidden: variables,
            ..self
        }
    }

    /// The version of the program, from `tmux -V`.
    ///
    /// # Errors
    ///
    /// [`Error::BinaryMissing`], [`Error::BinaryUnusable`], [`Error::TimedOut`].
    pub fn binary_version(&self, limit: Duration) -> Result<Version, Error> {
        let reply = self.start(&[OsString::from("-V")], &[], limit)?;
        Ok(Version::parse(&String::from_utf8_lossy(&reply.stdout)))
    }

    /// The argument vector that attaches a terminal to a session, to be executed in the place of this process.
    ///
    /// `-E` keeps the session's environment as it is.
    pub fn attach_session(&self, session: crate::SessionId) -> Vec<OsString> {
        let mut argv = vec![self.binary.clone().into_os_string(), "-u".into()];
        argv.extend(self.socket.to_args());
        argv.extend([
            "attach-session".into(),
            "-E".into(),
            "-t".into(),
            session.to_string().into(),
        ]);
        argv
    }

    /// Starts a control client that attaches with these flags.
    pub(crate) fn start_control(&self, session: crate::SessionId, flags: &str) -> Result<process::Child, Error> {
        process::Command::new(&self.binary)
            .args(["-u", "-C"])
            .args(self.socket.to_args())
            .args(["attach-session", "-E", "-f", flags, "-t"])
            .arg(session.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|source| self.unstartable(source))
    }

    fn unstartable(&self, source: io::Error) -> Error {
        let binary = self.binary.clone();
        match source.kind() {
            io::ErrorKind::NotFound => Error::BinaryMissing { binary },
            _ => Error::BinaryUnusable { binary, source },
        }
    }

    /// The same for another program, for example the one that the server itself is.
    pub(crate) fn with_binary(&self, binary: PathBuf) -> Self {
        Self {
            binary,
            socket: self.socket.clone(),
            hidden: self.hidden,
        }
    }

    /// A client that hangs may be of another version than its server (known for 3.1 and 3.2, 3.5 and 3.6).
    fn skew(&self) -> Option<(String, String)> {
        // The time limit is over already.
        let patience = Duration::from_millis(100);
        let client = self.binary_version(patience).ok()?;
        let identity = Identity {
            environment: Vec::new(),
            directory: "/".into(),
        };
        let question = Query::default();
        let ask = Request::reading(vec![question.command()], patience);
        let answer = Direct::new(self.socket.clone(), identity).run(&ask).ok()?;
        let server = question.decode(&answer.stdout).ok()??.version;
        (client != server).then(|| (client.to_string(), server.to_string()))
    }

    fn start(&self, args: &[OsString], input: &[u8], limit: Duration) -> Result<Reply, Error> {
        let stdin = if input.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        };
        let mut command = process::Command::new(&self.binary);
        for variable in self.hidden {
            command.env_remove(variable);
        }
        let child = command
            .args(args)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| self.unstartable(source))?;
        communicate(child, input, limit).map_err(|interrupted| match interrupted {
            Interrupted::TimedOut => Error::timed_out(self.socket.path(), limit),
            Interrupted::TooMuchOutput(limit) => Error::TooMuchOutput { limit },
            Interrupted::Io(error) => Error::Io(error),
        })
    }

    /// Whether the program is there and new enough. A program below the floor fails in many ways (`-N` itself is too new
    /// for it): the version is the true reason.
    ///
    /// # Errors
    ///
    /// [`Error::BinaryMissing`], [`Error::BinaryUnusable`], [`Error::TooOld`], [`Error::TimedOut`].
    pub fn check(&self, limit: Duration) -> Result<(), Error> {
        let found = self.binary_version(limit)?;
        if found.is_supported() && !found.as_str().is_empty() {
            Ok(())
        } else {
            Err(Error::TooOld {
                found: found.to_string(),
            })
        }
    }
}

impl Transport for Spawn {
    fn run(&self, request: &Request) -> Result<Reply, Error> {
        let lowered = match request.generation {
            Some(generation) => lower_for(request, generation)?,
            None => lower(request)?,
        };
        // `-u`: without it every byte that isn't printable ASCII arrives as `_`, whatever the locale.
        let mut args: Vec<OsString> = vec!["-u".into()];
        // `-N`: don't start a server.
        args.extend((!request.may_start_server).then(|| "-N".into()));
        args.extend(self.socket.to_args());
        args.extend(lowered.args.iter().map(|word| OsStr::from_bytes(word).to_owned()));
        let reply = match self.start(&args, &lowered.input, request.limit) {
            Err(Error::TimedOut { socket, limit, .. }) => {
                return Err(Error::TimedOut {
                    socket,
                    limit,
                    skew: self.skew(),
                });
            }
            reply => reply?,
        };
        if reply.status != 0 {
            if let Some(error) = classify::unavailable(&reply, self.socket.path()) {
                return Err(error);
            }
            if request.generation.is_some() && is_other_generation(&reply.stderr) {
                return Err(Error::ServerRestarted {
                    socket: self.socket.path().to_owned(),
                });
            }
            if says_usage(&reply) {
                self.check(request.limit)?;
            }
        }
        Ok(reply)
    }
}

fn says_usage(reply: &Reply) -> bool {
    let text = String::from_utf8_lossy(&reply.stderr);
    [
        "usage: ",
        "unknown option",
        "unknown flag",
        "invalid option",
        "illegal option",
    ]
    .iter()
    .any(|phrase| text.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_has_an_error_of_its_own() {
        let spawn = Spawn::new("/nonexistent/tmux", Socket::at_path("/nonexistent/s"));
        let error = spawn
            .run(&Request::reading(
                vec![crate::Command::new("list-panes")],
                Duration::from_secs(5),
            ))
            .unwrap_err();
        assert!(matches!(error, Error::BinaryMissing { .. }), "{error}");
    }

    #[test]
    fn a_program_that_hangs_is_ended_at_the_limit() {
        let spawn = Spawn::new("sleep", Socket::at_path("/nonexistent/s"));
        let error = spawn
            .start(&["1000".into()], &[], Duration::from_millis(50))
            .unwrap_err();
        assert!(matches!(error, Error::TimedOut { .. }), "{error}");
    }

    #[test]
    fn output_without_end_is_an_error() {
        let spawn = Spawn::new("yes", Socket::at_path("/nonexistent/s"));
        let error = spawn.start(&[], &[], Duration::from_secs(60)).unwrap_err();
        assert!(matches!(error, Error::TooMuchOutput { .. }), "{error}");
    }

    #[test]
    fn input_and_output_of_any_size_pass() {
        let spawn = Spawn::new("cat", Socket::at_path("/nonexistent/s"));
        let input = vec![b'x'; 3_000_000];
        assert_eq!(
            spawn
                .start(&[], &input, Duration::from_secs(60))
                .expect("a reply")
                .stdout,
            input
        );
    }
}
