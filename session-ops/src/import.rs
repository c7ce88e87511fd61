//! Files of other session managers, as projects and templates. Nothing in them is run, and what has no counterpart is
//! reported.

mod resurrect;
mod scripts;
mod smug;
mod table;
mod take_over;
mod tmuxinator;
mod tmuxp;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::config::server::unusable;
use crate::project::mapped_name;
use crate::template::{PaneTable, TemplateTable};
use table::Table;

pub use take_over::{ImportOutcome, ImportRequest, ImportedFile, TakenOver, import};

/// Such a file is small; more than this is a mistake or an attack.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// More windows or panes of one session than this are an attack.
const MAX_PANES: usize = 500;

/// What a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Import {
    /// The projects, in the order of the file.
    pub projects: Vec<ImportedProject>,
    /// What couldn't be taken over.
    pub remarks: Vec<Remark>,
}

/// A project of another session manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedProject {
    /// Its name.
    pub name: String,
    /// Its directory, as the file has it: `~/` is the home directory, and what is relative is relative to the file's.
    pub path: Option<String>,
    /// The tmux server of its session, as `server` of a project has it.
    pub server: Option<String>,
    /// Its windows, if the file says which.
    pub template: Option<TemplateTable>,
}

/// Something that couldn't be taken over as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// Where it is: a key, or a line.
    pub place: String,
    /// Why not.
    pub what: String,
}

impl Remark {
    fn new(place: &str, what: impl Into<String>) -> Self {
        Self {
            place: place.to_owned(),
            what: what.into(),
        }
    }
}

/// Why a file can't be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It can't be read.
    #[error("{} can't be read", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// It is larger than any such file.
    #[error("{} is larger than {MAX_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It isn't what its name says.
    #[error("{}:{line}: {message}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        message: String,
    },
    /// No session manager that tsm knows writes such files.
    #[error("{} is of no kind that tsm knows", path.display())]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
}

/// Reads a file of tmuxp, tmuxinator, smug, tmux-resurrect or the original scripts; what it is is told from its content.
///
/// # Errors
///
/// [`ImportError`], naming the file and the line.
pub fn read(path: &Path) -> Result<Import, ImportError> {
    let unreadable = |source| ImportError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    // A fifo would block, a directory is no file.
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(ImportError::UnknownKind { path: path.to_owned() });
    }
    let length = file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if length as u64 > MAX_BYTES {
        return Err(ImportError::TooLarge { path: path.to_owned() });
    }
    parse(&bytes, path)
}

/// The same of a file's content; `path` tells the format where the content doesn't, and names files without a name.
///
/// # Errors
///
/// As [`read`].
pub fn parse(bytes: &[u8], path: &Path) -> Result<Import, ImportError> {
    let text = String::from_utf8_lossy(bytes);
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    let unknown = || ImportError::UnknownKind { path: path.to_owned() };
    if resurrect::is_it(&text) {
        return Ok(resurrect::read(&text));
    }
    match extension {
        "yaml" | "yml" | "json" => {
            let mut import = Import::default();
            let value = document(&text, path)?;
            let table = Table::of("", value, &mut import.remarks).ok_or_else(unknown)?;
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("imported");
            let project = if table.has("session_name") {
                tmuxp::read(table, &mut import.remarks)
            } else if table.has("session") {
                smug::read(table, &mut import.remarks)
            } else if table.has("windows") || table.has("tabs") {
                tmuxinator::read(table, stem, &mut import.remarks)
            } else {
                return Err(unknown());
            };
            import.projects.push(project);
            Ok(import)
        }
        _ if scripts::is_it(&text) => Ok(scripts::read(&text)),
        _ => Err(unknown()),
    }
}

/// The files of a directory that may be imported, sorted: of several saves of tmux-resurrect only the last.
///
/// # Errors
///
/// [`ImportError::Unreadable`].
pub fn files(directory: &Path) -> Result<Vec<PathBuf>, ImportError> {
    let unreadable = |source| ImportError::Unreadable {
        path: directory.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in directory.read_dir().map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let extension = path
            .extension()
            .and_then(|extension| extension.to_str())
            .unwrap_or_default();
        let wanted = matches!(extension, "yaml" | "yml" | "json" | "sh") || name == "last";
        if wanted && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// YAML, of which JSON is a part. What aliases make of a small file is bounded by the reader's budget.
fn document(text: &str, path: &Path) -> Result<Value, ImportError> {
    let invalid = |line, message: String| ImportError::Invalid {
        path: path.to_owned(),
        line,
        message,
    };
    // ERB is a program: it would have to be run to know what the file says.
    if let Some(at) = text.find("<%") {
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        return Err(invalid(
            line as u64,
            "it is an ERB template, and tsm runs none".to_owned(),
        ));
    }
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |location| location.line());
        let message = error.to_string();
        // The first line says it all; the others show the place.
        let message = message.lines().next().unwrap_or_default();
        invalid(line, message.trim_start_matches("error: ").to_owned())
    })
}

/// A name that a project can have.
fn project_name(name: &str, place: &str, remarks: &mut Vec<Remark>) -> String {
    let mapped = mapped_name(name);
    if mapped != name {
        remarks.push(Remark::new(
            place,
            format!("a project can't be called {name:?}; it is {mapped} now"),
        ));
    }
    mapped
}

/// A tmux server, as `server` of a project has it: by the path of its socket, else by its name.
fn server(file: &mut Table, remarks: &mut Vec<Remark>) -> Option<String> {
    let path = file
        .text("socket_path", remarks)
        .map(|path| ("socket_path", path, true));
    let name = file
        .text("socket_name", remarks)
        .map(|name| ("socket_name", name, false));
    let (key, text, is_path) = path.or(name)?;
    let rooted = text.starts_with('/') || text.starts_with("~/");
    let why = match is_path == text.contains('/') && rooted == is_path {
        true => unusable(&text),
        false => Some("it is no name of a socket and no whole path of one"),
    };
    match why {
        None => Some(text),
        Some(why) => {
            remarks.push(Remark::new(key, format!("{why}; set `server` of the project")));
            None
        }
    }
}

/// What several commands that were typed into a pane's shell become.
fn typed(commands: Vec<String>, pane: &mut PaneTable) {
    if !commands.is_empty() {
        pane.shell = Some(commands.join("\n"));
    }
}

#[cfg(test)]
mod tests;
