//! Layouts of parts with shares: 90 % for one pane and 10 % for the other, or split once more.

use super::{Cell, Content, Layout, LayoutFault, Leaf, MAX_CELLS, MAX_DEPTH, Orientation};

/// A part of a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Its share of the split, in proportion to those of the others; percentages if they add up to 100.
    pub share: u32,
    /// How many cells it has at least, as long as there is room for that of every part.
    pub minimum: u32,
    /// What fills it.
    pub content: Parts,
}

/// What fills a part, or a window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parts {
    /// A pane.
    Pane,
    /// Parts that follow one another.
    Split(Orientation, Vec<Part>),
}

impl Part {
    /// A pane with a share.
    pub fn pane(share: u32) -> Self {
        Self {
            share,
            minimum: 1,
            content: Parts::Pane,
        }
    }
}

impl Layout {
    /// The layout of a window of this size.
    ///
    /// A part gets its share but not less than its minimum; where there is no room for the minima, the parts are shared
    /// out in proportion to those. What doesn't divide goes to the part with the largest share. A split of a single part
    /// is that part.
    ///
    /// ```
    /// use tmux_core::layout::{Layout, Orientation, Part, Parts};
    ///
    /// let shell = Part { share: 10, minimum: 12, content: Parts::Pane };
    /// let parts = Parts::Split(Orientation::LeftRight, vec![Part::pane(90), shell]);
    /// let widths = |width| -> Result<Vec<u32>, tmux_core::LayoutFault> {
    ///     let layout = Layout::of_parts(&parts, width, 40)?;
    ///     Ok(layout.panes().iter().map(|pane| pane.width).collect())
    /// };
    /// assert_eq!(widths(200)?, [180, 19]);
    /// assert_eq!(widths(80)?, [67, 12]);
    /// # Ok::<(), tmux_core::LayoutFault>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`LayoutFault`] for a split of no parts or of shares of 0, too little room for a cell each, sizes out of bounds or
    /// splits nested too deep.
    pub fn of_parts(parts: &Parts, width: u32, height: u32) -> Result<Self, LayoutFault> {
        if !(1..=MAX_CELLS).contains(&width) || !(1..=MAX_CELLS).contains(&height) {
            return Err(LayoutFault::OutOfBounds {
                width,
                height,
                left: 0,
                top: 0,
            });
        }
        let mut root = cell(parts, width, height, 0)?;
        root.place(0, 0);
        let layout = Self::of(root);
        layout.check_shape()?;
        Ok(layout)
    }

    /// Panes that follow one another with sizes in proportion to `shares`, none below `minimum` cells as long as there is
    /// room for that.
    ///
    /// # Errors
    ///
    /// As [`Layout::of_parts`].
    pub fn shares(
        orientation: Orientation,
        shares: &[u32],
        minimum: u32,
        width: u32,
        height: u32,
    ) -> Result<Self, LayoutFault> {
        let part = |share: &u32| Part {
            minimum,
            ..Part::pane(*share)
        };
        let parts = Parts::Split(orientation, shares.iter().map(part).collect());
        Self::of_parts(&parts, width, height)
    }
}

fn cell(parts: &Parts, width: u32, height: u32, depth: usize) -> Result<Cell, LayoutFault> {
    if depth > MAX_DEPTH {
        return Err(LayoutFault::TooDeep);
    }
    let content = match parts {
        Parts::Pane => Content::Pane(Leaf::default()),
        Parts::Split(_, parts) if parts.len() == 1 => {
            let only = parts.first().ok_or(LayoutFault::LonelyCell)?;
            return cell(&only.content, width, height, depth + 1);
        }
        Parts::Split(orientation, parts) => {
            let size = match orientation {
                Orientation::LeftRight => width,
                Orientation::TopBottom => height,
            };
            let cells = parts.iter().zip(share_out(size, parts)?).map(|(part, size)| {
                let (width, height) = match orientation {
                    Orientation::LeftRight => (size, height),
                    Orientation::TopBottom => (width, size),
                };
                cell(&part.content, width, height, depth + 1)
            });
            let cells = cells.collect::<Result<Vec<_>, _>>()?;
            match orientation {
                Orientation::LeftRight => Content::LeftRight(cells),
                Orientation::TopBottom => Content::TopBottom(cells),
            }
        }
    };
    Ok(Cell {
        width,
        height,
        left: 0,
        top: 0,
        content,
    })
}

/// The sizes of the parts of `size` cells, borders between them left out.
fn share_out(size: u32, parts: &[Part]) -> Result<Vec<u32>, LayoutFault> {
    let count = u32::try_from(parts.len()).map_err(|_too_many| LayoutFault::SizeMismatch)?;
    let shares: u64 = parts.iter().map(|part| u64::from(part.share)).sum();
    let room = size.saturating_sub(count.saturating_sub(1));
    if count == 0 || shares == 0 || room < count {
        return Err(LayoutFault::SizeMismatch);
    }
    let minimum = |part: &Part| part.minimum.max(1);
    let minima: u64 = parts.iter().map(|part| u64::from(minimum(part))).sum();
    let weights: Vec<(u64, u32)> = if minima <= u64::from(room) {
        parts.iter().map(|part| (part.share.into(), minimum(part))).collect()
    } else {
        parts.iter().map(|part| (minimum(part).into(), 1)).collect()
    };
    let mut sizes = in_proportion(room, &weights);
    // What is left over, which is less than a cell a part.
    let used: u32 = sizes.iter().sum();
    let largest = (0..sizes.len()).max_by_key(|n| (parts.get(*n).map(|part| part.share), std::cmp::Reverse(*n)));
    if let Some(size) = largest.and_then(|largest| sizes.get_mut(largest)) {
        *size += room.saturating_sub(used);
    }
    Ok(sizes)
}

