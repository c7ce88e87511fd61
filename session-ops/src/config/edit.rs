//! Editing the config file where it is: comments, order and everything that isn't meant stay as they are.

use std::io;
use std::path::{Path, PathBuf};

use session_lock::replace::{create_private_dir, replace_file_if_unchanged, replace_file_keeping_mode};
use session_lock::{Guard, acquire};
use toml_edit::{DocumentMut, Item, RawString, Table, Value, value};

use super::file::text_of;
use super::{ConfigFile, ConfigFileError};
use crate::context::Context;
use crate::error::Error;
use crate::template::{TemplateTable, written};

/// A project to add.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewProject {
    /// Its directory, as it is to be written.
    pub path: String,
    /// What it is.
    pub description: Option<String>,
    /// The tmux server of its session.
    pub server: Option<String>,
    /// Its template.
    pub template: Option<String>,
}

/// A config file that is being edited. Whoever else edits it with tsm waits.
#[derive(Debug)]
pub struct ConfigEdit {
    /// The file itself: where a symbolic link leads.
    path: PathBuf,
    /// Its text; `None` if there is none yet.
    before: Option<String>,
    document: DocumentMut,
    /// Only what was added.
    added: DocumentMut,
    _guard: Guard,
}

impl ConfigEdit {
    /// Reads the file. One that isn't there is made by [`ConfigEdit::write`].
    ///
    /// # Errors
    ///
    /// [`Error::Config`] for a file that can't be used: what is broken isn't edited. [`Error::Lock`].
    pub fn open(context: &Context) -> Result<Self, Error> {
        let path = followed(&context.config.file.value);
        let lock = context.state_home.config_lock(&path);
        let guard = acquire(&lock, &context.lock_options("config"))?.guard;
        let before = read(&path)?;
        let text = before.as_deref().unwrap_or_default();
        let _checked = ConfigFile::parse(text, &path)?;
        Ok(Self {
            document: parsed(text, &path)?,
            added: DocumentMut::new(),
            path,
            before,
            _guard: guard,
        })
    }

    /// As [`ConfigEdit::open`]; with `force` also a file that isn't valid, of which then nothing but its text is known.
    ///
    /// # Errors
    ///
    /// As [`ConfigEdit::open`].
    pub fn open_or_broken(context: &Context, force: bool) -> Result<Self, Error> {
        match Self::open(context) {
            Err(Error::Config(ConfigFileError::Invalid { .. } | ConfigFileError::UnknownKey { .. })) if force => {
                let path = followed(&context.config.file.value);
                let lock = context.state_home.config_lock(&path);
                let guard = acquire(&lock, &context.lock_options("config"))?.guard;
                Ok(Self {
                    before: read(&path)?,
                    document: DocumentMut::new(),
                    added: DocumentMut::new(),
                    path,
                    _guard: guard,
                })
            }
            other => other,
        }
    }

    /// The directories of its projects, as they are written.
    pub fn project_paths(&self) -> Vec<String> {
        let projects = self.document.get("projects").and_then(Item::as_table_like);
        let tables = projects
            .into_iter()
            .flat_map(|projects| projects.iter().map(|(_, table)| table));
        tables
            .filter_map(|table| Some(table.get("path")?.as_str()?.to_owned()))
            .collect()
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file is there.
    pub fn exists(&self) -> bool {
        self.before.is_some()
    }

    /// Whether it has something of this name in this table (`projects`, `templates`).
    pub fn has(&self, table: &str, name: &str) -> bool {
        let found = self.document.get(table).and_then(Item::as_table_like);
        found.is_some_and(|table| table.contains_key(name))
    }

    /// Adds a project; one of that name must not be there.
    pub fn add_project(&mut self, name: &str, project: &NewProject) {
        let mut table = Table::new();
        table.insert("path", value(&project.path));
        let texts = [
            ("description", &project.description),
            ("server", &project.server),
            ("template", &project.template),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                table.insert(key, value(text));
            }
        }
        self.add("projects", name, table);
    }

    /// Adds a template; one of that name must not be there.
    pub fn add_template(&mut self, name: &str, template: &TemplateTable) {
        self.add("templates", name, written::table(template));
    }

    fn add(&mut self, of: &str, name: &str, table: Table) {
        add(&mut self.added, of, name, table.clone());
        add(&mut self.document, of, name, table);
    }

    /// Takes a project out, with the comment directly above it; `false` if it isn't there.
    pub fn remove_project(&mut self, name: &str) -> bool {
        let projects = self.document.get_mut("projects").and_then(Item::as_table_like_mut);
        let removed = projects.and_then(|projects| projects.remove(name));
        let Some(removed) = removed else {
            return false;
        };
        // What an empty line separates from it is not about it.
        let prefix = removed
            .as_table()
            .and_then(|table| table.decor().prefix().and_then(RawString::as_str));
        let above = prefix
            .and_then(|prefix| prefix.rsplit_once("\n\n"))
            .map(|(above, _)| above.to_owned());
        if let Some(above) = above.filter(|above| above.contains('#')) {
            self.keep_comment(&removed, &above);
        }
        true
    }

