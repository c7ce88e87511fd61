//! A template from a living session, of ours or of anybody's: it is only looked at.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bstr::{BString, ByteSlice};
use session_recovery::foreground::{foreground, is_shell};
use session_recovery::ours;
use tmux_core::layout::{Cell, Content};
use tmux_core::{Layout, Pane, Session, Winlink};

use crate::config::edit::ConfigEdit;
use crate::context::Context;
use crate::error::Error;
use crate::live::Live;
use crate::project::mapped_name;
use crate::template::{PaneTable, Split, TemplateTable, WindowTable, Word, escaped, written};

/// What to freeze.
#[derive(Debug, Clone)]
pub struct FreezeRequest {
    /// A project, or any session by its name.
    pub session: std::ffi::OsString,
    /// What the template is called, if not as the session.
    pub name: Option<String>,
    /// It is written into the config.
    pub write: bool,
}

/// The template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frozen {
    /// Its name.
    pub name: String,
    /// As it stands in the config.
    pub text: String,
    /// What of the session isn't in it.
    pub remarks: Vec<String>,
    /// The config that has it now.
    pub written: Option<PathBuf>,
}

/// Makes a template that builds the same windows, panes, directories and shares.
///
/// # Errors
///
/// [`Error::NoSession`]; [`Error::Exists`] if the config has a template of that name; those of [`ConfigEdit`].
pub fn freeze(context: &Context, request: &FreezeRequest) -> Result<Frozen, Error> {
    let live = Live::read(context)?;
    let (session, base, kept) = found(context, &live, &request.session)?;
    let mut remarks = Vec::new();
    let template = template(session, &base, kept, &mut remarks);
    let name = request
        .name
        .clone()
        .unwrap_or_else(|| mapped_name(&session.name.to_str_lossy()));
    let mut frozen = Frozen {
        text: written::text(&name, &template),
        name,
        remarks,
        written: None,
    };
    if request.write {
        let mut edit = ConfigEdit::open(context)?;
        if edit.has("templates", &frozen.name) {
            return Err(Error::Exists {
                what: format!("templates.{}", frozen.name),
                path: edit.path().to_owned(),
            });
        }
        edit.add_template(&frozen.name, &template);
        frozen.written = Some(edit.path().to_owned());
        edit.write()?;
    }
    Ok(frozen)
}

/// What tsm set on a session of ours.
struct Kept<'a> {
    environment: &'a BTreeMap<BString, BString>,
    options: &'a BTreeMap<BString, BString>,
}

fn found<'a>(
    context: &Context,
    live: &'a Live,
    argument: &OsStr,
) -> Result<(&'a Session, PathBuf, Option<Kept<'a>>), Error> {
    let named = live
        .sessions()
        .iter()
        .find(|session| session.name == argument.as_bytes());
    let session = match live.resolve(context, argument) {
        Ok(project) => match (live.of_project(&project.name), named) {
            (Some(ours), _) => ours.session,
            (None, Some(named)) => named,
            (None, None) => return Err(Error::NoSession { project: project.name }),
        },
        Err(error) => named.ok_or(error)?,
    };
    Ok(match live.ours(session) {
        Some(ours) => {
            let kept = Kept {
                environment: &ours.record.environment,
                options: &ours.record.options,
            };
            (session, ours.record.working_dir.clone(), Some(kept))
        }
        None => (session, session.path.clone(), None),
    })
}

fn template(session: &Session, base: &Path, kept: Option<Kept<'_>>, remarks: &mut Vec<String>) -> TemplateTable {
    let mut template = TemplateTable {
        description: Some(format!("as the session {} was", session.name)),
        ..TemplateTable::default()
    };
    let mut agents = 0;
    for link in &session.windows {
        template.windows.push(window(link, base, &mut agents, remarks));
    }
    let word = |value: &BString| Word::Text(escaped(&value.to_str_lossy()));
    if let Some(kept) = kept {
        for (name, value) in kept.environment {
            template.environment.insert(name.to_string(), word(value));
        }
        for (name, value) in kept.options {
            match name.split_once_str(":") {
                None => {
                    template.options.insert(name.to_string(), word(value));
                }
                Some((index, name)) => {
                    let place = session
                        .windows
                        .iter()
                        .position(|link| link.index.to_string().as_bytes() == index);
                    if let Some(window) = place.and_then(|place| template.windows.get_mut(place)) {
                        window.options.insert(name.to_str_lossy().into_owned(), word(value));
                    }
                }
            }
        }
    }
    template
}

