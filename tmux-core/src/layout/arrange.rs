//! Making tmux's own named layouts without asking tmux.

use super::resize::Axis;
use super::{Cell, Content, Layout, LayoutFault, Leaf, MAX_CELLS};
use crate::Version;

/// In which orientation panes follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Orientation {
    /// Side by side.
    LeftRight,
    /// One above the other.
    TopBottom,
}

/// Who gets the cells that are left over when a size doesn't divide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// The last pane gets them all: tmux up to 3.5a.
    Last,
    /// The first ones get one each: tmux 3.6 and newer (tmux#4303).
    First,
}

impl Rounding {
    /// What this version of tmux does.
    pub fn of(version: &Version) -> Self {
        if version.at_least(3, 6) {
            Self::First
        } else {
            Self::Last
        }
    }
}

impl Orientation {
    fn along(self) -> Axis {
        match self {
            Self::LeftRight => Axis::Width,
            Self::TopBottom => Axis::Height,
        }
    }

    fn across(self) -> Self {
        match self {
            Self::LeftRight => Self::TopBottom,
            Self::TopBottom => Self::LeftRight,
        }
    }

    fn content(self, cells: Vec<Cell>) -> Content {
        match self {
            Self::LeftRight => Content::LeftRight(cells),
            Self::TopBottom => Content::TopBottom(cells),
        }
    }
}

impl Layout {
    /// `even-horizontal` and `even-vertical`: panes of the same size in a window of this size.
    ///
    /// As in tmux the layout is larger than the window if there is no room for that many panes.
    ///
    /// # Errors
    ///
    /// [`LayoutFault`] for no pane, or sizes out of bounds.
    pub fn even(
        orientation: Orientation,
        panes: u32,
        width: u32,
        height: u32,
        rounding: Rounding,
    ) -> Result<Self, LayoutFault> {
        bounded(panes, width, height)?;
        let size = pane_size(orientation.along(), width, height);
        let room = size.max(panes.saturating_mul(2).saturating_sub(1));
        let sizes = equal_sizes(panes, room, rounding);
        finished(orientation, &sizes, width, height)
    }

    /// `main-horizontal` (its panes follow one another `TopBottom`) and `main-vertical` (`LeftRight`): the first pane with
    /// `main` cells, the others equal beside one another in the rest. tmux's `main-pane-width` is 80, `main-pane-height` 24.
    ///
    /// # Errors
    ///
    /// [`LayoutFault`] for no pane, or sizes out of bounds.
    pub fn main(
        orientation: Orientation,
        panes: u32,
        width: u32,
        height: u32,
        main: u32,
        rounding: Rounding,
    ) -> Result<Self, LayoutFault> {
        let Some(others) = panes.checked_sub(1).filter(|others| *others > 0) else {
            return Self::even(orientation, panes, width, height, rounding);
        };
        bounded(panes, width, height)?;
        let along = orientation.along();
        let size = pane_size(along, width, height).max(3);
        // At least one cell and the border are left for the others.
        let main = main.clamp(1, size - 2);
        let across = orientation.across();
        let side = pane_size(across.along(), width, height).max(others.saturating_mul(2).saturating_sub(1));
        let sized = |first: u32| match orientation {
            Orientation::LeftRight => (first, side),
            Orientation::TopBottom => (side, first),
        };
        let (main_width, main_height) = sized(main);
        let (rest_width, rest_height) = sized(size - main - 1);
        let rest = Self::even(across, others, rest_width, rest_height, rounding)?;
        let (whole_width, whole_height) = sized(size);
        let root = Cell {
            width: whole_width,
            height: whole_height,
            left: 0,
            top: 0,
            content: orientation.content(vec![pane(main_width, main_height), rest.root]),
        };
        checked(root)
    }

    /// `tiled`: rows and columns, as many of both as fit best.
    ///
    /// # Errors
    ///
    /// [`LayoutFault`] for no pane, or sizes out of bounds.
    pub fn tiled(panes: u32, width: u32, height: u32) -> Result<Self, LayoutFault> {
        if panes < 2 {
            return Self::even(Orientation::LeftRight, panes, width, height, Rounding::Last);
        }
        bounded(panes, width, height)?;
        let (mut rows, mut columns) = (1, 1);
        while rows * columns < panes {
            rows += 1;
            if rows * columns < panes {
                columns += 1;
            }
        }
        let cell_width = (width.saturating_sub(columns - 1) / columns).max(1);
        let cell_height = (height.saturating_sub(rows - 1) / rows).max(1);
        let whole_width = width.max((cell_width + 1) * columns - 1);
        let whole_height = height.max((cell_height + 1) * rows - 1);
        let mut lines = Vec::new();
        let mut left = panes;
        while left > 0 {
            let count = left.min(columns);
            left -= count;
            // The last row takes what the height leaves over, the last cell of a row what the width does.
            let used: u32 = lines.iter().map(|line: &Cell| line.height + 1).sum();
            let height = if left == 0 { whole_height - used } else { cell_height };
            lines.push(row(count, cell_width, whole_width, height));
        }
        let mut root = match lines.len() {
            1 => lines.remove(0),
            _ => Cell {
                width: whole_width,
                height: whole_height,
                left: 0,
                top: 0,
                content: Content::TopBottom(lines),
            },
        };
        root.place(0, 0);
        checked(root)
    }
}

