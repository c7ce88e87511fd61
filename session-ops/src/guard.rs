//! The completion marker: a project that names one isn't left before its work says that it is done.
//!
//! The marker counts only as a regular file of the user, no link, that is newer than the last time somebody went to the
//! project: it may lie in a directory that all can write. tsm never deletes it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use session_recovery::ours::epoch;
use tmux_core::Session;
use uuid::Uuid;

use crate::clock::Clock;
use crate::context::Context;
use crate::error::Error;
use crate::leave::{Answer, Ask, Question};
use crate::live::Ours;
use crate::log::{Entry, Level};

/// A project that is about to be left, and isn't done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The project.
    pub project: String,
    /// Its marker.
    pub marker: PathBuf,
    /// What is wrong with the marker.
    pub why: &'static str,
}

/// What a session's epoch is from now on: it tells when somebody went there, by the clock of files, and differs from
/// every other.
pub(crate) fn new_epoch(clock: Clock) -> String {
    format!("{:016x}{}", clock.file_nanos().max(0), Uuid::new_v4().simple())
}

/// What keeps a project from being left, if anything does.
pub(crate) fn unfinished(context: &Context, ours: Ours<'_>) -> Option<Unfinished> {
    let project = &ours.record.project;
    let marker = context.config.completion_marker(project, &ours.record.working_dir)?;
    let why = missing(&marker, last_visit(ours.session))?;
    Some(Unfinished {
        project: project.clone(),
        marker,
        why,
    })
}

/// Whether a project may be left: it is done, or `force` says so, or the user does. Everything but the first is logged.
///
/// # Errors
///
/// [`Error::Unfinished`] if it may not, [`Error::Cancelled`] if the user says so.
pub(crate) fn check(
    context: &Context,
    ours: Ours<'_>,
    verb: &str,
    force: bool,
    ask: &mut Ask<'_>,
) -> Result<(), Error> {
    let project = ours.record.project.as_str();
    // A marker may have stood in what can't be used.
    if !force {
        context.config.check_project(project)?;
    }
    let Some(unfinished) = unfinished(context, ours) else {
        return Ok(());
    };
    let result = match (force, ask) {
        (true, _) => Ok("--force went on"),
        (false, Some(ask)) => match ask(Question::Unfinished(&unfinished)) {
            Answer::End => Ok("the user went on"),
            Answer::Keep | Answer::Cancel => Err(Error::Cancelled),
        },
        (false, None) => Err(Error::Unfinished {
            project: project.to_owned(),
            marker: unfinished.marker.clone(),
            why: unfinished.why,
        }),
    };
    let outcome = match &result {
        Ok(outcome) => outcome,
        Err(Error::Cancelled) => "the user stayed",
        Err(_) => "refused",
    };
    let (marker, why) = (unfinished.marker.display(), unfinished.why);
    let text = format!("the completion marker {marker} {why}: {outcome}");
    context
        .log
        .write(&Entry::info(verb, &text).level(Level::Warning).project(project));
    result.map(|_outcome| ())
}

/// When somebody last went there, in nanoseconds since 1970: by the epoch, else when the session was made.
pub(crate) fn last_visit(session: &Session) -> i128 {
    let visited = epoch(session);
    let visited = visited.get(..16).and_then(|time| i128::from_str_radix(time, 16).ok());
    visited.unwrap_or(i128::from(session.created) * 1_000_000_000)
}

fn missing(marker: &Path, since: i128) -> Option<&'static str> {
    // Not followed: a link in a directory of all could lead to any file of the user.
    let Ok(metadata) = fs::symlink_metadata(marker) else {
        return Some("isn't there");
    };
    let modified = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    if !metadata.is_file() {
        Some("is no regular file")
    } else if metadata.uid() != rustix::process::geteuid().as_raw() {
        Some("isn't yours")
    } else if modified < since {
        // The same time is the same tick of the clock, within which a quick piece of work can begin and end.
        Some("is older than the last switch to the project")
    } else {
        None
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make files")]
mod tests {
    use super::*;

    #[test]
    fn only_a_new_regular_file_of_the_user_counts() {
        let root = tempfile::tempdir().expect("a directory");
        let marker = root.path().join("DONE");
        assert_eq!(missing(&marker, 0), Some("isn't there"));
        fs::write(&marker, "").expect("written");
        assert_eq!(missing(&marker, 0), None);
        let modified = fs::metadata(&marker).expect("it is there");
        let modified = i128::from(modified.mtime()) * 1_000_000_000 + i128::from(modified.mtime_nsec());
        assert_eq!(missing(&marker, modified), None);
        assert_eq!(
            missing(&marker, modified + 1),
            Some("is older than the last switch to the project")
        );
        let link = root.path().join("LINK");
        std::os::unix::fs::symlink(&marker, &link).expect("a link");
        assert_eq!(missing(&link, 0), Some("is no regular file"));
        assert_eq!(missing(root.path(), 0), Some("is no regular file"));
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&marker, Some(12345), None).expect("given away");
            assert_eq!(missing(&marker, 0), Some("isn't yours"));
        }
    }

    #[test]
    fn an_epoch_tells_its_time() {
        let epoch = new_epoch(Clock::Fixed(1_795_450_000));
        assert_eq!(i128::from_str_radix(&epoch[..16], 16), Ok(1_795_450_000_000_000_000));
        assert_ne!(epoch, new_epoch(Clock::Fixed(1_795_450_000)));
        assert!(epoch.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