fn window(link: &Winlink, base: &Path, agents: &mut usize, remarks: &mut Vec<String>) -> WindowTable {
    let window = &link.window;
    let mut panes: Vec<PaneTable> = Vec::new();
    for pane in &window.panes {
        let frozen = self::pane(pane, base, remarks);
        *agents += usize::from(frozen.agent);
        panes.push(PaneTable {
            agent: frozen.agent && *agents == 1,
            focus: pane.active && window.panes.len() > 1,
            ..frozen
        });
    }
    let mut table = WindowTable {
        name: (!window.automatic_rename).then(|| escaped(&window.name.to_str_lossy())),
        focus: link.active,
        zoomed: window.zoomed,
        ..WindowTable::default()
    };
    let layout = Layout::parse(&window.layout).ok();
    match layout.filter(|layout| layout.floating.is_empty() && layout.check(panes.len()).is_ok()) {
        Some(layout) => {
            let mut rest = panes.into_iter();
            (table.split, table.panes) = parts(&layout.root, &mut rest);
        }
        None => {
            remarks.push(format!(
                "window {}: its panes can't be told by shares; they are tiled",
                link.index
            ));
            table.layout = (panes.len() > 1).then(|| "tiled".to_owned());
            table.panes = panes;
        }
    }
    // One pane that says nothing needs no line.
    if table.panes == [PaneTable::default()] {
        table.panes.clear();
    }
    table
}

/// The parts of a cell, each with as many shares as it has cells: in a window of the same size they are as they were.
fn parts(cell: &Cell, panes: &mut impl Iterator<Item = PaneTable>) -> (Option<Split>, Vec<PaneTable>) {
    let (split, cells) = match &cell.content {
        Content::Pane(_) => return (None, panes.next().into_iter().collect()),
        Content::LeftRight(cells) => (Split::Columns, cells),
        Content::TopBottom(cells) => (Split::Rows, cells),
    };
    let mut found = Vec::new();
    for cell in cells {
        let share = Some(match split {
            Split::Columns => cell.width,
            Split::Rows => cell.height,
        });
        let (split, parts) = match &cell.content {
            Content::Pane(_) => {
                found.extend(panes.next().map(|pane| PaneTable { share, ..pane }));
                continue;
            }
            _ => parts(cell, panes),
        };
        found.push(PaneTable {
            share,
            split,
            panes: parts,
            ..PaneTable::default()
        });
    }
    (Some(split), found)
}

fn pane(pane: &Pane, base: &Path, remarks: &mut Vec<String>) -> PaneTable {
    // tmux doesn't know that of a pane that just begins, or has ended; and one that was removed has none.
    let unknown =
        pane.current_path.as_os_str().is_empty() || pane.current_path.as_os_str().as_bytes().ends_with(b" (deleted)");
    let directory = match pane.current_path.strip_prefix(base) {
        _ if unknown => None,
        Ok(inside) if inside.as_os_str().is_empty() => None,
        Ok(inside) => Some(inside),
        Err(_) => Some(pane.current_path.as_path()),
    };
    let agent = ours::agent_kind(pane).is_some();
    let run = if agent || pane.dead {
        Vec::new()
    } else {
        running(pane.pid)
    };
    if run.iter().any(|word| word.to_str().is_err()) {
        remarks.push(format!("pane {}: what runs in it is no UTF-8", pane.id));
    }
    PaneTable {
        agent,
        run: run.iter().map(|word| escaped(&word.to_str_lossy())).collect(),
        title: Some(&pane.title)
            .filter(|title| !agent && is_own(title))
            .map(|title| escaped(&title.to_str_lossy())),
        directory: directory.map(|directory| escaped(&directory.to_string_lossy())),
        ..PaneTable::default()
    }
}

/// What runs in a pane besides its shell.
fn running(pane_pid: u32) -> Vec<BString> {
    match foreground(pane_pid) {
        // One that only runs a command is what tmux starts a command with.
        Some(found) if found.argv.get(1).is_some_and(|word| word == "-c") => found.argv,
        Some(found) if is_shell(&found.program) && (found.pid == pane_pid || found.argv.len() < 2) => Vec::new(),
        Some(found) if found.pid == std::process::id() => Vec::new(),
        Some(found) if found.pid == pane_pid && !found.has_begun => Vec::new(),
        Some(found) => found.argv,
        None => Vec::new(),
    }
}

/// A title that names the machine is tmux's own, or the shell's.
fn is_own(title: &BString) -> bool {
    let system = rustix::system::uname();
    let host = system.nodename().to_bytes();
    !title.is_empty() && (host.is_empty() || !title.contains_str(host))
}
