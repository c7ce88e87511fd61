//! Scaling a layout as tmux does when a window gets another size (`layout_resize` in its layout.c, 3.2a to 3.8;
//! `pane-border-status` off).

use super::{Cell, Content, Layout, MAX_CELLS};

/// A pane is at least one cell wide and high.
const MINIMUM: u32 = 1;

/// A direction in which sizes change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Width,
    Height,
}

impl Layout {
    /// The same layout in a window of another size. Where panes would have no room left, the layout stays larger than that,
    /// as in tmux. Floating panes keep their place.
    #[must_use]
    pub fn resized(&self, width: u32, height: u32) -> Self {
        let mut layout = self.clone();
        let (width, height) = (width.clamp(MINIMUM, MAX_CELLS), height.clamp(MINIMUM, MAX_CELLS));
        for (axis, size) in [(Axis::Width, width), (Axis::Height, height)] {
            let now = layout.root.size(axis);
            if size >= now {
                layout.root.grow(axis, size - now);
            } else {
                let room = layout.root.room(axis);
                layout.root.shrink(axis, (now - size).min(room));
            }
        }
        layout.root.place(0, 0);
        layout
    }
}

impl Cell {
    pub(super) fn size(&self, axis: Axis) -> u32 {
        match axis {
            Axis::Width => self.width,
            Axis::Height => self.height,
        }
    }

    pub(super) fn set_size(&mut self, axis: Axis, size: u32) {
        match axis {
            Axis::Width => self.width = size,
            Axis::Height => self.height = size,
        }
    }

    /// How much smaller it can become.
    fn room(&self, axis: Axis) -> u32 {
        match self.children(axis) {
            None => self.size(axis).saturating_sub(MINIMUM),
            Some((true, cells)) => cells.iter().map(|cell| cell.room(axis)).fold(0, u32::saturating_add),
            Some((false, cells)) => cells.iter().map(|cell| cell.room(axis)).min().unwrap_or_default(),
        }
    }

    /// The cells of a split, and whether they lie along the axis.
    fn children(&self, axis: Axis) -> Option<(bool, &[Self])> {
        match &self.content {
            Content::Pane(_) => None,
            Content::LeftRight(cells) => Some((axis == Axis::Width, cells)),
            Content::TopBottom(cells) => Some((axis == Axis::Height, cells)),
        }
    }

    fn children_mut(&mut self, axis: Axis) -> Option<(bool, &mut [Self])> {
        match &mut self.content {
            Content::Pane(_) => None,
            Content::LeftRight(cells) => Some((axis == Axis::Width, cells)),
            Content::TopBottom(cells) => Some((axis == Axis::Height, cells)),
        }
    }

    /// Cells along the axis get one more each in turn.
    fn grow(&mut self, axis: Axis, by: u32) {
        self.set_size(axis, self.size(axis).saturating_add(by));
        match self.children_mut(axis) {
            None => {}
            Some((false, cells)) => cells.iter_mut().for_each(|cell| cell.grow(axis, by)),
            Some((true, cells)) => {
                let count = u32::try_from(cells.len()).unwrap_or(u32::MAX).max(1);
                for (cell, n) in cells.iter_mut().zip(0_u32..) {
                    cell.grow_by_ones(axis, by / count + u32::from(n < by % count));
                }
            }
        }
    }

    /// So many times one more: in a split below another one along the same axis the first cell gets it every time.
    fn grow_by_ones(&mut self, axis: Axis, times: u32) {
        self.set_size(axis, self.size(axis).saturating_add(times));
        match self.children_mut(axis) {
            None => {}
            Some((false, cells)) => cells.iter_mut().for_each(|cell| cell.grow_by_ones(axis, times)),
            Some((true, cells)) => {
                if let Some(first) = cells.first_mut() {
                    first.grow_by_ones(axis, times);
                }
            }
        }
    }

