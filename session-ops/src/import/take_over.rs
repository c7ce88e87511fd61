//! From what files say to projects and templates in the config. What is there already stays.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Import, ImportError, ImportedProject, Remark, files, read};
use crate::config::edit::{ConfigEdit, NewProject};
use crate::context::Context;
use crate::error::Error;
use crate::paths::{expand, home};
use crate::template::{PaneTable, TemplateTable, Word, check, escaped, expanded_for_check, is_layout, refused};

/// What to import.
#[derive(Debug, Clone)]
pub struct ImportRequest {
    /// A file, or a directory of them.
    pub path: PathBuf,
    /// Nothing is written, only told.
    pub dry_run: bool,
}

/// What came of an import.
#[derive(Debug)]
pub struct ImportOutcome {
    /// The files, in the order in which they were read.
    pub files: Vec<ImportedFile>,
    /// The config file.
    pub config: PathBuf,
    /// What it got, or would get.
    pub text: String,
}

/// A file that was read.
#[derive(Debug)]
pub struct ImportedFile {
    /// The file.
    pub path: PathBuf,
    /// Its projects, and what became of each.
    pub projects: Vec<TakenOver>,
    /// What couldn't be taken over.
    pub remarks: Vec<Remark>,
    /// Why nothing could be.
    pub error: Option<ImportError>,
}

/// What became of a project of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenOver {
    /// Its name.
    pub name: String,
    /// Its directory.
    pub path: String,
    /// Whether it was added; else why not.
    pub outcome: Result<(), String>,
}

impl ImportOutcome {
    /// Whether something wasn't taken over that a user will miss.
    pub fn is_partial(&self) -> bool {
        let failed =
            |file: &ImportedFile| file.error.is_some() || file.projects.iter().any(|project| project.outcome.is_err());
        self.files.iter().any(failed)
    }
}

/// Imports a file, or all files of a directory. Nothing of them is run.
///
/// # Errors
///
/// [`Error::Import`] for a single file that can't be, and a directory that can't be read; those of [`ConfigEdit`].
pub fn import(context: &Context, request: &ImportRequest) -> Result<ImportOutcome, Error> {
    let directory = request.path.is_dir();
    let paths = match directory {
        true => files(&request.path)?,
        false => vec![request.path.clone()],
    };
    let mut edit = ConfigEdit::open(context)?;
    let mut found = Vec::new();
    for path in paths {
        let file = match read(&path) {
            Ok(import) => take_over(context, &mut edit, path, import)?,
            Err(error) if directory => ImportedFile {
                path,
                projects: Vec::new(),
                remarks: Vec::new(),
                error: Some(error),
            },
            Err(error) => return Err(error.into()),
        };
        found.push(file);
    }
    let outcome = ImportOutcome {
        files: found,
        config: edit.path().to_owned(),
        text: edit.added(),
    };
    let added = |file: &ImportedFile| file.projects.iter().any(|project| project.outcome.is_ok());
    if !request.dry_run && outcome.files.iter().any(added) {
        edit.write()?;
    }
    Ok(outcome)
}

fn take_over(context: &Context, edit: &mut ConfigEdit, path: PathBuf, import: Import) -> Result<ImportedFile, Error> {
    let mut remarks = import.remarks;
    let mut projects = Vec::new();
    for project in import.projects {
        let directory = directory(context, &path, &project, &mut remarks)?;
        let template = project.template.map(|template| usable(template, &mut remarks));
        let outcome = add(edit, &project.name, &directory, project.server, template.as_ref());
        projects.push(TakenOver {
            name: project.name,
            path: directory,
            outcome,
        });
    }
    Ok(ImportedFile {
        path,
        projects,
        remarks,
        error: None,
    })
}

fn add(
    edit: &mut ConfigEdit,
    name: &str,
    path: &str,
    server: Option<String>,
    template: Option<&TemplateTable>,
) -> Result<(), String> {
    for table in ["projects", "templates"] {
        if edit.has(table, name) && (table == "projects" || template.is_some()) {
            return Err(format!("the config has {table}.{name} already, which stays as it is"));
        }
    }
    if let Some(template) = template {
        let expanded = expanded_for_check(name, template).map_err(|error| error.to_string())?;
        check(name, &expanded).map_err(|error| error.to_string())?;
        edit.add_template(name, template);
    }
    edit.add_project(
        name,
        &NewProject {
            path: path.to_owned(),
            description: None,
            server,
            template: template.map(|_| name.to_owned()),
        },
    );
    Ok(())
}

