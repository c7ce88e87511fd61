//! The first config file, with the projects that are found below given directories.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::config::edit::{ConfigEdit, NewProject};
use crate::context::Context;
use crate::error::Error;
use crate::paths::hex_digest;
use crate::project::{mapped_name, usable_directory};

/// How deep repositories are looked for.
const MAX_DEPTH: usize = 5;

/// More directories aren't looked into.
const MAX_DIRECTORIES: usize = 50_000;

/// More repositories aren't taken.
const MAX_PROJECTS: usize = 500;

/// The config as it begins.
const TEXT: &str = "\
# tsm's configuration. `tsm config show` says what is in force, `tsm config check` what is wrong.
# What is commented out shows the built-in values.

# prefix = \"claude\"          # sessions are called <prefix>-<project>
# agent = \"auto\"             # auto, shell, or an agent: claude, codex, gemini, opencode, aider
# template = \"agent\"         # `tsm template list` shows them

# [switch]
# leave = \"end\"              # or keep: the session that is left lives on
# running = \"ask\"            # programs run in it: ask, keep, end

# [restore]
# programs = []              # those that are started again with their session, such as \"vim\"

# [projects.NAME]
# path = \"~/code/NAME\"
# description = \"\"
# template = \"pair\"
";

/// What to set up.
#[derive(Debug, Clone)]
pub struct InitRequest {
    /// A config that is there gives way; it is kept beside the new one.
    pub force: bool,
    /// Where to look for projects.
    pub scan: Vec<PathBuf>,
}

/// What was set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InitOutcome {
    /// The config.
    pub config: PathBuf,
    /// The one that was there.
    pub kept: Option<PathBuf>,
    /// The projects that were added.
    pub added: Vec<(String, PathBuf)>,
    /// Whether there was more to find than is looked at.
    pub cut_off: bool,
}

/// Writes the config. With directories to look through, one that is there only gets the projects that it hasn't.
///
/// # Errors
///
/// [`Error::Exists`] if there is one, without `force` or anything to look for; those of [`ConfigEdit`].
pub fn init(context: &Context, request: &InitRequest) -> Result<InitOutcome, Error> {
    let mut found = Found::default();
    for directory in &request.scan {
        let current = context.environment.current_dir.as_deref().unwrap_or(Path::new("/"));
        found.scan(&usable_directory(&current.join(directory))?, 0);
    }
    let mut kept = None;
    let edit = ConfigEdit::open_or_broken(context, request.force)?;
    let path = edit.path().to_owned();
    let fresh = !edit.exists() || request.force;
    if !fresh && request.scan.is_empty() {
        return Err(Error::Exists {
            what: "a configuration".to_owned(),
            path,
        });
    }
    let mut edit = match fresh {
        true => {
            kept = edit.replace(TEXT)?;
            ConfigEdit::open(context)?
        }
        false => edit,
    };
    let known: BTreeSet<PathBuf> = edit
        .project_paths()
        .iter()
        .filter_map(|path| {
            crate::paths::expand(Path::new(path), &context.environment)
                .ok()?
                .canonicalize()
                .ok()
        })
        .collect();
    let mut added = Vec::new();
    for path in found.repositories {
        let Some(text) = path.to_str().filter(|_| !known.contains(&path)) else {
            continue;
        };
        let mut name = mapped_name(&path.file_name().unwrap_or_default().to_string_lossy());
        if edit.has("projects", &name) {
            name = format!("{name}-{}", hex_digest(path.as_os_str().as_bytes(), 3));
        }
        edit.add_project(
            &name,
            &NewProject {
                path: text.to_owned(),
                ..NewProject::default()
            },
        );
        added.push((name, path));
    }
    if !added.is_empty() {
        edit.write()?;
    }
    Ok(InitOutcome {
        config: path,
        kept,
        added,
        cut_off: found.cut_off,
    })
}

#[derive(Default)]
struct Found {
    repositories: Vec<PathBuf>,
    directories: usize,
    cut_off: bool,
}

impl Found {
    /// Repositories; nothing below one is looked at, no link is followed, and nothing that hides.
    fn scan(&mut self, directory: &Path, depth: usize) {
        self.directories += 1;
        if self.directories > MAX_DIRECTORIES || self.repositories.len() >= MAX_PROJECTS {
            self.cut_off = true;
            return;
        }
        let git = directory.join(".git");
        if git.is_dir() {
            self.repositories.push(directory.to_owned());
            return;
        }
        // A worktree or a submodule belongs to a repository.
        if git.exists() || depth >= MAX_DEPTH {
            return;
        }
        let Ok(entries) = directory.read_dir() else {
            return;
        };
        let mut below: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter(|entry| {
                let name = entry.file_name();
                !name.as_bytes().starts_with(b".") && name != "node_modules" && name != "target"
            })
            .map(|entry| entry.path())
            .collect();
        below.sort();
        for path in below {
            self.scan(&path, depth + 1);
        }
    }
}
