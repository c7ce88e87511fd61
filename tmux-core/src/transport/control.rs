//! Calls over a control client, for programs that live long and send many small commands.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::direct::Direct;
use super::{Reply, Request, Transport};
use crate::control::{Attach, ControlClient, is_hazard};
use crate::{Error, Identity, Socket};

/// Keeps one control client, attached when it is first needed and again when it was lost.
///
/// What a control client can't carry goes over the direct transport: contents of panes and buffers, keys, what waits, and
/// everything while there is no session to attach to.
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
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|client| client.end().is_some()) {
            *kept = match self.attached(request.limit) {
                // The session isn't there (any more), or none is.
                Err(Error::NotFound { .. } | Error::Refused { .. }) => {
                    drop(kept);
                    return self.direct.run(request);
                }
                attached => Some(attached?),
            };
        }
        let Some(client) = kept.as_mut() else {
            return self.direct.run(request);
        };
        if request
            .generation
            .is_some_and(|generation| generation != client.generation())
        {
            return Err(Error::ServerRestarted {
                socket: self.socket.path().to_owned(),
            });
        }
        match client.run_within(&request.groups, request.limit) {
            // The session it was attached to ended: what only reads is asked again.
            Err(Error::ServerLost { .. }) if request.is_reading() => {
                *kept = None;
                drop(kept);
                self.direct.run(request)
            }
            reply => reply,
        }
    }
}

impl Transport for Control {
    fn run(&self, request: &Request) -> Result<Reply, Error> {
        super::lower::check(request)?;
        if request.may_start_server || request.groups.iter().flatten().any(is_hazard) {
            self.direct.run(request)
        } else {
            self.run_over_client(request)
        }
    }
}
