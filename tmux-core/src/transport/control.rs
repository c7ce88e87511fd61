//! Calls over a control client, for programs that live long and send many small commands.

use std::path::PathBuf;
use std::sync::{Mutex, TryLockError};
use std::time::Duration;

use super::direct::Direct;
use super::{Reply, Request, Transport};
use crate::control::{Attach, ControlClient, is_hazard};
use crate::deadline::{deadline, left};
use crate::{Command, Error, Identity, Socket};

/// Keeps one control client, attached when it is first needed and again when it was lost.
///
/// What a control client can't carry goes over the direct transport: contents of panes and buffers, keys, what waits, and
/// everything while there is no session to attach to. A second thread doesn't wait for the first one's call, but goes
/// direct, too.
///
/// Nobody reads its events between calls: the server keeps them until the next one. A program that calls rarely is better
/// off without it.
#[derive(Debug)]
pub struct Control {
    direct: Direct,
    binary: PathBuf,
    socket: Socket,
    attach: Attach,
    client: Mutex<Option<ControlClient>>,
}

impl Control {
    /// The server on `socket`; `attach` says to which session, and how.
    pub fn new(binary: impl Into<PathBuf>, socket: Socket, identity: Identity, attach: Attach) -> Self {
        Self {
            direct: Direct::new(socket.clone(), identity),
            binary: binary.into(),
            socket,
            attach,
            client: Mutex::new(None),
        }
    }

    fn attached(&self, limit: Duration) -> Result<ControlClient, Error> {
        let attach = Attach {
            limit: self.attach.limit.min(limit),
            ..self.attach.clone()
        };
        ControlClient::attach(
            &self.binary,
            self.socket.clone(),
            self.direct.identity().clone(),
            &attach,
        )
    }

    fn run_over_client(&self, request: &Request) -> Result<Reply, Error> {
        // A call of another thread may take its whole time: this one doesn't wait for it.
        let mut kept = match self.client.try_lock() {
            Ok(kept) => kept,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return self.direct.run(request),
        };
        let deadline = deadline(request.limit);
        if let Some(client) = kept.as_mut() {
            client.look();
            let another = |generation| generation != client.generation();
            // The session it was attached to has ended, or the server was started anew.
            if client.end().is_some() || request.generation.is_some_and(another) {
                *kept = None;
            }
        }
        if kept.is_none() {
            *kept = match self.attached(left(deadline)) {
                // The session isn't there (any more), or none is.
                Err(Error::NotFound { .. } | Error::Refused { .. }) => {
                    drop(kept);
                    return self.direct.run(&request.until(deadline));
                }
                attached => Some(attached?),
            };
        }
        let Some(client) = kept.as_mut() else {
            return self.direct.run(&request.until(deadline));
        };
        if request
            .generation
            .is_some_and(|generation| generation != client.generation())
        {
            return Err(Error::ServerRestarted {
                socket: self.socket.path().to_owned(),
            });
        }
        match client.run_within(&request.groups, left(deadline)) {
            // The session it was attached to ended: what only reads is asked again.
            Err(Error::ServerLost { .. }) if request.is_reading() => {
                *kept = None;
                drop(kept);
                self.direct.run(&request.until(deadline))
            }
            Err(Error::TimedOut { socket, .. }) => Err(Error::timed_out(&socket, request.limit)),
            reply => reply,
        }
    }
}

/// The client ends with its session, and wouldn't learn what became of the call.
fn may_end_a_session(command: &Command) -> bool {
    match command.nested() {
        Some(nested) => nested.commands().any(may_end_a_session),
        None => command.verb().starts_with("kill-"),
    }
}

impl Transport for Control {
    fn run(&self, request: &Request) -> Result<Reply, Error> {
        super::lower::check(request)?;
        let commands = || request.groups.iter().flatten();
        if request.may_start_server || commands().any(is_hazard) || commands().any(may_end_a_session) {
            self.direct.run(request)
        } else {
            self.run_over_client(request)
        }
    }
}
