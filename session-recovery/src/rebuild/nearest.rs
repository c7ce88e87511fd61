//! The layout nearest to a recorded one that can't be used as it is: with another checksum, or for another number of
//! panes.

use tmux_core::Layout;
use tmux_core::layout::{Cell, Content, Orientation, Rounding};

/// More than this is no layout of a session that a person made, and every pane too many is taken off one by one.
const MOST: usize = 500;

/// The layout that the text means, changed as little as needed for `panes` panes; `None` if it means none, or there is no
/// room.
pub fn nearest(text: &[u8], panes: usize) -> Option<Layout> {
    let layout = match Layout::parse(text) {
        Ok(layout) => layout,
        Err(_) => Layout::parse(&with_checksum(text)?).ok()?,
    };
    let mut root = layout.root;
    if leaves(&root) > MOST || panes == 0 || panes > MOST {
        return None;
    }
    while leaves(&root) > panes {
        root = without_last(root)?;
    }
    while leaves(&root) < panes {
        root = with_one_more(root)?;
    }
    // To the same size: that gives every cell its place.
    let (width, height) = (root.width, root.height);
    let layout = Layout::of(root).resized(width, height);
    layout.check(panes).is_ok().then_some(layout)
}

/// The same with the checksum that it should have: 16 bits, rotated right before each byte is added (tmux's
/// `layout_checksum`).
fn with_checksum(text: &[u8]) -> Option<Vec<u8>> {
    let comma = text.iter().position(|&byte| byte == b',')?;
    let body = text.get(comma + 1..)?;
    let checksum = body
        .iter()
        .fold(0_u16, |sum, byte| sum.rotate_right(1).wrapping_add(u16::from(*byte)));
    Some([format!("{checksum:04x},").as_bytes(), body].concat())
}

fn leaves(cell: &Cell) -> usize {
    match &cell.content {
        Content::Pane(_) => 1,
        Content::LeftRight(cells) | Content::TopBottom(cells) => cells.iter().map(leaves).sum(),
    }
}

/// Without the last pane; what is beside it takes its room.
fn without_last(cell: Cell) -> Option<Cell> {
    let left_right = matches!(cell.content, Content::LeftRight(_));
    let (Content::LeftRight(mut cells) | Content::TopBottom(mut cells)) = cell.content else {
        return None;
    };
    let last = cells.pop()?;
    if leaves(&last) > 1 {
        cells.push(without_last(last)?);
    } else {
        let before = cells.pop()?;
        let (width, height) = if left_right {
            (before.width + last.width + 1, before.height)
        } else {
            (before.width, before.height + last.height + 1)
        };
        cells.push(Layout::of(before).resized(width, height).root);
    }
    let content = match (cells.len(), left_right) {
        (1, _) => cells.pop()?.content,
        (_, true) => Content::LeftRight(cells),
        (_, false) => Content::TopBottom(cells),
    };
    Some(Cell { content, ..cell })
}

/// The last pane in two halves, along its longer side.
fn with_one_more(cell: Cell) -> Option<Cell> {
    match cell.content {
        Content::LeftRight(mut cells) => {
            let last = cells.pop()?;
            cells.push(with_one_more(last)?);
            Some(Cell {
                content: Content::LeftRight(cells),
                ..cell
            })
        }
        Content::TopBottom(mut cells) => {
            let last = cells.pop()?;
            cells.push(with_one_more(last)?);
            Some(Cell {
                content: Content::TopBottom(cells),
                ..cell
            })
        }
        Content::Pane(_) => halves(cell),
    }
}

fn halves(cell: Cell) -> Option<Cell> {
    // Characters are twice as high as they are wide.
    let direction = if cell.width >= cell.height * 2 {
        Orientation::LeftRight
    } else {
        Orientation::TopBottom
    };
    let halves = Layout::even(direction, 2, cell.width, cell.height, Rounding::Last)
        .ok()?
        .root;
    // Without room for two it is larger than what is there.
    ((halves.width, halves.height) == (cell.width, cell.height)).then_some(halves)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use tmux_core::layout::Leaf;

    use super::*;

    const TWO: &[u8] = b"98c5,80x24,0,0{69x24,0,0,0,10x24,70,0,1}";

    fn sizes(layout: &Layout) -> Vec<(u32, u32)> {
        layout.panes().iter().map(|cell| (cell.width, cell.height)).collect()
    }

    #[test]
    fn a_wrong_checksum_is_put_right() {
        let mut text = TWO.to_vec();
        text[0] = b'0';
        assert!(Layout::parse(&text).is_err());
        assert_eq!(sizes(&nearest(&text, 2).unwrap()), [(69, 24), (10, 24)]);
    }

    #[test]
    fn a_pane_too_many_leaves_its_room_to_its_neighbour() {
        assert_eq!(sizes(&nearest(TWO, 1).unwrap()), [(80, 24)]);
    }

    #[test]
    fn a_pane_too_few_is_half_of_the_last() {
        assert_eq!(sizes(&nearest(TWO, 3).unwrap()), [(69, 24), (10, 11), (10, 12)]);
    }

    #[test]
    fn what_is_no_layout_has_no_nearest() {
        for text in [
            &b""[..],
            b"zzzz",
            b"#(x)",
            b"[[[",
            b"5a63,4294967295x4294967295,0,0,0",
            b"0000,1x1,0,0,0",
        ] {
            assert_eq!(nearest(text, 2), None);
        }
        assert_eq!(nearest(TWO, 0), None);
        assert_eq!(nearest(TWO, 10_000), None);
    }

    proptest! {
        #[test]
        fn every_nearest_layout_is_one_that_tmux_may_see(from in 1_usize..30, to in 1_usize..30, width in 1_u32..400) {
            let start = Layout::of(Cell { width, height: 60, left: 0, top: 0, content: Content::Pane(Leaf::default()) });
            if let Some(grown) = nearest(start.print().as_bytes(), from) {
                prop_assert_eq!(grown.panes().len(), from);
                if let Some(other) = nearest(grown.print().as_bytes(), to) {
                    prop_assert!(other.check(to).is_ok());
                }
                if to <= from {
                    prop_assert!(nearest(grown.print().as_bytes(), to).is_some());
                }
            }
        }
    }
}
