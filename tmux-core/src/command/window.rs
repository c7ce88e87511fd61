//! Commands on windows.

use std::path::PathBuf;

use bstr::BString;

use super::{Arg, Command};
use crate::layout::{Layout, LayoutFault};
use crate::{Capability, ExactName, SessionId, Target, Version, WindowId};

/// `new-window`: a window with one pane, which doesn't become the current one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWindow {
    /// `-t`: a session for the next free index, or the index, which must be free.
    pub target: Target,
    /// `-n`: the name; `None` lets tmux name it after its program.
    pub name: Option<BString>,
    /// `-c`: the directory; empty is the client's own. It must exist: tmux silently takes another one otherwise.
    pub directory: PathBuf,
    /// `-e`: additional environment.
    pub environment: Vec<(BString, BString)>,
    /// The program and its arguments; empty is the user's shell.
    pub program: Vec<BString>,
    /// `-P -F`: what to print of the new window.
    pub print: Option<String>,
}

/// `respawn-window`: starts a window's program anew, in its first pane; the others end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RespawnWindow {
    /// `-t`: the window.
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

/// Where a window goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowPlace {
    /// This index in this session, which must be free.
    Index(SessionId, u32),
    /// Directly before this window, `-b`; those behind move up.
    Before(WindowId),
    /// Directly after this window, `-a`; those behind move up.
    After(WindowId),
    /// The next free index of this session.
    Session(SessionId),
}

/// tmux's own layouts, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayoutName {
    /// `even-horizontal`: side by side, equally wide.
    EvenHorizontal,
    /// `even-vertical`: one above the other, equally high.
    EvenVertical,
    /// `main-horizontal`: a large one at the top, the others beside one another below.
    MainHorizontal,
    /// `main-vertical`: a large one on the left, the others above one another on the right.
    MainVertical,
    /// `tiled`: rows and columns.
    Tiled,
}

impl NewWindow {
    /// A window at the target with the user's shell.
    pub fn at(target: impl Into<Target>) -> Self {
        Self {
            target: target.into(),
            name: None,
            directory: PathBuf::new(),
            environment: Vec::new(),
            program: Vec::new(),
            print: None,
        }
    }

    /// The command. It fails with [`Error::Exists`](crate::Error::Exists) if the index is taken.
    pub fn command(self) -> Command {
        Command::new("new-window")
            .flag("-d")
            .target(self.target)
            .directory(self.directory)
            .optional("-n", self.name.map(Arg::Literal))
            .environment(self.environment)
            .print(self.print)
            .program(self.program)
    }
}

impl RespawnWindow {
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
        Command::new("respawn-window")
            .flag_if(self.kill, "-k")
            .target(self.target)
            .directory(self.directory)
            .environment(self.environment)
            .program(self.program)
    }
}

impl LayoutName {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::EvenHorizontal,
        Self::EvenVertical,
        Self::MainHorizontal,
        Self::MainVertical,
        Self::Tiled,
    ];

    /// tmux's own word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EvenHorizontal => "even-horizontal",
            Self::EvenVertical => "even-vertical",
            Self::MainHorizontal => "main-horizontal",
            Self::MainVertical => "main-vertical",
            Self::Tiled => "tiled",
        }
    }
}