    /// Cells along the axis give one each in turn, as long as they have one to give.
    fn shrink(&mut self, axis: Axis, by: u32) {
        self.set_size(axis, self.size(axis).saturating_sub(by));
        match self.children_mut(axis) {
            None => {}
            Some((false, cells)) => cells.iter_mut().for_each(|cell| cell.shrink(axis, by)),
            Some((true, cells)) => {
                let shares = fair_shares(&cells.iter().map(|cell| cell.room(axis)).collect::<Vec<_>>(), by);
                for (cell, share) in cells.iter_mut().zip(shares) {
                    cell.shrink_by_ones(axis, share);
                }
            }
        }
    }

    /// So many times one less: in a split below another one along the same axis the first cell that has one to give does.
    fn shrink_by_ones(&mut self, axis: Axis, times: u32) {
        self.set_size(axis, self.size(axis).saturating_sub(times));
        match self.children_mut(axis) {
            None => {}
            Some((false, cells)) => cells.iter_mut().for_each(|cell| cell.shrink_by_ones(axis, times)),
            Some((true, cells)) => {
                let mut left = times;
                for cell in cells {
                    let given = cell.room(axis).min(left);
                    cell.shrink_by_ones(axis, given);
                    left -= given;
                }
            }
        }
    }

    /// Gives every cell its place, from the sizes.
    pub(super) fn place(&mut self, left: u32, top: u32) {
        self.left = left;
        self.top = top;
        match &mut self.content {
            Content::Pane(_) => {}
            Content::LeftRight(cells) => {
                let mut left = left;
                for cell in cells {
                    cell.place(left, top);
                    left = left.saturating_add(cell.width).saturating_add(1);
                }
            }
            Content::TopBottom(cells) => {
                let mut top = top;
                for cell in cells {
                    cell.place(left, top);
                    top = top.saturating_add(cell.height).saturating_add(1);
                }
            }
        }
    }
}

/// What each gives when `by` are taken one at a time, in turn, from those that still have some.
fn fair_shares(rooms: &[u32], by: u32) -> Vec<u32> {
    let mut shares = vec![0; rooms.len()];
    let mut left = by;
    while left > 0 {
        let open: Vec<usize> = (0..rooms.len()).filter(|n| shares.get(*n) < rooms.get(*n)).collect();
        let Some(least) = open.iter().filter_map(|n| Some(rooms.get(*n)? - shares.get(*n)?)).min() else {
            break;
        };
        // Whole turns at once, and then the last, which not all of them take.
        let count = u32::try_from(open.len()).unwrap_or(u32::MAX);
        let turns = (left / count).min(least);
        for (place, n) in open.iter().enumerate() {
            let last = turns == 0 && u32::try_from(place).is_ok_and(|place| place < left);
            if let Some(share) = shares.get_mut(*n) {
                *share += turns + u32::from(last);
            }
        }
        left -= if turns == 0 { left.min(count) } else { turns * count };
    }
    shares
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Orientation;
    use super::*;

    /// One at a time, as tmux does it.
    fn one_by_one(rooms: &[u32], by: u32) -> Vec<u32> {
        let mut shares = vec![0; rooms.len()];
        let mut left = by.min(rooms.iter().sum());
        while left > 0 {
            for (share, room) in shares.iter_mut().zip(rooms) {
                if left > 0 && *share < *room {
                    *share += 1;
                    left -= 1;
                }
            }
        }
        shares
    }

    proptest! {
        #[test]
        fn shares_are_those_of_one_at_a_time(rooms in proptest::collection::vec(0_u32..30, 1..6), by in 0_u32..100) {
            prop_assert_eq!(fair_shares(&rooms, by), one_by_one(&rooms, by));
        }
    }

    #[test]
    fn a_layout_stays_as_large_as_its_panes_need() {
        let layout = Layout::shares(Orientation::LeftRight, &[90, 10], 12, 120, 40).expect("a layout");
        let widths = |layout: &Layout| layout.panes().iter().map(|pane| pane.width).collect::<Vec<_>>();
        assert_eq!(widths(&layout.resized(122, 40)), [108, 13]);
        assert_eq!(widths(&layout.resized(80, 24)), [78, 1]);
        assert_eq!(widths(&layout.resized(1, 1)), [1, 1]);
        assert_eq!(layout.resized(1, 1).root.width, 3);
    }
}
