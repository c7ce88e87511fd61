//! Writing a layout in tmux's classic notation.

use std::fmt::Write;

use super::{Cell, Content, Layout};

/// With the ids of the panes where they are known, if they are wanted.
pub(super) fn layout(layout: &Layout, ids: bool) -> String {
    let mut body = String::new();
    cell(&layout.root, ids, &mut body);
    format!("{:04x},{body}", checksum(body.as_bytes()))
}

/// tmux's own checksum (`layout_checksum` in layout-custom.c): rotate right by one, add the byte, keep 16 bits.
pub(super) fn checksum(body: &[u8]) -> u16 {
    body.iter()
        .fold(0_u16, |sum, byte| sum.rotate_right(1).wrapping_add(u16::from(*byte)))
}

fn cell(cell: &Cell, ids: bool, out: &mut String) {
    // Writing to a string can't fail.
    let _infallible = write!(out, "{}x{},{},{}", cell.width, cell.height, cell.left, cell.top);
    match &cell.content {
        Content::Pane(leaf) => {
            if let Some(id) = leaf.id.filter(|_| ids) {
                let _infallible = write!(out, ",{}", id.0);
            }
        }
        Content::LeftRight(cells) => split(cells, '{', '}', ids, out),
        Content::TopBottom(cells) => split(cells, '[', ']', ids, out),
    }
}

fn split(cells: &[Cell], open: char, close: char, ids: bool, out: &mut String) {
    out.push(open);
    for (n, child) in cells.iter().enumerate() {
        if n > 0 {
            out.push(',');
        }
        cell(child, ids, out);
    }
    out.push(close);
}
