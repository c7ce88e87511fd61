//! Panes that lie above the others (tmux 3.7 and newer).
//!
//! tmux 3.8 reads where they lie in JSON, and makes panes that were split off float by it. Older ones can't be told: there
//! they are tiled like the others.

use session_state::Window;
use tmux_core::layout::{Content, LayoutFault, Leaf};
use tmux_core::{Capability, Layout, Version};

/// The layout of a window some of whose panes float, with the panes by their places in the record.
pub(super) fn recorded(window: &Window) -> Option<Layout> {
    let mut layout = Layout::parse(window.layout_json.as_ref()?).ok()?;
    let floating = layout.floating.len();
    let tiled = window.panes.len().checked_sub(floating)?;
    // In JSON the panes can be in any order.
    let usable = matches!(layout.check(tiled), Ok(()) | Err(LayoutFault::Order));
    if floating == 0 || !usable {
        return None;
    }
    // They begin with the user's `pane-base-index`.
    let mut indices: Vec<u32> = leaves(&mut layout).into_iter().filter_map(|leaf| leaf.index).collect();
    indices.sort_unstable();
    indices.dedup();
    if indices.len() != window.panes.len() {
        return None;
    }
    let active = window.panes.iter().position(|pane| pane.active).unwrap_or(0);
    for leaf in leaves(&mut layout) {
        let place = leaf.index.and_then(|index| indices.binary_search(&index).ok());
        leaf.index = place.and_then(|place| u32::try_from(place).ok());
        leaf.active = place == Some(active);
    }
    Some(layout)
}

/// Whether this tmux can be given such a layout.
pub(super) fn can(tmux: Option<&Version>) -> bool {
    tmux.is_some_and(|tmux| tmux.has(Capability::JsonLayouts))
}

/// Whether the pane at this place of the record floats.
pub(super) fn floats(layout: &Layout, place: usize) -> bool {
    let place = u32::try_from(place).ok();
    layout.floating.iter().any(|float| float.pane.index == place)
}

fn leaves(layout: &mut Layout) -> Vec<&mut Leaf> {
    let mut leaves = Vec::new();
    collect(&mut layout.root.content, &mut leaves);
    leaves.extend(layout.floating.iter_mut().map(|float| &mut float.pane));
    leaves
}

fn collect<'a>(content: &'a mut Content, leaves: &mut Vec<&'a mut Leaf>) {
    match content {
        Content::Pane(leaf) => leaves.push(leaf),
        Content::LeftRight(cells) | Content::TopBottom(cells) => {
            for cell in cells {
                collect(&mut cell.content, leaves);
            }
        }
    }
}
