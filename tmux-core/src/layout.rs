//! Window layouts as a tree: from and to tmux's classic notation, which every version reads, and the JSON of 3.8; scaled to
//! another size, and made anew, without asking tmux.
//!
//! A bad layout string kills servers of every version up to 3.7c with everything in them, so nothing reaches
//! `select-layout` but what [`Layout::print`] or [`Layout::print_json`] made of a tree that [`Layout::check`] accepted.

mod arrange;
mod floating;
mod json;
mod parse;
mod print;
mod resize;
mod shares;

use crate::PaneId;

pub use arrange::{Orientation, Rounding};
pub use parse::ParseLayoutError;
pub use shares::{Part, Parts};

/// The largest width, height or position that is accepted, as in tmux 3.8; more kills older servers.
pub const MAX_CELLS: u32 = 10_000;

/// How deep splits may be nested.
pub const MAX_DEPTH: usize = 32;

/// A window's layout: the root cell of a tree whose leaves are the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The cell that fills the window.
    pub root: Cell,
    /// Panes that lie above the others (3.7 and newer), the lowest first.
    pub floating: Vec<FloatingPane>,
}

/// A pane that lies above the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FloatingPane {
    /// Columns, without a border.
    pub width: u32,
    /// Rows, without a border.
    pub height: u32,
    /// Left column.
    pub left: u32,
    /// Top row.
    pub top: u32,
    /// Which pane it is.
    pub pane: Leaf,
}

/// What is said of a pane beside its place. Only JSON says more than the id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Leaf {
    /// Its id, which tmux prints, and ignores when it reads.
    pub id: Option<PaneId>,
    /// Its index, which decides in JSON which pane fills the place. In the classic notation panes fill the places in order.
    pub index: Option<u32>,
    /// Whether it is the active pane; `select-layout` makes it that.
    pub active: bool,
    /// Its place in the order of last use, 0 being the pane that was active before.
    pub last: Option<u32>,
}

/// A rectangle of a layout, in cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Left column.
    pub left: u32,
    /// Top row.
    pub top: u32,
    /// What fills it.
    pub content: Content,
}

/// What fills a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A pane.
    Pane(Leaf),
    /// Cells side by side (tmux writes `{…}`), one column of border between them.
    LeftRight(Vec<Cell>),
    /// Cells one above the other (tmux writes `[…]`), one row of border between them.
    TopBottom(Vec<Cell>),
}

/// Why a layout must not be given to tmux.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutFault {
    /// A width or height of 0 or above [`MAX_CELLS`], or a position above it.
    #[error("a cell of {width}x{height} at {left},{top} is out of bounds")]
    OutOfBounds {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Left column.
        left: u32,
        /// Top row.
        top: u32,
    },
    /// A split with fewer than two cells.
    #[error("a split with fewer than two cells")]
    LonelyCell,
    /// Cells that don't fill the split that holds them.
    #[error("the cells of a split don't add up to its size")]
    SizeMismatch,
    /// Splits nested deeper than [`MAX_DEPTH`].
    #[error("splits are nested deeper than {MAX_DEPTH}")]
    TooDeep,
    /// The panes don't fill the leaves in index order: only JSON can say so.
    #[error("the panes of the layout aren't in index order")]
    Order,
    /// Not as many leaves as the window has panes: tmux would drop panes silently.
    #[error("the layout has {leaves} panes, the window {panes}")]
    PaneCount {
        /// Leaves of the layout.
        leaves: usize,
        /// Panes of the window.
        panes: usize,
    },
}

impl Layout {
    /// Reads tmux's classic notation, `b2f4,120x40,0,0{108x40,0,0,0,11x40,109,0,1}`, checksum included, or the JSON that
    /// tmux 3.8 prints.
    ///
    /// # Errors
    ///
    /// [`ParseLayoutError`] unless the whole text is a layout with a right checksum that passes [`Layout::check`].
    pub fn parse(text: &[u8]) -> Result<Self, ParseLayoutError> {
        if text.starts_with(b"{\"") {
            json::layout(text)
        } else {
            parse::layout(text)
        }
    }

    /// Writes tmux's classic notation, checksum first. Ids of panes are left out, as tmux ignores them, and floating panes
    /// too: 3.7 can't read its own notation of them.
    pub fn print(&self) -> String {
        print::layout(self, false)
    }