impl WindowPlace {
    fn add_to(self, command: Command) -> Command {
        match self {
            Self::Index(session, index) => command.target(Target::WindowIndex(session, index)),
            Self::Before(window) => command.flag("-b").target(window),
            Self::After(window) => command.flag("-a").target(window),
            Self::Session(session) => command.target_bytes(format!("{session}:").into()),
        }
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

    /// The same with floating panes where this version of tmux has them, in its JSON notation. `panes` are those that don't
    /// float; on 3.7, which counts and tiles the others too, make floating panes anew afterwards.
    ///
    /// # Errors
    ///
    /// [`LayoutFault`] if tmux must not see this layout.
    pub fn select_layout_on(
        version: &Version,
        window: impl Into<Target>,
        layout: &Layout,
        panes: usize,
    ) -> Result<Self, LayoutFault> {
        let classic = layout.floating.is_empty() && layout.check(panes) != Err(LayoutFault::Order);
        if classic || !version.has(Capability::JsonLayouts) {
            return Self::select_layout(window, layout, panes);
        }
        layout.check_json(panes)?;
        Ok(Self::new("select-layout")
            .target(window)
            .operands([Arg::Plain(layout.print_json().into())]))
    }

    /// `select-layout` with one of tmux's own.
    pub fn select_named_layout(window: impl Into<Target>, name: LayoutName) -> Self {
        Self::new("select-layout")
            .target(window)
            .operands([Arg::Plain(name.as_str().into())])
    }

    /// `select-layout tiled`: makes room for the next split.
    pub fn select_layout_tiled(window: impl Into<Target>) -> Self {
        Self::select_named_layout(window, LayoutName::Tiled)
    }

    /// `select-layout -E`: spreads the panes beside the target equally.
    pub fn spread_panes(pane: impl Into<Target>) -> Self {
        Self::new("select-layout").flag("-E").target(pane)
    }

    /// `select-window`: makes it the current window of its session.
    pub fn select_window(window: impl Into<Target>) -> Self {
        Self::new("select-window").target(window)
    }

    /// `last-window`: makes the window current that was it before.
    pub fn last_window(session: SessionId) -> Self {
        Self::new("last-window").target(session)
    }

    /// `next-window`.
    pub fn next_window(session: SessionId) -> Self {
        Self::new("next-window").target(session)
    }

    /// `previous-window`.
    pub fn previous_window(session: SessionId) -> Self {
        Self::new("previous-window").target(session)
    }

    /// `kill-window`: ends it with its panes, in all sessions that it is linked into.
    pub fn kill_window(window: impl Into<Target>) -> Self {
        Self::new("kill-window").target(window)
    }

    /// `kill-window -a`: ends all windows of its session but this one.
    pub fn kill_other_windows(window: impl Into<Target>) -> Self {
        Self::new("kill-window").flag("-a").target(window)
    }

    /// `move-window -d`: to another place, without making it current.
    pub fn move_window(window: impl Into<Target>, to: WindowPlace) -> Self {
        to.add_to(Self::new("move-window").flag("-d").source(window))
    }

    /// `link-window -d`: shows the window in another place too.
    pub fn link_window(window: impl Into<Target>, to: WindowPlace) -> Self {
        to.add_to(Self::new("link-window").flag("-d").source(window))
    }

    /// `unlink-window`: takes it out of this session. Fails if it is in no other.
    pub fn unlink_window(session: SessionId, window: WindowId) -> Self {
        Self::new("unlink-window").target(Target::WindowIn(session, window))
    }

    /// `swap-window -d`: two windows change places.
    pub fn swap_windows(one: impl Into<Target>, other: impl Into<Target>) -> Self {
        Self::new("swap-window").flag("-d").source(one).target(other)
    }

    /// `rotate-window`: each pane takes the place of the one before it, the first that of the last.
    pub fn rotate_window(window: impl Into<Target>) -> Self {
        Self::new("rotate-window").flag("-U").target(window)
    }

    /// `move-window -r`: numbers the windows of a session anew, without gaps.
    pub fn renumber_windows(session: SessionId) -> Self {
        Self::new("move-window")
            .flag("-r")
            .target_bytes(format!("{session}:").into())
    }

    /// Gives the current window of the session `name` this index, unless it has it already (`move-window` would fail).
    ///
    /// `base-index` is the user's, so where the first window of a new session lands isn't known beforehand.
    pub fn place_window(name: &ExactName, index: u32) -> Self {
        let from = Target::from(name.clone());
        let to = Target::NamedWindow(name.clone(), index);
        let moving = Self::new("move-window").flag("-d").source(from.clone()).target(to);
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
            .number("-x", width)
            .number("-y", height)
    }
}