fn pane_size(axis: Axis, width: u32, height: u32) -> u32 {
    match axis {
        Axis::Width => width,
        Axis::Height => height,
    }
}

fn pane(width: u32, height: u32) -> Cell {
    Cell {
        width,
        height,
        left: 0,
        top: 0,
        content: Content::Pane(Leaf::default()),
    }
}

/// `count` sizes that fill `room` with a border between each two.
fn equal_sizes(count: u32, room: u32, rounding: Rounding) -> Vec<u32> {
    let Some(each) = room
        .checked_sub(count.saturating_sub(1))
        .and_then(|room| room.checked_div(count))
    else {
        return Vec::new();
    };
    let over = room - (count - 1) - each * count;
    let extra = |n: u32| match rounding {
        Rounding::First => u32::from(n < over),
        Rounding::Last if n + 1 == count => over,
        Rounding::Last => 0,
    };
    (0..count).map(|n| each + extra(n)).collect()
}

fn finished(orientation: Orientation, sizes: &[u32], width: u32, height: u32) -> Result<Layout, LayoutFault> {
    let count = u32::try_from(sizes.len()).unwrap_or(u32::MAX);
    bounded(count, width, height)?;
    let along = orientation.along();
    let cells: Vec<Cell> = sizes
        .iter()
        .map(|size| {
            let mut cell = pane(width, height);
            cell.set_size(along, *size);
            cell
        })
        .collect();
    let Some(whole) = sizes.iter().copied().reduce(|whole, size| whole + 1 + size) else {
        return Err(LayoutFault::LonelyCell);
    };
    let mut root = pane(width, height);
    root.set_size(along, whole);
    if cells.len() > 1 {
        root.content = orientation.content(cells);
    }
    checked(root)
}

fn row(count: u32, cell_width: u32, whole_width: u32, height: u32) -> Cell {
    let mut cells: Vec<Cell> = (0..count).map(|_| pane(cell_width, height)).collect();
    if let [_, .., last] = cells.as_mut_slice() {
        last.width = whole_width - (cell_width + 1) * (count - 1);
        Cell {
            width: whole_width,
            height,
            left: 0,
            top: 0,
            content: Content::LeftRight(cells),
        }
    } else {
        pane(whole_width, height)
    }
}

fn bounded(panes: u32, width: u32, height: u32) -> Result<(), LayoutFault> {
    if (1..=MAX_CELLS).contains(&width) && (1..=MAX_CELLS).contains(&height) && panes <= MAX_CELLS {
        Ok(())
    } else {
        Err(LayoutFault::OutOfBounds {
            width,
            height,
            left: 0,
            top: 0,
        })
    }
}

fn checked(mut root: Cell) -> Result<Layout, LayoutFault> {
    root.place(0, 0);
    let layout = Layout::of(root);
    layout.check_shape()?;
    Ok(layout)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_pane_and_absurd_sizes_are_refused() {
        assert!(Layout::even(Orientation::LeftRight, 0, 80, 24, Rounding::First).is_err());
        assert!(Layout::tiled(0, 80, 24).is_err());
        assert!(Layout::tiled(u32::MAX, 80, 24).is_err());
        assert!(Layout::even(Orientation::TopBottom, u32::MAX, 80, 24, Rounding::First).is_err());
        assert!(Layout::main(Orientation::LeftRight, 3, 0, 24, 80, Rounding::First).is_err());
        assert!(Layout::even(Orientation::LeftRight, 2, 20_000, 24, Rounding::First).is_err());
    }

    proptest! {
        #[test]
        fn every_layout_is_sound(panes in 1_u32..40, width in 1_u32..300, height in 1_u32..120, main in 0_u32..300) {
            let count = panes as usize;
            for (orientation, rounding) in [(Orientation::LeftRight, Rounding::First), (Orientation::TopBottom, Rounding::Last)] {
                let even = Layout::even(orientation, panes, width, height, rounding);
                prop_assert_eq!(even.and_then(|layout| layout.check(count)), Ok(()));
                let with_main = Layout::main(orientation, panes, width, height, main, rounding);
                prop_assert_eq!(with_main.and_then(|layout| layout.check(count)), Ok(()));
            }
            prop_assert_eq!(Layout::tiled(panes, width, height).and_then(|layout| layout.check(count)), Ok(()));
        }
    }
}
