//! Looking at saved states.

use std::ffi::OsStr;

use session_state::{Lifecycle, Loaded, Notice, SessionState};

pub use session_state::{At, Size};

use crate::context::Context;
use crate::error::Error;
use crate::event::{Event, Events};
use crate::live::Live;

/// The saved state of a project, of now or of then.
///
/// # Errors
///
/// [`Error::NoState`], [`Error::Store`].
pub fn state(
    context: &Context,
    project: &OsStr,
    at: Option<At>,
    events: Events<'_>,
) -> Result<(String, Loaded), Error> {
    let project = name(context, project)?;
    let loaded = match at {
        Some(at) => context.store.load_at(&project, at)?,
        None => context.store.load(&project)?.ok_or(Error::NoState {
            project: project.clone(),
        })?,
    };
    tell(&project, loaded.notice.as_ref(), events);
    Ok((project, loaded))
}

/// Tells what is unusual about the state of a project. That the original scripts wrote it is nothing unusual.
pub(crate) fn tell(project: &str, notice: Option<&Notice>, events: Events<'_>) {
    let notice = match notice {
        Some(Notice::FellBack { damage, seq, .. }) => {
            format!("its file can't be used ({damage}); #{seq} of its history is used")
        }
        Some(Notice::Edited) => "its file was edited or damaged, but can be read".to_owned(),
        Some(Notice::NewerVersion(version)) => format!("a newer tsm wrote it (format {version})"),
        Some(Notice::OriginalScript) | None => return,
    };
    events(Event::StateNotice {
        project: project.to_owned(),
        notice,
    });
}

/// An earlier state of a project, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Earlier {
    /// Its number, for `--at`.
    pub seq: u64,
    /// When it was saved, in seconds since 1970 UTC.
    pub at: i64,
    /// What is in it, or what is wrong with it.
    pub content: Result<EarlierContent, String>,
}

/// What is in an earlier state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierContent {
    /// Why it was saved, for example `switch`; empty in files of the original scripts.
    pub reason: String,
    /// `live`, `ended` or `closed`.
    pub lifecycle: &'static str,
    /// How many windows there were.
    pub windows: usize,
    /// How many panes there were.
    pub panes: usize,
}

/// The earlier states of a project, the newest first, and its name.
///
/// # Errors
///
/// [`Error::Store`].
pub fn history(context: &Context, project: &OsStr) -> Result<(String, Vec<Earlier>), Error> {
    let project = name(context, project)?;
    let entries = context.store.history(&project)?;
    let earlier = entries.into_iter().map(|entry| Earlier {
        seq: entry.seq,
        at: entry.at,
        content: match context.store.load_at(&project, At::Sequence(entry.seq)) {
            Ok(loaded) => Ok(content(&loaded.state)),
            Err(session_state::StoreError::Corrupt { damage, .. }) => Err(damage.to_string()),
            Err(error) => Err(error.to_string()),
        },
    });
    let earlier = earlier.collect();
    Ok((project, earlier))
}

fn content(state: &SessionState) -> EarlierContent {
    EarlierContent {
        reason: state.saved.reason.clone(),
        lifecycle: match state.lifecycle {
            Lifecycle::Live => "live",
            Lifecycle::Ended { .. } => "ended",
            Lifecycle::Closed => "closed",
        },
        windows: state.windows.len(),
        panes: state.panes().count(),
    }
}

/// The value of a key of a state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlatValue {
    /// A text.
    Text(String),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
}

/// The keys of a state in the current format, whatever format it was read from, sorted.
///
/// # Errors
///
/// [`Error::Store`] if the state is one that can't be written.
pub fn flat_keys(state: &SessionState) -> Result<Vec<(String, FlatValue)>, Error> {
    let project = || state.project.clone();
    let unwritable = |source| Error::Unwritable {
        project: project(),
        source,
    };
    let bytes = session_state::codec::encode(state).map_err(unwritable)?;
    let table: toml::Table = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_default();
    let flat = table.into_iter().filter_map(|(key, value)| match value {
        toml::Value::String(text) => Some((key, FlatValue::Text(text))),
        toml::Value::Integer(number) => Some((key, FlatValue::Number(number))),
        toml::Value::Boolean(flag) => Some((key, FlatValue::Flag(flag))),
        _ => None,
    });
    Ok(flat.collect())
}

/// A state can be looked at without a server, and when its directory is gone.
fn name(context: &Context, project: &OsStr) -> Result<String, Error> {
    let live = Live::with_snapshot(context, None)?;
    if let Some(name) = project.to_str()
        && live.recorded_projects().any(|known| known == name)
    {
        return Ok(name.to_owned());
    }
    let project = live.resolve(context, project)?;
    Ok(project.name)
}
