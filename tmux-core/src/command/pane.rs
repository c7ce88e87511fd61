//! Commands on panes.

use std::path::PathBuf;

use bstr::BString;

use super::{Arg, Command};
use crate::{PaneId, SessionId, Target};

/// A width or height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Columns or rows.
    Cells(u32),
    /// Percent of what is split or resized, rounded down.
    Percent(u32),
}

/// `split-window`: a new pane beside or below another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitWindow {
    /// `-t`: the pane to split.
    pub target: Target,
    /// `-h` splits left and right, `-v` top and bottom.
    pub left_right: bool,
    /// `-l`: size of the new pane; `None` is half.
    pub size: Option<Size>,
    /// `-b`: whether the new pane comes to the left or above.
    pub before: bool,
    /// `-f`: whether it takes the whole height or width of the window.
    pub full: bool,
    /// `-d`: whether the active pane stays the active one.
    pub detached: bool,
    /// `-c`: the directory; empty is the client's own. It must exist: tmux silently takes another one otherwise.
    pub directory: PathBuf,
    /// `-e`: additional environment.
    pub environment: Vec<(BString, BString)>,
    /// The program and its arguments; empty is the user's shell.
    pub program: Vec<BString>,
    /// `-P -F`: what to print of the new pane.
    pub print: Option<String>,
}

/// `respawn-pane`: starts a pane's program anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RespawnPane {
    /// `-t`: the pane.
    pub target: Target,
    /// `-k`: ends what still runs in it; without it that is an error.
    pub kill: bool,
    /// `-c`: the directory; empty is the one it was started in.
    pub directory: PathBuf,
    /// `-e`: additional environment.
    pub environment: Vec<(BString, BString)>,
    /// The program and its arguments; empty is the one it was started with.
    pub program: Vec<BString>,
}

/// `join-pane`: moves a pane beside another one, also of another window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinPane {
    /// `-s`: the pane that moves. A window whose only pane it is ends.
    pub source: PaneId,
    /// `-t`: the pane that is split.
    pub target: PaneId,
    /// `-h` splits left and right, `-v` top and bottom.
    pub left_right: bool,
    /// `-l`: its new size; `None` is half.
    pub size: Option<Size>,
    /// `-b`: whether it comes to the left or above.
    pub before: bool,
    /// `-f`: whether it takes the whole height or width of the window.
    pub full: bool,
    /// `-d`: whether the active pane stays the active one.
    pub detached: bool,
}

/// `break-pane`: makes a pane a window of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakPane {
    /// `-s`: the pane.
    pub source: PaneId,
    /// `-n`: the window's name, which is not expanded here. There always is one: 3.7 crashes without.
    pub name: BString,
    /// `-t`: the session and the index, which must be free; `None` is the next free index of the pane's own session.
    pub to: Option<(SessionId, u32)>,
    /// `-d`: whether the current window stays the current one.
    pub detached: bool,
    /// `-P -F`: what to print of the new window.
    pub print: Option<String>,
}

/// The direction of a neighbour or a border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `-L`
    Left,
    /// `-R`
    Right,
    /// `-U`
    Up,
    /// `-D`
    Down,
}

impl Size {
    fn word(self) -> Arg {
        Arg::Plain(match self {
            Self::Cells(cells) => cells.to_string().into(),
            // `-p` is broken in 3.4.
            Self::Percent(percent) => format!("{percent}%").into(),
        })
    }
}

impl Direction {
    fn flag(self) -> &'static str {
        match self {
            Self::Left => "-L",
            Self::Right => "-R",
            Self::Up => "-U",
            Self::Down => "-D",
        }
    }
}

fn orientation(left_right: bool) -> &'static str {
    if left_right { "-h" } else { "-v" }
}

impl SplitWindow {
    /// A pane below the target, half as high, with the user's shell, which becomes the active one.
    pub fn of(target: impl Into<Target>) -> Self {
        Self {
            target: target.into(),
            left_right: false,
            size: None,
            before: false,
            full: false,
            detached: false,
            directory: PathBuf::new(),
            environment: Vec::new(),
            program: Vec::new(),
            print: None,
        }
    }

    /// The command. It fails with [`Error::NoSpace`](crate::Error::NoSpace) if the pane is too small.
    pub fn command(self) -> Command {
        Command::new("split-window")
            .flag(orientation(self.left_right))
            .flag_if(self.before, "-b")
            .flag_if(self.full, "-f")
            .flag_if(self.detached, "-d")
            .target(self.target)
            .directory(self.directory)
            .optional("-l", self.size.map(Size::word))
            .environment(self.environment)
            .print(self.print)
            .program(self.program)
    }
}