/// The project's directory: absolute, or below `~/`.
fn directory(
    context: &Context,
    file: &Path,
    project: &ImportedProject,
    remarks: &mut Vec<Remark>,
) -> Result<String, Error> {
    let place = format!("directory of {}", project.name);
    let Some(text) = project.path.as_deref().filter(|path| !path.is_empty()) else {
        let what = "none is given: it is the home directory";
        remarks.push(Remark::new(&place, what));
        return Ok("~/".to_owned());
    };
    let text = ["$HOME", "${HOME}"]
        .iter()
        .find_map(|variable| text.strip_prefix(variable))
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        .map_or_else(|| text.to_owned(), |rest| format!("~{rest}"));
    if text.contains('$') {
        let what = format!("{text:?} depends on a variable: set projects.{}.path", project.name);
        remarks.push(Remark::new(&place, what));
    }
    let text = match text.as_str() {
        "~" => "~/".to_owned(),
        _ => text,
    };
    let path = match text.strip_prefix("~/") {
        Some(_) => expand(Path::new(&text), &context.environment)?,
        None => {
            let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
            file.parent().unwrap_or(Path::new("/")).join(&text)
        }
    };
    if !path.is_dir() {
        remarks.push(Remark::new(
            &place,
            format!("{} is no directory on this machine", path.display()),
        ));
    } else if path.canonicalize().ok() == home(&context.environment)?.canonicalize().ok() {
        let what = "it is the home directory: what is below it and in no other project belongs to this one";
        remarks.push(Remark::new(&place, what));
    }
    Ok(match text.strip_prefix("~/") {
        Some(_) => text,
        None => path.display().to_string(),
    })
}

/// The template without what tsm's can't have.
fn usable(template: TemplateTable, remarks: &mut Vec<Remark>) -> TemplateTable {
    let mut template = template;
    options(&mut template.options, "options", remarks);
    let possible = |name: &str| {
        let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        letters && !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())
    };
    template.environment.retain(|name, _| {
        let own = name.starts_with("TSM_") || name.starts_with("TMUX");
        if own || !possible(name) {
            remarks.push(Remark::new(
                &format!("environment.{name}"),
                "tsm can't set this variable",
            ));
        }
        !own && possible(name)
    });
    for word in template.environment.values_mut() {
        escape_word(word);
    }
    for (n, window) in template.windows.iter_mut().enumerate() {
        let place = format!("windows[{n}]");
        options(&mut window.options, &format!("{place}.options"), remarks);
        window.options.retain(|name, _| {
            let own = name.starts_with('@');
            if own {
                remarks.push(Remark::new(
                    &format!("{place}.options.{name}"),
                    "set it for the session",
                ));
            }
            !own
        });
        for text in [&mut window.name, &mut window.directory].into_iter().flatten() {
            *text = escaped(text);
        }
        escape_panes(&mut window.panes);
        let count = window.panes.len();
        if let Some(layout) = &window.layout
            && (count < 2 || !is_layout(layout, count))
        {
            let what = format!("{layout:?} is no layout of these panes; they are tiled");
            if count > 1 {
                remarks.push(Remark::new(&format!("{place}.layout"), what));
            }
            window.layout = (count > 1).then(|| "tiled".to_owned());
        }
    }
    template
}

fn options(options: &mut BTreeMap<String, Word>, place: &str, remarks: &mut Vec<Remark>) {
    options.retain(|name, word| match refused(name, &word.text()) {
        Some(why) => {
            remarks.push(Remark::new(&format!("{place}.{name}"), why));
            false
        }
        None => true,
    });
    options.values_mut().for_each(escape_word);
}

fn escape_word(word: &mut Word) {
    if let Word::Text(text) = word {
        *text = escaped(text);
    }
}

fn escape_panes(panes: &mut [PaneTable]) {
    for pane in panes {
        for text in [&mut pane.shell, &mut pane.title, &mut pane.directory]
            .into_iter()
            .flatten()
        {
            *text = escaped(text);
        }
        for word in &mut pane.run {
            *word = escaped(word);
        }
        escape_panes(&mut pane.panes);
    }
}
