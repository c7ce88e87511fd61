//! Window layouts as a tree, from tmux's classic notation and the JSON of 3.8, and to the classic one, which every version
//! reads.
//!
//! A bad layout string kills servers of every version up to 3.7c with everything in them, so nothing reaches
//! `select-layout` but what [`Layout::print`] made of a tree that [`Layout::check`] accepted.

mod json;
mod parse;
mod print;

use crate::PaneId;

pub use parse::ParseLayoutError;

/// The largest width, height or position that is accepted, as in tmux 3.8; more kills older servers.
pub const MAX_CELLS: u32 = 10_000;

/// How deep splits may be nested.
pub const MAX_DEPTH: usize = 32;

/// A window's layout: the root cell of a tree whose leaves are the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The cell that fills the window.
    pub root: Cell,
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
    /// A pane. tmux prints its id, and ignores it when it reads: panes fill the leaves in index order.
    Pane(Option<PaneId>),
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
    /// tmux 3.8 prints. Floating panes are left out.
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

    /// Writes tmux's notation, checksum first; ids of panes are left out, as tmux ignores them.
    pub fn print(&self) -> String {
        print::layout(self)
    }

    /// Whether tmux can be given this layout for a window with `panes` panes.
    ///
    /// # Errors
    ///
    /// The first fault found.
    pub fn check(&self, panes: usize) -> Result<(), LayoutFault> {
        self.check_shape()?;
        let leaves = self.panes().len();
        if leaves == panes {
            Ok(())
        } else {
            Err(LayoutFault::PaneCount { leaves, panes })
        }
    }

    /// The leaves in the order in which panes fill them.
    pub fn panes(&self) -> Vec<&Cell> {
        let mut leaves = Vec::new();
        collect_leaves(&self.root, &mut leaves);
        leaves
    }

    fn check_shape(&self) -> Result<(), LayoutFault> {
        check_cell(&self.root, 0)
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
    let &Cell {
        width,
        height,
        left,
        top,
        ..
    } = cell;
    let size = 1..=MAX_CELLS;
    if !size.contains(&width) || !size.contains(&height) || left > MAX_CELLS || top > MAX_CELLS {
        return Err(LayoutFault::OutOfBounds {
            width,
            height,
            left,
            top,
        });
    }
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPEC: &str = "80x24,0,0{69x24,0,0,0,10x24,70,0,1}";

    fn with_checksum(body: &str) -> String {
        format!("{:04x},{body}", print::checksum(body.as_bytes()))
    }

    #[test]
    fn reads_what_tmux_prints() {
        // Printed by tmux 3.3a for an 80x24 window split with `-h -l 10`.
        let layout = Layout::parse(with_checksum(SPEC).as_bytes()).expect("a layout");
        let sizes: Vec<_> = layout
            .panes()
            .iter()
            .map(|pane| (pane.left, pane.width, pane.height))
            .collect();
        assert_eq!(sizes, [(0, 69, 24), (70, 10, 24)]);
        assert_eq!(layout.check(2), Ok(()));
        assert_eq!(layout.check(3), Err(LayoutFault::PaneCount { leaves: 2, panes: 3 }));
        assert_eq!(layout.print(), with_checksum("80x24,0,0{69x24,0,0,10x24,70,0}"));
    }

    #[test]
    fn the_checksum_is_tmux_own() {
        assert_eq!(print::checksum(b"80x24,0,0,0"), 0xb25d);
    }

    #[test]
    fn refuses_everything_that_kills_a_server() {
        for text in [
            "",
            "zzzz",
            "nonsense",
            "#(x)",
            "{}",
            "[[[",
            "x",
            ",",
            "<",
            "tiled",
            "abc",
            "0000,80x24,0,0,0",
        ] {
            assert!(Layout::parse(text.as_bytes()).is_err(), "{text}");
        }
        for body in [
            "",
            "80x24,0,0{}",
            "80x24,0,0[]",
            "120x40,0,0{107x40,0,0,0,12x40,108,0,1,",
            "120x40,0,0{107x40,0,0,0,12x40,108,0,1}}",
            "120x40,0,0{,07x40,0,0,0,12x40,108,0,1}",
            "120x40,0,0{[07x40,0,0,0,12x40,108,0,1}",
            "120x40,0,0{119x40,0,0}",
            "80x2147483647,0,0,0",
            "4294967295x4294967295,0,0,0",
            "99999999999999999999x24,0,0,0",
            "10001x24,0,0,0",
            "0x24,0,0,0",
            "50x40,0,0{50x40,0,0,0,50x40,51,0,1}",
            "101x40,0,0{50x40,0,0,0,50x39,51,0,1}",
            "80x24,0,0,0 ",
            "+80x24,0,0,0",
        ] {
            assert!(Layout::parse(with_checksum(body).as_bytes()).is_err(), "{body}");
        }
        let deep = format!("{}1x1,0,0{}", "1x1,0,0{".repeat(5000), "}".repeat(5000));
        assert!(Layout::parse(with_checksum(&deep).as_bytes()).is_err());
    }

    fn any_cell(width: u32, height: u32, depth: u32) -> BoxedStrategy<Cell> {
        let pane = Just(Cell {
            width,
            height,
            left: 0,
            top: 0,
            content: Content::Pane(None),
        });
        if depth == 0 || width < 7 || height < 7 {
            return pane.boxed();
        }
        let beside = (1..width - 2).prop_flat_map(move |first| {
            (
                any_cell(first, height, depth - 1),
                any_cell(width - 1 - first, height, depth - 1),
            )
                .prop_map(move |(a, b)| Cell {
                    width,
                    height,
                    left: 0,
                    top: 0,
                    content: Content::LeftRight(vec![a, b]),
                })
        });
        let above = (1..height - 2).prop_flat_map(move |first| {
            (
                any_cell(width, first, depth - 1),
                any_cell(width, height - 1 - first, depth - 1),
            )
                .prop_map(move |(a, b)| Cell {
                    width,
                    height,
                    left: 0,
                    top: 0,
                    content: Content::TopBottom(vec![a, b]),
                })
        });
        prop_oneof![pane, beside, above].boxed()
    }

    proptest! {
        #[test]
        fn reads_back_what_it_printed(root in any_cell(203, 57, 4)) {
            let layout = Layout { root };
            prop_assert_eq!(Layout::parse(layout.print().as_bytes()).expect("a layout"), layout);
        }

        #[test]
        fn no_bytes_make_it_panic(body in "[0-9x,{}\\[\\]]{0,60}") {
            if let Ok(layout) = Layout::parse(with_checksum(&body).as_bytes()) {
                let panes = layout.panes().len();
                prop_assert_eq!(layout.check(panes), Ok(()));
            }
        }
    }
}
