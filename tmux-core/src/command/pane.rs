//! Commands on panes.

use std::path::PathBuf;

use bstr::BString;

use super::{Arg, Command};
use crate::path_bytes;
use crate::{PaneId, Target};

/// `split-window`: a new pane beside or below another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitWindow {
    /// `-t`: the pane to split.
    pub target: Target,
    /// `-h` splits left and right, `-v` top and bottom.
    pub left_right: bool,
    /// `-l`: columns or rows of the new pane; `None` is half.
    pub size: Option<u32>,
    /// `-d`: whether the active pane stays the active one.
    pub detached: bool,
    /// `-c`: the directory. It must exist: tmux silently takes another one otherwise.
    pub directory: PathBuf,
    /// The program and its arguments; empty is the user's shell.
    pub program: Vec<BString>,
    /// `-P -F`: what to print of the new pane.
    pub print: Option<String>,
}

impl SplitWindow {
    /// The command. It fails with [`Error::NoSpace`](crate::Error::NoSpace) if the pane is too small.
    pub fn command(self) -> Command {
        let mut command = Command::new("split-window")
            .flag(if self.left_right { "-h" } else { "-v" })
            .flag_if(self.detached, "-d")
            .target(self.target)
            .option("-c", Arg::Literal(path_bytes(&self.directory)));
        if let Some(size) = self.size {
            command = command.option("-l", Arg::Plain(size.to_string().into()));
        }
        command.print(self.print).program(self.program)
    }
}

impl Command {
    /// `select-pane`: makes it the active pane of its window.
    pub fn select_pane(pane: impl Into<Target>) -> Self {
        Self::new("select-pane").target(pane)
    }

    /// `select-pane -T`: sets the title.
    pub fn set_pane_title(pane: impl Into<Target>, title: BString) -> Self {
        Self::new("select-pane").target(pane).option("-T", Arg::Literal(title))
    }

    /// `set-option -p` for a user option (`@name`) of a pane.
    ///
    /// tmux expands the *name* of an option as a format, so it is a fixed text; the value arrives as it is.
    pub fn set_pane_user_option(pane: impl Into<Target>, option: &'static str, value: BString) -> Self {
        Self::new("set-option")
            .flag("-p")
            .target(pane)
            .operands([Arg::Plain(option.into()), Arg::Plain(value)])
    }

    /// `resize-pane -Z`: zooms the pane (of a window: its active one), or ends its zoom.
    pub fn toggle_zoom(pane: impl Into<Target>) -> Self {
        Self::new("resize-pane").flag("-Z").target(pane)
    }

    /// `capture-pane -p`: prints the text of a pane, with `lines` of its scrollback above the screen.
    pub fn capture_pane(pane: PaneId, lines: u32) -> Self {
        Self::new("capture-pane")
            .flag("-p")
            .target(pane)
            .option("-S", Arg::Plain(format!("-{lines}").into()))
    }
}
