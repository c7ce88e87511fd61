//! The names in a backup's tree: what there can be, and which project it belongs to.
//!
//! ```text
//! states/PROJECT.state                    the state
//! states/history/PROJECT/SEQ_TIME.state   earlier states
//! states/scrollback/PROJECT/W.P.txt       what panes showed
//! transcripts/PROJECT/PATH                conversations of the project's agent, by their path among the transcripts
//! config/config.toml                      tsm's configuration
//! ```
//!
//! Nothing else passes, so no name can lead out of the directory that it is restored into.

use session_state::{HistoryEntry, is_project_name};

/// The longest name, in bytes.
const MAX_NAME: usize = 1024;
/// The longest component, in bytes: what file systems take.
const MAX_COMPONENT: usize = 255;
/// The deepest name, in components.
const MAX_DEPTH: usize = 8;

/// What a file of the tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A project's state.
    State,
    /// An earlier state.
    History,
    /// What a pane showed.
    Scrollback,
    /// A conversation of an agent.
    Transcript,
    /// tsm's configuration.
    Config,
}

/// The name of tsm's configuration in the tree.
pub const CONFIG: &str = "config/config.toml";

/// The name of a project's state in the tree.
pub fn state_name(project: &str) -> String {
    format!("states/{project}.state")
}

/// The name of a conversation of a project's agent in the tree; `path` is relative to the directory of the transcripts.
pub fn transcript_name(project: &str, path: &str) -> String {
    format!("transcripts/{project}/{path}")
}

/// What a name of the tree stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) kind: Kind,
    /// Nothing for the configuration.
    pub(super) project: Option<&'a str>,
    /// Where it belongs: below the states' directory, below the transcripts' directory, or the file's name.
    pub(super) path: &'a str,
}

/// What this name stands for; `None` if no backup has such a name.
pub(super) fn place(name: &str) -> Option<Place<'_>> {
    if name.len() > MAX_NAME || name.split('/').count() > MAX_DEPTH || !name.split('/').all(is_component) {
        return None;
    }
    let of = |kind, project, path| Place {
        kind,
        project: Some(project),
        path,
    };
    if name == CONFIG {
        return Some(Place {
            kind: Kind::Config,
            project: None,
            path: "config.toml",
        });
    }
    let (top, rest) = name.split_once('/')?;
    match top {
        "states" => match *rest.split('/').collect::<Vec<_>>() {
            [file] => {
                let project = file.strip_suffix(".state")?;
                is_project_name(project).then(|| of(Kind::State, project, rest))
            }
            ["history", project, entry] => {
                let entry = is_project_name(project) && HistoryEntry::of_path(entry.into()).is_some();
                entry.then(|| of(Kind::History, project, rest))
            }
            ["scrollback", project, _file] => is_project_name(project).then(|| of(Kind::Scrollback, project, rest)),
            _ => None,
        },
        "transcripts" => {
            let (project, path) = rest.split_once('/')?;
            is_project_name(project).then(|| of(Kind::Transcript, project, path))
        }
        _ => None,
    }
}

/// A plain file name: nothing that moves up, hides temporary files, or that a terminal would obey.
fn is_component(component: &str) -> bool {
    !component.is_empty()
        && component.len() <= MAX_COMPONENT
        && !component.starts_with('.')
        && !component.contains("'''")
        && !component.chars().any(|c| {
            c.is_control() || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_tree_tell_what_they_are() {
        for (name, kind, project) in [
            ("states/todo.state", Kind::State, Some("todo")),
            ("states/history/todo/00000001_17_2.state", Kind::History, Some("todo")),
            ("states/history/todo/00000001_17.state", Kind::History, Some("todo")),
            ("states/history/todo/00000001_-17.state", Kind::History, Some("todo")),
            ("states/scrollback/todo/0.1.txt", Kind::Scrollback, Some("todo")),
            ("transcripts/todo/-home-x/a b.jsonl", Kind::Transcript, Some("todo")),
            (CONFIG, Kind::Config, None),
        ] {
            let found = place(name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!((found.kind, found.project), (kind, project), "{name}");
        }
    }

    #[test]
    fn other_names_are_none() {
        let long = format!("transcripts/todo/{}", "x".repeat(256));
        let deep = format!("transcripts/todo{}", "/x".repeat(8));
        for name in [
            "",
            "/",
            "states",
            "states/",
            "/states/todo.state",
            "states/../todo.state",
            "states/./todo.state",
            "states//todo.state",
            "states/to do.state",
            "states/.tmp-1-2-3",
            "states/todo.state/x",
            "other/x",
            "states/history/todo/x.state",
            "states/history/../1_1.state",
            "transcripts/todo",
            "transcripts/todo/..",
            "transcripts/to.do/x",
            "transcripts/todo/a\nb",
            "transcripts/todo/\u{1b}[2J",
            "transcripts/todo/a'''b",
            "transcripts/todo/\u{202e}x",
            "config/other.toml",
            &long,
            &deep,
        ] {
            assert_eq!(place(name), None, "{name:?}");
        }
    }
}
