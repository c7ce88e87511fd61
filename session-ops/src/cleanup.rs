//! Putting away what has ended and what nobody waits for any more: sessions and panes whose programs are gone, processes
//! that agents left behind, a socket that nobody listens on, what killed runs left. What lives is never touched.

mod agents;
mod files;
mod processes;
mod sessions;
mod socket;

use session_recovery::process_table::ProcessTable;

use crate::context::{Context, OperationLock};
use crate::detect::{FindingKind, ServerCondition, Subject, server};
use crate::error::{Error, with_causes};
use crate::event::Events;
use crate::live::Live;

/// How to clean up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CleanupRequest {
    /// Only say what would be done.
    pub dry_run: bool,
}

/// One thing that was found, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanupAction {
    /// What it is.
    pub kind: FindingKind,
    /// Of what: a project, a process, a file.
    pub subject: String,
    /// Its bytes, where the text doesn't tell them.
    pub subject_bytes: Option<Vec<u8>>,
    /// What became of it.
    pub outcome: CleanupOutcome,
    /// Why.
    pub reason: String,
}

/// What became of a thing that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CleanupOutcome {
    /// It is put away.
    Done,
    /// It would be.
    Planned,
    /// It stays, for a good reason.
    Kept,
    /// It couldn't be put away.
    Failed,
}

/// Why a thing wasn't put away.
enum Not {
    Kept(String),
    Failed(Error),
}

impl<E: Into<Error>> From<E> for Not {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// Cleans up, and says of everything that was found what became of it.
///
/// # Errors
///
/// [`Error::Lock`] if somebody else is at it, [`Error::Store`] if the directory of the states can't be read. What fails for
/// a single thing is in its [`CleanupAction`].
pub fn cleanup(context: &Context, request: CleanupRequest, events: Events<'_>) -> Result<Vec<CleanupAction>, Error> {
    // Before the lock is taken: whoever crashed with it is seen only until then.
    let files = files::found(context)?;
    let lock = match request.dry_run {
        true => None,
        false => Some(context.lock_operation("cleanup", events)?),
    };
    let condition = server::condition(context)?;
    let live = Live::with_snapshot(context, condition.snapshot().cloned())?;
    let cleaning = Cleaning {
        context,
        lock: lock.as_ref(),
        live: &live,
        condition: &condition,
    };
    let mut actions = sessions::clean(&cleaning);
    actions.extend(processes::clean(&cleaning, &ProcessTable::read()));
    actions.extend(socket::clean(&cleaning));
    actions.extend(agents::clean(&cleaning));
    actions.extend(files::clean(&cleaning, files)?);
    Ok(actions)
}

/// What every part needs.
struct Cleaning<'a> {
    context: &'a Context,
    /// `None`: nothing is done, only said.
    lock: Option<&'a OperationLock>,
    live: &'a Live,
    condition: &'a ServerCondition,
}

impl Cleaning<'_> {
    /// Does it, unless it is only to be said. `why` is why it may go.
    fn action(
        &self,
        kind: FindingKind,
        subject: impl Into<Subject>,
        why: &str,
        work: impl FnOnce(&OperationLock) -> Result<(), Not>,
    ) -> CleanupAction {
        let (outcome, reason) = match self.lock.map(work) {
            None => (CleanupOutcome::Planned, why.to_owned()),
            Some(Ok(())) => (CleanupOutcome::Done, why.to_owned()),
            Some(Err(Not::Kept(reason))) => (CleanupOutcome::Kept, reason),
            Some(Err(Not::Failed(error))) => (CleanupOutcome::Failed, with_causes(&error)),
        };
        let subject = subject.into();
        CleanupAction {
            kind,
            subject: subject.text,
            subject_bytes: subject.bytes,
            outcome,
            reason,
        }
    }
}
