//! Telling every call of tmux with its time, for `DEBUG=1`.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use tmux_core::{Error, Reply, Request, ServerInfo, Transport};

/// Takes a line for each call.
pub type Trace = Arc<dyn Fn(&str) + Send + Sync>;

/// Where calls are told, if they are.
#[derive(Clone, Default)]
pub(crate) struct Tracing(pub(crate) Option<Trace>);

impl fmt::Debug for Tracing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tracing").field(&self.0.is_some()).finish()
    }
}

/// A transport that tells what goes over another.
pub(crate) struct Traced {
    inner: Arc<dyn Transport>,
    trace: Trace,
}

impl Traced {
    pub(crate) fn new(inner: Arc<dyn Transport>, trace: Trace) -> Self {
        Self { inner, trace }
    }
}

impl fmt::Debug for Traced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Traced")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}

impl Transport for Traced {
    fn run(&self, request: &Request) -> Result<Reply, Error> {
        let started = Instant::now();
        let reply = self.inner.run(request);
        let outcome = match &reply {
            Ok(reply) => format!("status {}", reply.status),
            Err(error) => error.to_string(),
        };
        let groups: Vec<String> = request
            .groups
            .iter()
            .map(|group| {
                group
                    .iter()
                    .map(|command| command.to_line().to_string())
                    .collect::<Vec<_>>()
                    .join(" ; ")
            })
            .collect();
        let millis = started.elapsed().as_secs_f64() * 1000.0;
        (self.trace)(&format!("tmux {millis:.1} ms, {outcome}: {}", groups.join(" ; ")));
        reply
    }

    fn met(&self, server: &ServerInfo) {
        self.inner.met(server);
    }
}
