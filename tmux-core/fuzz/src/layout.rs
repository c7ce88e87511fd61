//! Layout strings, classic and JSON.

use tmux_core::Layout;

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
    assert_eq!(
        layout.check(layout.panes().len()),
        Ok(()),
        "accepted, yet not fit for tmux"
    );
    let printed = layout.print();
    let again = Layout::parse(printed.as_bytes()).expect("what was printed is a layout");
    assert_eq!(again.print(), printed);
    let places = |layout: &Layout| -> Vec<_> {
        let panes = layout.panes();
        panes
            .iter()
            .map(|pane| (pane.width, pane.height, pane.left, pane.top))
            .collect()
    };
    assert_eq!(places(&again), places(&layout));
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
