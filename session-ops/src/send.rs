//! Typing a text into panes of sessions: into an agent's so that it really arrives, into a shell's as it is.

mod agent;
mod paste;
mod settled;
mod target;

use std::ffi::OsString;
use std::panic::resume_unwind;
use std::thread;
use std::time::Duration;

use session_lock::{LockOptions, Wait, acquire};
use tmux_core::{Pane, Snapshot};

use crate::agent::absence;
use crate::context::Context;
use crate::error::{Class, Error, with_causes};
use crate::live::Live;
use crate::selection::{Among, select};
use paste::{Submit, paste};
use target::find;

pub use target::PaneChoice;

/// How long an agent has to acknowledge a text.
pub(crate) const ACKNOWLEDGED: Duration = Duration::from_secs(2);

/// What is meant for an agent would be a shell's commands.
const NO_AGENT: &str = "it has no agent; `--pane shell`, or a pane's number, types into a shell";

/// So many sessions are typed into at once.
const AT_ONCE: usize = 16;

/// What to type, and where.
#[derive(Debug, Clone)]
pub struct SendRequest {
    /// The projects.
    pub projects: Vec<OsString>,
    /// All sessions of ours.
    pub all: bool,
    /// The text.
    pub text: Vec<u8>,
    /// The pane.
    pub pane: PaneChoice,
    /// Whether it is submitted.
    pub enter: bool,
    /// An agent that works gets it for later.
    pub queue: bool,
    /// An agent that waits for an answer gets it as that.
    pub answer: bool,
    /// An agent gets it although nobody knows what it does.
    pub force: bool,
    /// How long to wait for an agent that is starting.
    pub wait: Duration,
}

/// What came of it in one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The project.
    pub project: String,
    /// What came of it.
    pub outcome: SendOutcome,
    /// Why, or what is to be known of it.
    pub detail: Option<String>,
}

/// What came of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendOutcome {
    /// The agent has acknowledged it; a shell's terminal has it.
    Delivered,
    /// The agent works, and takes it up afterwards.
    Queued,
    /// It was typed, and nothing says that it was submitted.
    Typed,
    /// Nothing was typed.
    Refused,
}

impl SendOutcome {
    /// The word in JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Queued => "queued",
            Self::Typed => "typed",
            Self::Refused => "refused",
        }
    }
}

/// What came of it, and why.
pub(crate) type Verdict = (SendOutcome, Option<String>);

pub(crate) fn refused(why: impl Into<String>) -> Verdict {
    (SendOutcome::Refused, Some(why.into()))
}

/// Types the text into all of the sessions, at once, with a result for each.
///
/// # Errors
///
/// [`Error::NoSession`] if a named project has none, [`Error::Tmux`]: before anything was typed. Of a single project also
/// what else keeps tsm from trying; of several that is the reason why one is refused.
pub fn send(context: &Context, request: &SendRequest) -> Result<Vec<Sent>, Error> {
    let live = Live::read(context)?;
    live.require_tmux(context)?;
    let mut projects: Vec<String> = Vec::new();
    if request.all {
        projects.extend(live.all_ours().map(|ours| ours.record.project.clone()));
    }
    for project in select(context, &live, &request.projects, Among::Sessions)? {
        let project = project.name;
        if live.of_project(&project).is_none() {
            return Err(live.why_none(context, project));
        }
        if !projects.contains(&project) {
            projects.push(project);
        }
    }
    let mut sent = Vec::new();
    if let [project] = projects.as_slice() {
        match type_into(context, project, request) {
            // Nobody's guard said no.
            Err(error) if matches!(error.class(), Class::Busy | Class::TmuxUnavailable | Class::Failed) => {
                return Err(error);
            }
            verdict => sent.push(outcome_of(project, verdict)),
        }
        projects.clear();
    }
    for projects in projects.chunks(AT_ONCE) {
        sent.extend(thread::scope(|scope| {
            let threads: Vec<_> = projects
                .iter()
                .map(|project| scope.spawn(|| outcome_of(project, type_into(context, project, request))))
                .collect();
            // A panic in there is one here.
            let join =
                |thread: thread::ScopedJoinHandle<'_, Sent>| thread.join().unwrap_or_else(|panic| resume_unwind(panic));
            threads.into_iter().map(join).collect::<Vec<Sent>>()
        }));
    }
    for sent in &sent {
        if matches!(sent.outcome, SendOutcome::Typed | SendOutcome::Refused) {
            let outcome = sent.outcome.as_str();
            let why = sent
                .detail
                .as_ref()
                .map_or_else(|| outcome.to_owned(), |why| format!("{outcome}: {why}"));
            context.account.failed(&sent.project, &why);
        }
    }
    Ok(sent)
}

fn outcome_of(project: &str, verdict: Result<Verdict, Error>) -> Sent {
    let (outcome, detail) = verdict.unwrap_or_else(|error| refused(with_causes(&error)));
    Sent {
        project: project.to_owned(),
        outcome,
        detail,
    }
}

fn type_into(context: &Context, project: &str, request: &SendRequest) -> Result<Verdict, Error> {
    let live = Live::read(context)?;
    let Some(ours) = live.of_project(project) else {
        return Ok(refused("it has no session any more"));
    };
    let target = match find(ours.session, &request.pane) {
        Ok(target) => target,
        Err(why) => return Ok(refused(why)),
    };
    if request.pane == PaneChoice::Agent && target.agent.is_none() && !absence::is_wanted(context, ours.record) {
        return Ok(refused(NO_AGENT));
    }
    let id = ours.record.id.clone().unwrap_or_default();
    // Two texts for one agent at once would each take the other's acknowledgement, and the second would meet it busy.
    let options = LockOptions {
        wait: Wait::For(request.wait + 3 * ACKNOWLEDGED),
        ..context.lock_options("send")
    };
    let lock = acquire(&context.state_home.send_lock(&id), &options)?;
    let verdict = match target.agent {
        Some(kind) => agent::send(context, project, &id, target.pane.id, &kind, request),
        None => into_shell(context, &live, target.pane, request),
    };
    lock.guard.release();
    verdict
}

/// As it is: any size, any bytes, no key's name among them. A shell that knows pastes takes several lines as one input.
fn into_shell(context: &Context, live: &Live, pane: &Pane, request: &SendRequest) -> Result<Verdict, Error> {
    let Some(Snapshot { server, .. }) = &live.snapshot else {
        return Ok(refused("the tmux server is gone"));
    };
    if pane.dead {
        return Ok(refused("the pane is dead"));
    }
    let submit = if request.enter { Submit::ENTER } else { Submit::No };
    paste(&context.server, pane, &request.text, submit, &server.version)?;
    Ok((SendOutcome::Delivered, None))
}
