//! Reading what a pane shows.

use super::{Arg, Command};
use crate::PaneId;

/// A line of a pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// A line of the screen, 0 at the top.
    Screen(u32),
    /// A line of the scrollback, 1 being the last one above the screen. More than there are means the first one.
    History(u32),
    /// The first line of the scrollback, or as an end the last line of the screen.
    Outermost,
}

/// `capture-pane -p`: prints lines of a pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapturePane {
    /// `-t`: the pane.
    pub pane: PaneId,
    /// `-S`: the first line.
    pub start: Line,
    /// `-E`: the last line.
    pub end: Line,
    /// `-e`: with escape sequences for colours and attributes.
    pub escapes: bool,
    /// `-C`: bytes that aren't printable as octal escapes.
    pub octal: bool,
    /// `-J`: wrapped lines joined, and trailing blanks kept.
    pub join: bool,
    /// `-N`: trailing blanks kept.
    pub trailing_spaces: bool,
    /// `-a`: the other screen, which a program in full screen covers. Without one that is an error.
    pub alternate_screen: bool,
    /// `-P`: instead, output that isn't drawn yet.
    pub pending: bool,
}

impl CapturePane {
    /// What the pane shows.
    pub fn screen(pane: PaneId) -> Self {
        Self {
            pane,
            start: Line::Screen(0),
            end: Line::Outermost,
            escapes: false,
            octal: false,
            join: false,
            trailing_spaces: false,
            alternate_screen: false,
            pending: false,
        }
    }

    /// The same with all of its scrollback.
    pub fn with_history(pane: PaneId) -> Self {
        Self {
            start: Line::Outermost,
            ..Self::screen(pane)
        }
    }

    /// The command.
    pub fn command(self) -> Command {
        Command::new("capture-pane")
            .flag("-p")
            .flag_if(self.escapes, "-e")
            .flag_if(self.octal, "-C")
            .flag_if(self.join, "-J")
            .flag_if(self.trailing_spaces, "-N")
            .flag_if(self.alternate_screen, "-a")
            .flag_if(self.pending, "-P")
            .target(self.pane)
            .option("-S", self.start.word())
            .option("-E", self.end.word())
    }
}

impl Line {
    fn word(self) -> Arg {
        Arg::Plain(match self {
            Self::Screen(line) => line.to_string().into(),
            Self::History(line) => format!("-{line}").into(),
            Self::Outermost => "-".into(),
        })
    }
}

impl Command {
    /// `capture-pane -p`: prints the text of a pane, with `lines` of its scrollback above the screen.
    pub fn capture_pane(pane: PaneId, lines: u32) -> Self {
        let start = if lines == 0 {
            Line::Screen(0)
        } else {
            Line::History(lines)
        };
        CapturePane {
            start,
            ..CapturePane::screen(pane)
        }
        .command()
    }
}
