//! A transport for tests of those who use this crate: answers from a script, no tmux.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use bstr::ByteSlice;

use super::{Reply, Request, Transport};
use crate::{Command, Error};

type Answer = Box<dyn FnOnce(&Request) -> Result<Reply, Error> + Send>;

/// Gives prepared answers in order, and keeps what it was asked.
///
/// ```
/// use std::sync::Arc;
/// use tmux_core::{Command, Error, Reply, Scripted, Server, SessionId, Socket};
///
/// let script = Arc::new(Scripted::default());
/// script.answer(Reply { status: 1, stderr: b"can't find session: $7\n".to_vec(), ..Reply::default() });
/// let server = Server::over(script.clone(), Socket::at_path("/nowhere"));
/// let error = server.run(vec![Command::kill_session(SessionId(7))]).unwrap_err();
/// assert!(matches!(error, Error::NotFound { .. }));
/// assert_eq!(script.calls()[0].lines, [r#""kill-session" "-t" "\0447""#]);
/// ```
#[derive(Default)]
pub struct Scripted {
    answers: Mutex<VecDeque<Answer>>,
    calls: Mutex<Vec<ScriptedCall>>,
}

/// A call that a [`Scripted`] transport got.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptedCall {
    /// The request.
    pub request: Request,
    /// Its commands in tmux's own language, a line a command.
    pub lines: Vec<String>,
}

impl Scripted {
    /// Adds an answer. One with status 0 stands for commands that all came through.
    pub fn answer(&self, reply: Reply) {
        self.answer_with(move |_| Ok(reply));
    }

    /// Adds an error.
    pub fn fail(&self, error: Error) {
        self.answer_with(move |_| Err(error));
    }

    /// Adds an answer that depends on the request: rows begin with a tag that the request's format holds.
    pub fn answer_with(&self, answer: impl FnOnce(&Request) -> Result<Reply, Error> + Send + 'static) {
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push_back(Box::new(answer));
    }

    /// What was asked so far.
    pub fn calls(&self) -> Vec<ScriptedCall> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted")
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}

impl Transport for Scripted {
    /// The next answer; without one, [`Error::NoServer`].
    fn run(&self, request: &Request) -> Result<Reply, Error> {
        super::lower::check(request)?;
        let commands = || request.groups.iter().flatten();
        let told = commands().filter(|command| command.nested().is_some() || command.marks().is_empty());
        let lines = told.map(|command| command.to_line().to_string());
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(ScriptedCall {
                request: request.clone(),
                lines: lines.collect(),
            });
        let answer = self.answers.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match answer {
            Some(answer) => {
                let mut reply = answer(request)?;
                // A success came to its end, which this crate sees from marks of its own.
                for mark in commands().flat_map(Command::marks).filter(|_| reply.status == 0) {
                    let line = format!("{mark}\n");
                    if !reply.stdout.contains_str(&line) {
                        reply.stdout.extend_from_slice(line.as_bytes());
                    }
                }
                Ok(reply)
            }
            None => Err(Error::NoServer {
                socket: "/the/script/has/ended".into(),
            }),
        }
    }
}
