//! What the original scripts recorded of panes: their sizes, and in the layout their positions.

use crate::{Geometry, Size};

/// The cells of a layout string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cells {
    /// The window's size.
    pub(super) root: Option<Size>,
    /// The panes, in order.
    pub(super) leaves: Vec<Geometry>,
}

/// What a `PANE_INFO` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Info {
    /// Index and size of each pane.
    pub(super) panes: Vec<(u32, Size)>,
    /// Whether that is all there is in it.
    pub(super) complete: bool,
}

/// Reads `0:108x40 1:11x40`, on one line or several; of two entries with one index the first counts.
pub(super) fn info(text: &[u8]) -> Info {
    let mut info = Info {
        panes: Vec::new(),
        complete: true,
    };
    let mut seen = std::collections::BTreeSet::new();
    for word in text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()) {
        match pane(word) {
            Some((index, size)) if seen.insert(index) => info.panes.push((index, size)),
            _ => info.complete = false,
        }
    }
    info
}

/// Finds the cells of a layout. This is no validation: whoever gives a layout to tmux must parse it properly.
pub(super) fn cells(layout: &[u8]) -> Cells {
    let mut cells = Cells {
        root: None,
        leaves: Vec::new(),
    };
    // The checksum comes first.
    let mut rest = layout
        .iter()
        .position(|&byte| byte == b',')
        .and_then(|at| layout.get(at + 1..))
        .unwrap_or_default();
    while !rest.is_empty() {
        let Some((geometry, after)) = cell(rest) else {
            // Over a whole number, so that none is read from its middle.
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest = rest.get(digits.max(1)..).unwrap_or_default();
            continue;
        };
        cells.root.get_or_insert(Size {
            width: geometry.width,
            height: geometry.height,
        });
        // A pane's cell ends with the pane's number, a split's with its children.
        let number = after.strip_prefix(b",").and_then(number);
        rest = match number {
            Some((_, behind)) if !matches!(behind.first(), Some(b'x' | b'{' | b'[')) => {
                cells.leaves.push(geometry);
                behind
            }
            _ => after,
        };
    }
    cells
}

/// Panes with their positions, if the layout has as many; if only the layout names panes, those.
pub(super) fn join(panes: Vec<(u32, Size)>, leaves: &[Geometry]) -> Vec<(u32, Geometry)> {
    if panes.is_empty() {
        return (0..).zip(leaves.iter().copied()).collect();
    }
    let same_count = panes.len() == leaves.len();
    let place = |(n, (index, Size { width, height })): (usize, (u32, Size))| {
        let leaf = leaves.get(n).filter(|_| same_count);
        let (left, top) = leaf.map_or((0, 0), |leaf| (leaf.left, leaf.top));
        (
            index,
            Geometry {
                left,
                top,
                width,
                height,
            },
        )
    };
    panes.into_iter().enumerate().map(place).collect()
}

fn pane(word: &[u8]) -> Option<(u32, Size)> {
    let (index, rest) = number(word)?;
    let (width, rest) = number(rest.strip_prefix(b":")?)?;
    let (height, rest) = number(rest.strip_prefix(b"x")?)?;
    rest.is_empty().then_some((index, Size { width, height }))
}

/// `108x40,0,0` and what follows it.
fn cell(text: &[u8]) -> Option<(Geometry, &[u8])> {
    let (width, rest) = number(text)?;
    let (height, rest) = number(rest.strip_prefix(b"x")?)?;
    let (left, rest) = number(rest.strip_prefix(b",")?)?;
    let (top, rest) = number(rest.strip_prefix(b",")?)?;
    Some((
        Geometry {
            left,
            top,
            width,
            height,
        },
        rest,
    ))
}

fn number(text: &[u8]) -> Option<(u32, &[u8])> {
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(width: u32, height: u32, left: u32, top: u32) -> Geometry {
        Geometry {
            left,
            top,
            width,
            height,
        }
    }

    #[test]
    fn cells_of_layouts_are_found() {
        let found = cells(b"d2f0,120x40,0,0{108x40,0,0,0,11x40,109,0[11x20,109,0,1,11x19,109,21,2]}");
        assert_eq!(found.root, Some(Size { width: 120, height: 40 }));
        let leaves = [
            geometry(108, 40, 0, 0),
            geometry(11, 20, 109, 0),
            geometry(11, 19, 109, 21),
        ];
        assert_eq!(found.leaves, leaves);
        // The specification's own example gives the split a number, which tmux never does.
        let found = cells(b"b2f4,120x40,0,0,0{108x40,0,0,0,11x40,109,0,1}");
        assert_eq!(found.leaves, [geometry(108, 40, 0, 0), geometry(11, 40, 109, 0)]);
        assert_eq!(cells(b"b25d,80x24,0,0,0").leaves, [geometry(80, 24, 0, 0)]);
        assert_eq!(cells(b"").root, None);
        assert!(cells(b"x,99999999999x1,0,0,0").leaves.is_empty());
    }

    #[test]
    fn what_is_no_pane_makes_it_incomplete() {
        let panes = vec![
            (0, Size { width: 108, height: 40 }),
            (1, Size { width: 11, height: 40 }),
        ];
        assert_eq!(
            info(b"0:108x40\n1:11x40"),
            Info {
                panes: panes.clone(),
                complete: true
            }
        );
        assert_eq!(info(b"0:108x40 claude 1:11x40 1:3x3"), Info { panes, complete: false });
        assert_eq!(
            info(b""),
            Info {
                panes: vec![],
                complete: true
            }
        );
    }
}
