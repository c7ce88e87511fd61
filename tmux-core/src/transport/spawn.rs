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

use bstr::{BString, ByteVec};

use super::process::{Interrupted, communicate};
use super::{Reply, Request, Transport, classify};
use crate::escape;
use crate::{Command, Error, Socket, Version};

/// tmux's message takes 16 364 bytes of arguments; longer calls go through `source-file -`.
const MAX_ARGUMENT_BYTES: usize = 16_000;

/// tmux 3.7 and newer refuse an argument vector of more than 1000 words.
const MAX_ARGUMENTS: usize = 900;

/// Runs the `tmux` program for each call.
#[derive(Debug, Clone)]
pub struct Spawn {
    binary: PathBuf,
    socket: Socket,
}

impl Spawn {
    /// `binary` is a path, or a name that is looked up in `PATH`.
    pub fn new(binary: impl Into<PathBuf>, socket: Socket) -> Self {
        Self {
            binary: binary.into(),
            socket,
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

    fn start(&self, args: &[OsString], input: &[u8], limit: Duration) -> Result<Reply, Error> {
        let stdin = if input.is_empty() {
            Stdio::null()
        } else {
            Stdio::piped()
        };
        let child = process::Command::new(&self.binary)
            .args(args)
            .stdin(stdin)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => Error::BinaryMissing {
                    binary: self.binary.clone(),
                },
                _ => Error::BinaryUnusable {
                    binary: self.binary.clone(),
                    source,
                },
            })?;
        communicate(child, input, limit).map_err(|interrupted| match interrupted {
            Interrupted::TimedOut => Error::TimedOut {
                socket: self.socket.path().to_owned(),
                limit,
            },
            Interrupted::TooMuchOutput(limit) => Error::TooMuchOutput { limit },
            Interrupted::Io(error) => Error::Io(error),
        })
    }

    /// A program below the floor fails in many ways (`-N` itself is too new for it): the version is the true reason.
    fn too_old(&self, limit: Duration) -> Result<(), Error> {
        let found = self.binary_version(limit)?;
        if found.is_supported() {
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
        if let Some(command) = request.groups.iter().flatten().find(|command| has_nul(command)) {
            return Err(Error::NulByte {
                command: command.verb(),
            });
        }
        // `-u`: without it every byte that isn't printable ASCII arrives as `_`, whatever the locale.
        let mut args: Vec<OsString> = vec!["-u".into()];
        // `-N`: don't start a server.
        args.extend((!request.may_start_server).then(|| "-N".into()));
        args.extend(self.socket.to_args());
        let lowered = lower(request);
        args.extend(lowered.args);
        let reply = self.start(&args, &lowered.input, request.limit)?;
        if reply.status != 0 {
            if let Some(error) = classify::unavailable(&reply, self.socket.path()) {
                return Err(error);
            }
            if says_usage(&reply) {
                self.too_old(request.limit)?;
            }
        }
        Ok(reply)
    }
}

fn has_nul(command: &Command) -> bool {
    command.words().iter().any(|word| word.contains(&0))
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

struct Lowered {
    args: Vec<OsString>,
    input: Vec<u8>,
}

/// A chain of arguments where that does, else tmux's language on standard input.
fn lower(request: &Request) -> Lowered {
    // A chain stops at the first error, so it can carry only one group.
    if let [commands] = request.groups.as_slice()
        && fits_arguments(commands)
    {
        let mut args: Vec<OsString> = Vec::new();
        for (n, command) in commands.iter().enumerate() {
            args.extend((n > 0).then(|| ";".into()));
            args.extend(
                command
                    .words()
                    .iter()
                    .map(|word| OsStr::from_bytes(&escape::argument(word)).to_owned()),
            );
        }
        return Lowered {
            args,
            input: Vec::new(),
        };
    }
    // A line is a group: `;` in it stops at the first error, and the next line still runs.
    let mut input = BString::default();
    for commands in &request.groups {
        for (n, command) in commands.iter().enumerate() {
            input.push_str(if n > 0 { " ; " } else { "" });
            input.push_str(command.to_line());
        }
        input.push_byte(b'\n');
    }
    // `source-file` doesn't start a server, and `start-server` lets it live as long as this client does.
    let start = request.may_start_server.then(|| ["start-server".into(), ";".into()]);
    let args = start
        .into_iter()
        .flatten()
        .chain(["source-file".into(), "-".into()])
        .collect();
    Lowered {
        args,
        input: input.into(),
    }
}

fn fits_arguments(commands: &[Command]) -> bool {
    let words: usize = commands.iter().map(|command| command.words().len() + 1).sum();
    let bytes: usize = commands
        .iter()
        .flat_map(Command::words)
        .map(|word| word.len() + 3)
        .sum();
    words <= MAX_ARGUMENTS && bytes <= MAX_ARGUMENT_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(groups: Vec<Vec<Command>>) -> Request {
        Request {
            groups,
            may_start_server: false,
            limit: Duration::from_secs(5),
        }
    }

    #[test]
    fn small_calls_are_one_chain_of_arguments() {
        let lowered = lower(&request(vec![vec![
            Command::new("list-panes"),
            Command::new("list-clients"),
        ]]));
        assert_eq!(lowered.args, ["list-panes", ";", "list-clients"]);
    }

    #[test]
    fn large_calls_and_several_groups_are_sourced() {
        let mut many = request(vec![vec![Command::new("list-panes"); 1000]]);
        many.may_start_server = true;
        let lowered = lower(&many);
        assert_eq!(lowered.args, ["start-server", ";", "source-file", "-"]);
        assert_eq!(lowered.input.iter().filter(|byte| **byte == b'\n').count(), 1);
        let two = vec![vec![Command::new("list-panes")]; 2];
        assert_eq!(lower(&request(two)).input, b"\"list-panes\"\n\"list-panes\"\n");
    }

    #[test]
    fn a_missing_program_has_an_error_of_its_own() {
        let spawn = Spawn::new("/nonexistent/tmux", Socket::at_path("/nonexistent/s"));
        let error = spawn.run(&request(vec![vec![Command::new("list-panes")]])).unwrap_err();
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

    #[test]
    fn nul_bytes_are_refused_before_anything_starts() {
        let spawn = Spawn::new("/nonexistent/tmux", Socket::at_path("/nonexistent/s"));
        let command = Command::set_user_option(crate::SessionId(1), "@x", "a\0b".into());
        let error = spawn.run(&request(vec![vec![command]])).unwrap_err();
        assert!(matches!(error, Error::NulByte { .. }), "{error}");
    }
}