/// Shares out `room` by weight, to none less than its minimum; the minima fit.
fn in_proportion(room: u32, weights: &[(u64, u32)]) -> Vec<u32> {
    let mut at_minimum = vec![false; weights.len()];
    loop {
        let rest = || weights.iter().zip(&at_minimum).filter(|(_, at_minimum)| !**at_minimum);
        let total: u64 = rest().map(|((weight, _), _)| weight).sum();
        let taken = weights.iter().zip(&at_minimum).filter(|(_, at_minimum)| **at_minimum);
        let taken: u32 = taken.map(|((_, minimum), _)| minimum).sum();
        let left = u64::from(room.saturating_sub(taken));
        let size = |weight: u64| u32::try_from(weight * left / total.max(1)).unwrap_or(u32::MAX);
        let short = weights
            .iter()
            .zip(&at_minimum)
            .position(|((weight, minimum), at_minimum)| !at_minimum && size(*weight) < *minimum);
        match short.and_then(|short| at_minimum.get_mut(short)) {
            Some(at_minimum) => *at_minimum = true,
            None => {
                let sizes = weights.iter().zip(&at_minimum);
                return sizes
                    .map(|((weight, minimum), at_minimum)| if *at_minimum { *minimum } else { size(*weight) })
                    .collect();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn widths(layout: &Layout) -> Vec<u32> {
        layout.panes().iter().map(|pane| pane.width).collect()
    }

    #[test]
    fn shares_are_kept_with_a_minimum() {
        let shares = |shares: &[u32], minimum, width| {
            Layout::shares(Orientation::LeftRight, shares, minimum, width, 40).map(|layout| widths(&layout))
        };
        assert_eq!(shares(&[90, 10], 1, 200), Ok(vec![180, 19]));
        assert_eq!(shares(&[90, 10], 12, 80), Ok(vec![67, 12]));
        assert_eq!(shares(&[1, 1, 1], 1, 11), Ok(vec![3, 3, 3]));
        assert_eq!(shares(&[100], 1, 80), Ok(vec![80]));
        assert_eq!(shares(&[1, 1], 1, 2), Err(LayoutFault::SizeMismatch));
        assert_eq!(shares(&[0, 0], 1, 80), Err(LayoutFault::SizeMismatch));
        assert_eq!(shares(&[], 1, 80), Err(LayoutFault::SizeMismatch));
        assert_eq!(shares(&[90, 5, 5], 10, 60), Ok(vec![38, 10, 10]));
    }

    #[test]
    fn where_the_minima_do_not_fit_they_are_the_shares() {
        let part = |share, minimum| Part {
            share,
            minimum,
            content: Parts::Pane,
        };
        let parts = Parts::Split(Orientation::LeftRight, vec![part(90, 40), part(10, 12)]);
        let of = |width| Layout::of_parts(&parts, width, 40).map(|layout| widths(&layout));
        assert_eq!(of(53), Ok(vec![40, 12]));
        assert_eq!(of(52), Ok(vec![40, 11]));
        assert_eq!(of(30), Ok(vec![23, 6]));
        assert_eq!(of(3), Ok(vec![1, 1]));
        assert_eq!(of(2), Err(LayoutFault::SizeMismatch));
    }

    #[test]
    fn parts_are_split_again() {
        let right = Part {
            content: Parts::Split(Orientation::TopBottom, vec![Part::pane(1), Part::pane(1)]),
            ..Part::pane(40)
        };
        let parts = Parts::Split(Orientation::LeftRight, vec![Part::pane(60), right]);
        let layout = Layout::of_parts(&parts, 101, 41).expect("a layout");
        let places: Vec<_> = layout
            .panes()
            .iter()
            .map(|pane| (pane.width, pane.height, pane.left, pane.top))
            .collect();
        assert_eq!(places, [(60, 41, 0, 0), (40, 20, 61, 0), (40, 20, 61, 21)]);
        let mut deep = Parts::Pane;
        for _ in 0..100 {
            deep = Parts::Split(
                Orientation::LeftRight,
                vec![Part {
                    content: deep,
                    ..Part::pane(1)
                }],
            );
        }
        assert_eq!(Layout::of_parts(&deep, 80, 24), Err(LayoutFault::TooDeep));
    }

    proptest! {
        #[test]
        fn every_layout_is_sound(parts in proptest::collection::vec((0_u32..200, 0_u32..50), 0..6),
                                 width in 1_u32..300, height in 1_u32..120) {
            let part = |&(share, minimum): &(u32, u32)| Part { share, minimum, content: Parts::Pane };
            for orientation in [Orientation::LeftRight, Orientation::TopBottom] {
                let split = Parts::Split(orientation, parts.iter().map(part).collect());
                if let Ok(layout) = Layout::of_parts(&split, width, height) {
                    prop_assert_eq!(layout.check(parts.len()), Ok(()));
                    prop_assert_eq!((layout.root.width, layout.root.height), (width, height));
                }
            }
        }
    }
}
