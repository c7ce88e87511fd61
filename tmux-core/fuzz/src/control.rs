//! The stream of control mode.

use tmux_core::control::{Inside, Item, Overflow, Parser};

use crate::memory::bounded;

/// Small enough for the input to pass them.
const MAX_LINE: usize = 1024;
const MAX_BLOCK: usize = 4096;

pub fn check(data: &[u8]) {
    // The first two bytes say where the rest is cut into pieces, and what may stand inside a block.
    let [size, inside, bytes @ ..] = data else { return };
    let inside = Inside {
        message: inside & 1 != 0,
        pause: inside & 2 != 0,
    };
    bounded(bytes.len(), 512, || {
        let whole = items(inside, [bytes]);
        let pieces = items(inside, bytes.chunks(usize::from(*size).max(1)));
        assert_eq!(whole, pieces, "it depends on how the bytes are split");
        for item in &whole.0 {
            if let Item::Block(block) = item {
                assert!(block.body.len() <= MAX_BLOCK, "a block of {} bytes", block.body.len());
            }
        }
    });
}

/// All items, and the error that ended them.
fn items<'a>(inside: Inside, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Item>, Option<Overflow>) {
    let mut parser = Parser::with_limits(MAX_LINE, MAX_BLOCK);
    parser.expect_inside(inside);
    let mut items = Vec::new();
    for piece in pieces {
        let pushed = parser.push(piece);
        items.extend(std::iter::from_fn(|| parser.next_item()));
        if let Err(overflow) = pushed {
            return (items, Some(overflow));
        }
    }
    (items, None)
}
