//! Saves of tmux-resurrect: lines of fields with tabs between, in the three forms that it has written (scripts/save.sh).
//!
//! | line | fields |
//! |---|---|
//! | `pane` since 2021 | session, window, window active, `:`flags, pane, title, `:`directory, active, program, `:`command |
//! | `pane` before | session, window, `:`window name, window active, `:`flags, pane, `:`directory, active, program, `:`command |
//! | `window` since 2021 | session, index, `:`name, active, `:`flags, layout, automatic-rename |
//! | `window` before | session, index, active, `:`flags, layout |

use std::collections::BTreeMap;

use super::{Import, ImportedProject, MAX_PANES, Remark, project_name};
use crate::template::{PaneTable, TemplateTable, WindowTable};

/// Windows of a session by their index.
type Windows = BTreeMap<u32, Window>;

#[derive(Default)]
struct Window {
    name: Option<String>,
    layout: Option<String>,
    active: bool,
    zoomed: bool,
    /// Panes by their index, each with its directory.
    panes: BTreeMap<u32, (PaneTable, String)>,
}

pub(super) fn is_it(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.is_empty());
    lines.next().is_some_and(|line| {
        let kind = line.split('\t').next().unwrap_or_default();
        matches!(kind, "pane" | "window" | "state" | "grouped_session") && line.contains('\t')
    })
}

pub(super) fn read(text: &str) -> Import {
    let mut import = Import::default();
    let mut sessions: BTreeMap<String, Windows> = BTreeMap::new();
    for (n, line) in text.lines().enumerate() {
        let place = format!("line {}", n + 1);
        let fields: Vec<&str> = line.split('\t').collect();
        let read = match fields.as_slice() {
            ["pane", rest @ ..] => pane(rest, &mut sessions),
            ["window", rest @ ..] => window(rest, &mut sessions),
            ["grouped_session", name, original, ..] => {
                let what = format!("{name} shows the windows of {original}; groups aren't kept in templates");
                import.remarks.push(Remark::new(&place, what));
                Some(())
            }
            ["state", ..] | [""] => Some(()),
            _ => None,
        };
        if read.is_none() {
            import.remarks.push(Remark::new(&place, "it can't be read"));
        }
    }
    for (session, windows) in sessions {
        let name = project_name(&session, &format!("session {session}"), &mut import.remarks);
        import.projects.push(project(name, windows));
    }
    import
}

fn pane(fields: &[&str], sessions: &mut BTreeMap<String, Windows>) -> Option<()> {
    let (session, window, active, flags, pane, title, directory, pane_active, command) = match fields {
        [
            session,
            window,
            name,
            active,
            flags,
            pane,
            directory,
            pane_active,
            _program,
            command,
        ] if name.starts_with(':') => (
            session,
            window,
            active,
            flags,
            pane,
            None,
            directory,
            pane_active,
            command,
        ),
        [
            session,
            window,
            active,
            flags,
            pane,
            title,
            directory,
            pane_active,
            _program,
            command,
        ] => (
            session,
            window,
            active,
            flags,
            pane,
            Some(*title),
            directory,
            pane_active,
            command,
        ),
        _ => return None,
    };
    let found = window_of(sessions, session, window.parse().ok()?)?;
    found.active |= *active == "1";
    found.zoomed |= flags.contains('Z');
    let command = command.strip_prefix(':').unwrap_or(command);
    // A space in it is written with a backslash.
    let directory = directory.strip_prefix(':')?.replace("\\ ", " ");
    let read = PaneTable {
        shell: Some(command.to_owned()).filter(|command| !command.is_empty()),
        title: title.map(str::to_owned).filter(|title| !title.is_empty()),
        focus: *pane_active == "1",
        ..PaneTable::default()
    };
    if found.panes.len() < MAX_PANES {
        found.panes.insert(pane.parse().ok()?, (read, directory));
    }
    Some(())
}

fn window(fields: &[&str], sessions: &mut BTreeMap<String, Windows>) -> Option<()> {
    let (session, index, name, active, flags, layout) = match fields {
        [session, index, name, active, flags, layout, ..] if name.starts_with(':') => {
            (session, index, name.strip_prefix(':'), active, flags, layout)
        }
        [session, index, active, flags, layout] => (session, index, None, active, flags, layout),
        _ => return None,
    };
    let automatic = fields.get(6).is_some_and(|automatic| *automatic == "on");
    let found = window_of(sessions, session, index.parse().ok()?)?;
    found.name = name.filter(|_| !automatic).map(str::to_owned);
    found.layout = Some((*layout).to_owned());
    found.active |= *active == "1";
    found.zoomed |= flags.contains('Z');
    Some(())
}

fn window_of<'a>(sessions: &'a mut BTreeMap<String, Windows>, session: &str, index: u32) -> Option<&'a mut Window> {
    if !sessions.contains_key(session) && sessions.len() >= MAX_PANES {
        return None;
    }
    let windows = sessions.entry(session.to_owned()).or_default();
    (windows.contains_key(&index) || windows.len() < MAX_PANES).then(|| windows.entry(index).or_default())
}

/// The project's directory is that of its first pane; others are given where they differ.
fn project(name: String, windows: Windows) -> ImportedProject {
    let first = windows.values().find_map(|window| window.panes.values().next());
    let path = first.map(|(_, directory)| directory.clone());
    let windows = windows.into_values().filter(|window| !window.panes.is_empty());
    let windows = windows.map(|window| WindowTable {
        name: window.name,
        layout: window.layout.filter(|_| window.panes.len() > 1),
        focus: window.active,
        zoomed: window.zoomed,
        panes: window
            .panes
            .into_values()
            .map(|(pane, directory)| PaneTable {
                directory: Some(directory).filter(|directory| Some(directory) != path.as_ref()),
                ..pane
            })
            .collect(),
        ..WindowTable::default()
    });
    let template = TemplateTable {
        description: Some(format!("{name}, from tmux-resurrect")),
        windows: windows.collect(),
        ..TemplateTable::default()
    };
    ImportedProject {
        name,
        path,
        server: None,
        template: Some(template),
    }
}
