//! Where the panes of a window lie when none is zoomed.

use std::collections::BTreeMap;

use bstr::BString;
use session_state::Geometry;
use tmux_core::layout::{Cell, Content};
use tmux_core::{Layout, PaneId, Window};

/// A window's layout and what it says of each pane.
pub(super) struct Places {
    /// The layout of the panes that don't float in classic notation, which every version of tmux reads.
    pub(super) classic: BString,
    /// The layout in JSON, if tmux printed that, or if there are floating panes, which the classic notation can't hold.
    pub(super) json: Option<BString>,
    /// A zoomed pane's own geometry is the window's: where it belongs is only in the layout.
    pub(super) unzoomed: BTreeMap<PaneId, Geometry>,
}

impl Places {
    pub(super) fn of(window: &Window) -> Self {
        let printed = window.layout.clone();
        let is_json = printed.starts_with(b"{");
        let layout = Layout::parse(&printed).ok().filter(|layout| {
            let tiled = window.panes.len().checked_sub(layout.floating.len());
            tiled.is_some_and(|tiled| layout.check(tiled).is_ok())
        });
        let Some(mut layout) = layout else {
            // What isn't understood is kept as it is.
            return Self {
                classic: if is_json { BString::default() } else { printed.clone() },
                json: is_json.then_some(printed),
                unzoomed: BTreeMap::new(),
            };
        };
        let unzoomed = unzoomed(window, &layout);
        let has_floating = !layout.floating.is_empty();
        let json = if is_json {
            Some(printed.clone())
        } else {
            has_floating.then(|| {
                name_floating(window, &mut layout);
                layout.print_json().into()
            })
        };
        Self {
            // tmux 3.7 can't read its own notation of floating panes.
            classic: if is_json || has_floating {
                layout.print().into()
            } else {
                printed
            },
            json,
            unzoomed,
        }
    }
}

/// The places of the layout are those of the tiled panes in index order, unless they say whose they are.
///
/// Which panes float is asked of the layout: of a pane of a zoomed window tmux 3.8 says that it doesn't.
fn unzoomed(window: &Window, layout: &Layout) -> BTreeMap<PaneId, Geometry> {
    let floats = |id| layout.floating.iter().any(|float| float.pane.id == Some(id));
    let mut tiled = window.panes.iter().filter(|pane| !floats(pane.id));
    let mut places = BTreeMap::new();
    for cell in layout.panes() {
        let next = tiled.next().map(|pane| pane.id);
        let place = Geometry {
            left: cell.left,
            top: cell.top,
            width: cell.width,
            height: cell.height,
        };
        places.extend(own(window, id_of(cell)).or(next).map(|id| (id, place)));
    }
    for float in &layout.floating {
        let place = Geometry {
            left: float.left,
            top: float.top,
            width: float.width,
            height: float.height,
        };
        places.extend(own(window, float.pane.id).map(|id| (id, place)));
    }
    places
}

fn id_of(cell: &Cell) -> Option<PaneId> {
    match &cell.content {
        Content::Pane(leaf) => leaf.id,
        Content::LeftRight(_) | Content::TopBottom(_) => None,
    }
}

/// The id, if it is that of a pane of the window.
fn own(window: &Window, id: Option<PaneId>) -> Option<PaneId> {
    id.filter(|id| window.panes.iter().any(|pane| pane.id == *id))
}

/// JSON names a pane by its place in the order of the indices, the notation of 3.7 by its id, which ends with its server.
fn name_floating(window: &Window, layout: &mut Layout) {
    for float in &mut layout.floating {
        let place = window.panes.iter().position(|pane| Some(pane.id) == float.pane.id);
        float.pane.index = place.and_then(|place| u32::try_from(place).ok());
    }
}
