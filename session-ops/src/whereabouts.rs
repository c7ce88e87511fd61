//! Which project a directory belongs to, and whether that is the one whose session one is in. Asked before every prompt and
//! every command of an agent, so tmux is asked for one pane and nothing else.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use session_recovery::ours::{ID_OPTION, PROJECT_OPTION};

use crate::context::Context;
use crate::error::Error;
use crate::live::{Live, same_place};
use crate::project::{KnownProjects, usable_directory};

/// Where one is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// The directory, resolved.
    pub path: PathBuf,
    /// The project that it belongs to.
    pub project: Option<String>,
    /// The project of the session that one is in.
    pub current: Option<String>,
}

impl Whereabouts {
    /// Whether one is in the session of the directory's project.
    pub fn matches(&self) -> bool {
        self.project.is_some() && self.project == self.current
    }
}

/// Where one is; without a directory, the working directory counts.
///
/// # Errors
///
/// [`Error::Directory`], [`Error::Store`], [`Error::Tmux`] if the server doesn't answer.
pub fn whereabouts(context: &Context, directory: Option<&Path>) -> Result<Whereabouts, Error> {
    let current_dir = context.environment.current_dir.as_deref();
    let directory = directory.unwrap_or(Path::new("."));
    let Some(directory) = current_dir.map(|current| current.join(directory)).or_else(|| {
        // A working directory that was removed has no path.
        directory.is_absolute().then(|| directory.to_owned())
    }) else {
        let why = "can't be found: the working directory doesn't exist any more".to_owned();
        return Err(Error::Directory {
            path: directory.to_owned(),
            why,
        });
    };
    let path = usable_directory(&directory)?;
    let loaded = context.store.load_all()?;
    let records = loaded.iter().filter_map(|(_, loaded)| loaded.as_ref().ok());
    let states = records.map(|loaded| (loaded.state.project.clone(), loaded.state.working_dir.clone()));
    let project = KnownProjects::new(&context.config, states).known(&path);
    let claim = match claim(context)? {
        Claim::Of(id, project) => Some((id, project)),
        Claim::None => None,
        Claim::Ask => {
            let live = Live::read(context)?;
            let inside = live.inside(context).and_then(|session| live.ours(session));
            inside.map(|ours| (ours.record.id.clone().unwrap_or_default(), ours.record.project.clone()))
        }
    };
    // A mark alone makes no session ours.
    let current = claim.filter(|(id, claimed)| {
        let mut records = loaded.iter().filter_map(|(_, loaded)| loaded.as_ref().ok());
        records.any(|loaded| loaded.state.project == *claimed && loaded.state.id.as_ref() == Some(id))
    });
    Ok(Whereabouts {
        path,
        project: project.map(|project| project.name),
        current: current.map(|(_, project)| project),
    })
}

/// What the session says of itself that one is in.
enum Claim {
    /// Its id and its project.
    Of(String, String),
    /// Nothing, or there is none.
    None,
    /// A pane can't tell.
    Ask,
}

fn claim(context: &Context) -> Result<Claim, Error> {
    let Some(inside) = &context.environment.inside else {
        return Ok(Claim::None);
    };
    if !same_place(&inside.socket, context.server.socket_path()) {
        return Ok(Claim::None);
    }
    let Some(pane) = inside.pane else {
        return Ok(Claim::Ask);
    };
    let rows = match context.server.pane_fields(&[pane], &["pid", ID_OPTION, PROJECT_OPTION]) {
        Ok(rows) => rows,
        Err(tmux_core::Error::NoServer { .. } | tmux_core::Error::ServerLost { .. }) => return Ok(Claim::None),
        Err(error) => return Err(error.into()),
    };
    let Some(row) = rows.into_iter().next().flatten() else {
        return Ok(Claim::None);
    };
    let text = |field: &'static str| row.bytes(field).to_string();
    if text("pid") != inside.server_pid.to_string() {
        return Ok(Claim::None);
    }
    Ok(match (text(ID_OPTION), text(PROJECT_OPTION)) {
        (id, project) if !id.is_empty() && !project.is_empty() => Claim::Of(id, project),
        _ => Claim::None,
    })
}

/// The directory that a hook of Claude Code names on its standard input, and whether its event can be stopped.
///
/// # Errors
///
/// What is wrong with the text.
pub fn of_hook_input(text: &[u8]) -> Result<(PathBuf, bool), serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Input {
        cwd: String,
        hook_event_name: String,
    }
    let input: Input = serde_json::from_slice(text)?;
    // Exit 2 of a hook stops these; of others it only shows a message.
    let stops = ["UserPromptSubmit", "PreToolUse"].contains(&input.hook_event_name.as_str());
    Ok((PathBuf::from(OsStr::new(&input.cwd)), stops))
}