impl RespawnPane {
    /// The same program in the same directory.
    pub fn of(target: impl Into<Target>) -> Self {
        Self {
            target: target.into(),
            kill: false,
            directory: PathBuf::new(),
            environment: Vec::new(),
            program: Vec::new(),
        }
    }

    /// The command.
    pub fn command(self) -> Command {
        Command::new("respawn-pane")
            .flag_if(self.kill, "-k")
            .target(self.target)
            .directory(self.directory)
            .environment(self.environment)
            .program(self.program)
    }
}

impl JoinPane {
    /// Below the target, half as high; the pane becomes the active one.
    pub fn of(source: PaneId, target: PaneId) -> Self {
        Self {
            source,
            target,
            left_right: false,
            size: None,
            before: false,
            full: false,
            detached: false,
        }
    }

    /// The command.
    pub fn command(self) -> Command {
        Command::new("join-pane")
            .flag(orientation(self.left_right))
            .flag_if(self.before, "-b")
            .flag_if(self.full, "-f")
            .flag_if(self.detached, "-d")
            .optional("-l", self.size.map(Size::word))
            .source(self.source)
            .target(self.target)
    }
}

impl BreakPane {
    /// The command.
    pub fn command(self) -> Command {
        let command = Command::new("break-pane")
            .flag_if(self.detached, "-d")
            .option("-n", Arg::Plain(self.name))
            .print(self.print)
            .source(self.source);
        match self.to {
            Some((session, index)) => command.target(Target::WindowIndex(session, index)),
            None => command,
        }
    }
}

impl Command {
    /// `select-pane`: makes it the active pane of its window.
    pub fn select_pane(pane: impl Into<Target>) -> Self {
        Self::new("select-pane").target(pane)
    }

    /// `select-pane` for the neighbour of a pane.
    pub fn select_neighbour(pane: impl Into<Target>, direction: Direction) -> Self {
        Self::new("select-pane").flag(direction.flag()).target(pane)
    }

    /// `last-pane`: makes the pane active that was it before.
    pub fn last_pane(window: impl Into<Target>) -> Self {
        Self::new("last-pane").target(window)
    }

    /// `select-pane -T`: sets the title.
    pub fn set_pane_title(pane: impl Into<Target>, title: BString) -> Self {
        Self::new("select-pane").target(pane).option("-T", Arg::Literal(title))
    }

    /// `select-pane -d` and `-e`: whether keys reach the pane.
    pub fn pane_input(pane: impl Into<Target>, on: bool) -> Self {
        Self::new("select-pane").flag(if on { "-e" } else { "-d" }).target(pane)
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

    /// `resize-pane` to a width and a height; `None` leaves it.
    pub fn resize_pane(pane: impl Into<Target>, width: Option<Size>, height: Option<Size>) -> Self {
        Self::new("resize-pane")
            .target(pane)
            .optional("-x", width.map(Size::word))
            .optional("-y", height.map(Size::word))
    }

    /// `resize-pane`: moves a border by so many cells. The amount comes last, after the flag: so it is right in 3.8, where
    /// it is the flag's own value, and before.
    pub fn move_border(pane: impl Into<Target>, direction: Direction, cells: u32) -> Self {
        Self::new("resize-pane").target(pane).number(direction.flag(), cells)
    }

    /// `swap-pane -d`: two panes change places, also of different windows.
    pub fn swap_panes(one: PaneId, other: PaneId) -> Self {
        Self::new("swap-pane").flag("-d").source(one).target(other)
    }

    /// `kill-pane`: ends it; the last one of a window ends the window.
    pub fn kill_pane(pane: PaneId) -> Self {
        Self::new("kill-pane").target(pane)
    }

    /// `kill-pane -a`: ends all panes of its window but this one.
    pub fn kill_other_panes(pane: PaneId) -> Self {
        Self::new("kill-pane").flag("-a").target(pane)
    }

    /// `clear-history`: forgets the scrollback.
    pub fn clear_history(pane: PaneId) -> Self {
        Self::new("clear-history").target(pane)
    }

    /// `copy-mode -q`: ends any mode, so that keys reach the program.
    pub fn leave_mode(pane: PaneId) -> Self {
        Self::new("copy-mode").flag("-q").target(pane)
    }
}
