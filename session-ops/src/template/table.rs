//! Templates as they are written: `[templates.NAME]` in the config.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The windows of a new session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TemplateTable {
    /// The template that this one changes: it has everything of that which isn't given here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extends: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What `{{NAME}}` in its texts stands for, unless the project or the call says otherwise.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Word>,
    /// Environment of the session, for every program in it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, Word>,
    /// Options of the session, as tmux's `set-option` takes them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Word>,
    /// The windows in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<WindowTable>,
}

/// A window.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WindowTable {
    /// Its name; without one the configured one for the first window, and tmux's choice for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where its panes start: relative to the project's directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// One of tmux's layouts by name, or a layout as tmux prints it, in place of shares.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<String>,
    /// How its panes follow one another; side by side if it isn't said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// Whether it is the window that is shown.
    #[serde(skip_serializing_if = "is_false")]
    pub focus: bool,
    /// Whether its active pane fills it.
    #[serde(skip_serializing_if = "is_false")]
    pub zoomed: bool,
    /// Options of the window.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Word>,
    /// Its panes; none is one with a shell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub panes: Vec<PaneTable>,
}

/// A pane, or a part of a window that is split again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PaneTable {
    /// Whether the agent runs in it.
    #[serde(skip_serializing_if = "is_false")]
    pub agent: bool,
    /// The program that runs in it, as words; a shell comes after it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub run: Vec<String>,
    /// A line that the user's shell runs; a shell comes after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shell: Option<String>,
    /// Where it starts: relative to the window's directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// Its title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Whether it is the window's active pane.
    #[serde(skip_serializing_if = "is_false")]
    pub focus: bool,
    /// Its share, in proportion to those of the panes beside it; all have the same if none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<u32>,
    /// The columns, or rows, that it has at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<u32>,
    /// How `panes` follow one another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// The panes in this part, which is then none itself.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub panes: Vec<Self>,
}

/// How panes follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Side by side.
    Columns,
    /// One above the other.
    Rows,
}

/// A value that may be written as a number or yes or no, too: tmux and programs get its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Word {
    /// Yes or no; tmux knows `on` and `off`.
    Flag(bool),
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
}

impl Word {
    /// Its text for tmux: `on` and `off`.
    pub fn text(&self) -> String {
        match self {
            Self::Flag(true) => "on".to_owned(),
            Self::Flag(false) => "off".to_owned(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    /// Its text for programs: `true` and `false`.
    pub fn plain(&self) -> String {
        match self {
            Self::Flag(flag) => flag.to_string(),
            _ => self.text(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
}