    /// The same with the ids of panes that are known, which is how tmux itself prints it.
    pub fn print_with_ids(&self) -> String {
        print::layout(self, true)
    }

    /// Writes the JSON that 3.8 and newer read, with floating panes.
    pub fn print_json(&self) -> String {
        json::print(self)
    }

    /// A single pane.
    pub fn single(width: u32, height: u32) -> Self {
        Self::of(Cell {
            width,
            height,
            left: 0,
            top: 0,
            content: Content::Pane(Leaf::default()),
        })
    }

    /// A layout without floating panes.
    pub fn of(root: Cell) -> Self {
        Self {
            root,
            floating: Vec::new(),
        }
    }

    /// Whether tmux can be given this layout for a window with `panes` panes that don't float.
    ///
    /// # Errors
    ///
    /// The first fault found.
    pub fn check(&self, panes: usize) -> Result<(), LayoutFault> {
        self.check_json(panes)?;
        let indices = self.panes().into_iter().filter_map(|cell| match &cell.content {
            Content::Pane(leaf) => leaf.index,
            Content::LeftRight(_) | Content::TopBottom(_) => None,
        });
        if indices.is_sorted() {
            Ok(())
        } else {
            Err(LayoutFault::Order)
        }
    }

    /// The same for the JSON notation, in which panes can be in any order.
    pub(crate) fn check_json(&self, panes: usize) -> Result<(), LayoutFault> {
        self.check_shape()?;
        let leaves = self.panes().len();
        if leaves == panes {
            Ok(())
        } else {
            Err(LayoutFault::PaneCount { leaves, panes })
        }
    }

    /// The leaves in the order in which panes fill them, floating ones not among them.
    pub fn panes(&self) -> Vec<&Cell> {
        let mut leaves = Vec::new();
        collect_leaves(&self.root, &mut leaves);
        leaves
    }

    fn check_shape(&self) -> Result<(), LayoutFault> {
        check_cell(&self.root, 0)?;
        self.floating
            .iter()
            .try_for_each(|float| check_bounds(float.width, float.height, float.left, float.top))
    }
}

fn collect_leaves<'a>(cell: &'a Cell, leaves: &mut Vec<&'a Cell>) {
    match &cell.content {
        Content::Pane(_) => leaves.push(cell),
        Content::LeftRight(cells) | Content::TopBottom(cells) => {
            for cell in cells {
                collect_leaves(cell, leaves);
            }
        }
    }
}

fn check_cell(cell: &Cell, depth: usize) -> Result<(), LayoutFault> {
    if depth > MAX_DEPTH {
        return Err(LayoutFault::TooDeep);
    }
    check_bounds(cell.width, cell.height, cell.left, cell.top)?;
    match &cell.content {
        Content::Pane(_) => Ok(()),
        Content::LeftRight(cells) => {
            check_split(cells, cell.width, cell.height, |cell| (cell.width, cell.height), depth)
        }
        Content::TopBottom(cells) => {
            check_split(cells, cell.height, cell.width, |cell| (cell.height, cell.width), depth)
        }
    }
}

fn check_bounds(width: u32, height: u32, left: u32, top: u32) -> Result<(), LayoutFault> {
    let size = 1..=MAX_CELLS;
    if size.contains(&width) && size.contains(&height) && left <= MAX_CELLS && top <= MAX_CELLS {
        Ok(())
    } else {
        Err(LayoutFault::OutOfBounds {
            width,
            height,
            left,
            top,
        })
    }
}

/// `along` is the split's size in its direction, `across` the other; `size` gives both of a cell.
fn check_split(
    cells: &[Cell],
    along: u32,
    across: u32,
    size: impl Fn(&Cell) -> (u32, u32),
    depth: usize,
) -> Result<(), LayoutFault> {
    if cells.len() < 2 {
        return Err(LayoutFault::LonelyCell);
    }
    for cell in cells {
        check_cell(cell, depth + 1)?;
    }
    let borders = cells.len() as u64 - 1;
    let total: u64 = cells.iter().map(|cell| u64::from(size(cell).0)).sum::<u64>() + borders;
    if total != u64::from(along) || cells.iter().any(|cell| size(cell).1 != across) {
        return Err(LayoutFault::SizeMismatch);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
