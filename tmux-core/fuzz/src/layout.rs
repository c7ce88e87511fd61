//! Layout strings, classic and JSON.

use tmux_core::Layout;
use tmux_core::layout::{Cell, Content, MAX_CELLS};

use crate::memory::bounded;

pub fn check(data: &[u8]) {
    bounded(data.len(), 128, || {
        round_trip(data);
        // By chance no input has the right checksum.
        round_trip(&with_checksum(data));
    });
}

fn round_trip(text: &[u8]) {
    let Ok(layout) = Layout::parse(text) else { return };
    let panes = layout.panes().len();
    assert_eq!(layout.check(panes), Ok(()), "accepted, yet not fit for tmux");
    let json = layout.print_json();
    let again = Layout::parse(json.as_bytes()).expect("what was printed is a layout");
    // JSON needs indices; panes without get theirs from their places.
    assert_eq!(
        without_indices(again.clone()),
        without_indices(layout.clone()),
        "{json}"
    );
    assert_eq!(again.print_json(), json);
    let classic = layout.print();
    let again = Layout::parse(classic.as_bytes()).expect("what was printed is a layout");
    assert_eq!(again.print(), classic);
    assert_eq!(places(&again), places(&layout));
    // Whatever the size that is asked for, what comes out is fit for tmux.
    for (width, height) in [(1, 1), (80, 24), (MAX_CELLS, MAX_CELLS)] {
        let resized = layout.resized(width, height);
        assert_eq!(resized.check(panes), Ok(()), "resized to {width}x{height}: {resized:?}");
        assert_eq!(
            Layout::parse(resized.print().as_bytes()).map(|read| read.print()),
            Ok(resized.print())
        );
    }
}

fn without_indices(mut layout: Layout) -> Layout {
    fn clear(cell: &mut Cell) {
        match &mut cell.content {
            Content::Pane(pane) => pane.index = None,
            Content::LeftRight(cells) | Content::TopBottom(cells) => cells.iter_mut().for_each(clear),
        }
    }
    clear(&mut layout.root);
    layout.floating.iter_mut().for_each(|float| float.pane.index = None);
    layout
}

fn places(layout: &Layout) -> Vec<(u32, u32, u32, u32)> {
    let panes = layout.panes();
    panes
        .iter()
        .map(|pane| (pane.width, pane.height, pane.left, pane.top))
        .collect()
}

/// tmux's checksum, written down a second time.
fn with_checksum(body: &[u8]) -> Vec<u8> {
    let sum = body.iter().fold(0_u16, |sum, byte| {
        ((sum >> 1) | (sum << 15)).wrapping_add(u16::from(*byte))
    });
    let mut text = format!("{sum:04x},").into_bytes();
    text.extend(body);
    text
}
