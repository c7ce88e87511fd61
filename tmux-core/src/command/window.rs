//! Commands on windows.

use std::path::PathBuf;

use bstr::BString;

use super::{Arg, Command};
use crate::layout::{Layout, LayoutFault};
use crate::path_bytes;
use crate::{ExactName, Target};

/// `new-window`: a window with one pane, which doesn't become the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWindow {
    /// `-t`: a session for the next free index, or the index, which must be free.
    pub target: Target,
    /// `-n`: the name; `None` lets tmux name it after its program.
    pub name: Option<BString>,
    /// `-c`: the directory. It must exist: tmux silently takes another one otherwise.
    pub directory: PathBuf,
    /// The program and its arguments; empty is the user's shell.
    pub program: Vec<BString>,
    /// `-P -F`: what to print of the new window.
    pub print: Option<String>,
}

impl NewWindow {
    /// The command. It fails with [`Error::Exists`](crate::Error::Exists) if the index is taken.
    pub fn command(self) -> Command {
        let mut command = Command::new("new-window")
            .flag("-d")
            .target(self.target)
            .option("-c", Arg::Literal(path_bytes(&self.directory)));
        if let Some(name) = self.name {
            command = command.option("-n", Arg::Literal(name));
        }
        command.print(self.print).program(self.program)
    }
}

impl Command {
    /// `select-layout` with a layout of our own printing, for a window of `panes` panes.
    ///
    /// # Errors
    ///
    /// [`LayoutFault`] if tmux must not see this layout.
    pub fn select_layout(window: impl Into<Target>, layout: &Layout, panes: usize) -> Result<Self, LayoutFault> {
        layout.check(panes)?;
        Ok(Self::new("select-layout")
            .target(window)
            .operands([Arg::Plain(layout.print().into())]))
    }

    /// `select-layout tiled`: makes room for the next split.
    pub fn select_layout_tiled(window: impl Into<Target>) -> Self {
        Self::new("select-layout")
            .target(window)
            .operands([Arg::Plain("tiled".into())])
    }

    /// `select-window`: makes it the current window of its session.
    pub fn select_window(window: impl Into<Target>) -> Self {
        Self::new("select-window").target(window)
    }

    /// Gives the current window of the session `name` this index, unless it has it already (`move-window` would fail).
    ///
    /// `base-index` is the user's, so where the first window of a new session lands isn't known beforehand.
    pub fn place_window(name: &ExactName, index: u32) -> Self {
        let from = Target::from(name.clone());
        let to = Target::NamedWindow(name.clone(), index).to_bytes();
        let moving = Self::new("move-window")
            .flag("-d")
            .option("-s", Arg::Plain(from.to_bytes()))
            .option("-t", Arg::Plain(to));
        moving.when(from, format!("#{{!=:#{{window_index}},{index}}}"))
    }

    /// `rename-window`, which also ends automatic renaming.
    pub fn rename_window(window: impl Into<Target>, name: BString) -> Self {
        Self::new("rename-window").target(window).operands([Arg::Literal(name)])
    }

    /// `set-option -w automatic-rename`.
    pub fn automatic_rename(window: impl Into<Target>, on: bool) -> Self {
        let value = if on { "on" } else { "off" };
        Self::new("set-option")
            .flag("-w")
            .target(window)
            .operands([Arg::Plain("automatic-rename".into()), Arg::Plain(value.into())])
    }

    /// `set-option -wu window-size`: the size follows those who look at it again.
    pub fn automatic_size(window: impl Into<Target>) -> Self {
        Self::new("set-option")
            .flag("-w")
            .flag("-u")
            .target(window)
            .operands([Arg::Plain("window-size".into())])
    }

    /// `resize-window`: sets the window's size, and its `window-size` option to `manual`.
    pub fn resize_window(window: impl Into<Target>, width: u32, height: u32) -> Self {
        Self::new("resize-window")
            .target(window)
            .option("-x", Arg::Plain(width.to_string().into()))
            .option("-y", Arg::Plain(height.to_string().into()))
    }
}