    /// Puts a comment in front of the table that came after the one that was removed, else at the end.
    fn keep_comment(&mut self, removed: &Item, comment: &str) {
        let after = removed.as_table().and_then(Table::position).unwrap_or_default();
        let mut next: Option<&mut Table> = None;
        later(self.document.as_table_mut(), after, &mut next);
        match next {
            Some(table) => {
                let own = table
                    .decor()
                    .prefix()
                    .and_then(RawString::as_str)
                    .unwrap_or_default()
                    .to_owned();
                table.decor_mut().set_prefix(apart(comment, &own));
            }
            None => {
                let own = self.document.trailing().as_str().unwrap_or_default().to_owned();
                self.document.set_trailing(apart(comment, &own));
            }
        }
    }

    /// The text as it will be.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// What was added, as it would stand in a file of its own.
    pub fn added(&self) -> String {
        self.added.to_string()
    }

    /// Writes it: wholly or not at all, with the mode that it had.
    ///
    /// # Errors
    ///
    /// [`Error::ConfigChanged`] if somebody else changed it since it was read: theirs stays. [`Error::Config`] if what came of
    /// the edit isn't a config, which is not written. [`Error::Replace`].
    pub fn write(self) -> Result<(), Error> {
        let text = self.text();
        let _checked = ConfigFile::parse(&text, &self.path)?;
        if let Some(directory) = self.path.parent()
            && !directory.exists()
        {
            let _made = create_private_dir(directory)?;
        }
        let before = self.before.as_deref().map(str::as_bytes);
        match replace_file_if_unchanged(&self.path, before, text.as_bytes())? {
            true => Ok(()),
            false => Err(Error::ConfigChanged { path: self.path }),
        }
    }

    /// The same with another text, whatever there was; that is kept beside it, and its path returned.
    ///
    /// # Errors
    ///
    /// As [`ConfigEdit::write`].
    pub fn replace(self, text: &str) -> Result<Option<PathBuf>, Error> {
        let document = parsed(text, &self.path)?;
        let kept = match &self.before {
            Some(before) => {
                let kept = free_name(&self.path);
                replace_file_keeping_mode(&kept, before.as_bytes())?;
                Some(kept)
            }
            None => None,
        };
        Self { document, ..self }.write()?;
        Ok(kept)
    }
}

fn add(document: &mut DocumentMut, of: &str, name: &str, mut table: Table) {
    // A file of comments only: what is added comes behind them.
    let mut prefix = "\n".to_owned();
    if document.iter().next().is_none() {
        let comments = document.trailing().as_str().unwrap_or_default().to_owned();
        prefix = if comments.is_empty() {
            comments
        } else {
            format!("{comments}\n")
        };
        document.set_trailing("");
    }
    table.decor_mut().set_prefix(prefix);
    let all = document.entry(of).or_insert_with(|| {
        let mut all = Table::new();
        all.set_implicit(true);
        Item::Table(all)
    });
    match all {
        Item::Value(Value::InlineTable(all)) => {
            all.insert(name, Value::InlineTable(table.into_inline_table()));
        }
        all => {
            if let Some(all) = all.as_table_like_mut() {
                all.insert(name, Item::Table(table));
            }
        }
    }
}

/// A comment, an empty line, and what follows.
fn apart(comment: &str, rest: &str) -> String {
    let empty = if rest.starts_with('\n') { "" } else { "\n" };
    format!("{comment}\n{empty}{rest}")
}

/// The first table behind that position.
fn later<'a>(table: &'a mut Table, after: isize, found: &mut Option<&'a mut Table>) {
    for (_, item) in table.iter_mut() {
        if let Item::Table(table) = item {
            let position = table
                .position()
                .filter(|position| *position > after && !table.is_implicit());
            let nearer = |found: &Option<&mut Table>| {
                let known = found.as_ref().and_then(|found| found.position());
                position.is_some_and(|position| known.is_none_or(|known| position < known))
            };
            if nearer(found) {
                *found = Some(table);
            } else {
                later(table, after, found);
            }
        }
    }
}

fn parsed(text: &str, path: &Path) -> Result<DocumentMut, Error> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        Error::Config(ConfigFileError::Invalid {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            message: error.message().to_owned(),
        })
    })
}

fn read(path: &Path) -> Result<Option<String>, Error> {
    match text_of(path) {
        Ok(text) => Ok(Some(text)),
        Err(ConfigFileError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Where a symbolic link leads, also one that leads to nothing yet.
fn followed(path: &Path) -> PathBuf {
    if let Ok(resolved) = path.canonicalize() {
        return resolved;
    }
    match (path.read_link(), path.parent()) {
        (Ok(target), Some(parent)) => parent.join(target),
        _ => path.to_owned(),
    }
}

fn free_name(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let numbered = (1..).map(|n| path.with_file_name(format!("{name}.old-{n}")));
    numbered
        .into_iter()
        .find(|path| !path.exists())
        .unwrap_or_else(|| path.to_owned())
}
