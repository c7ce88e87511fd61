//! Floating panes in the notation of 3.7, which names them twice: as leaves of the tree, and again after it.
//!
//! ```text
//! 120x40,0,0[120x40,0,0{107x40,0,0,0,12x40,108,0,2},50x10,4,2,1]<50x10,4,2,1>
//! ```

use super::{Cell, Content, FloatingPane, Layout, ParseLayoutError};

/// Takes the floating panes out of the tree.
pub(super) fn lift(root: Cell, floating: Vec<Cell>) -> Result<Layout, ParseLayoutError> {
    let mut lifted = Vec::new();
    for cell in floating {
        match cell.content {
            Content::Pane(pane) => lifted.push(FloatingPane {
                width: cell.width,
                height: cell.height,
                left: cell.left,
                top: cell.top,
                pane,
            }),
            Content::LeftRight(_) | Content::TopBottom(_) => return Err(ParseLayoutError::NoTiledPane),
        }
    }
    if lifted.is_empty() {
        return Ok(Layout::of(root));
    }
    let floats = |cell: &Cell| match &cell.content {
        Content::Pane(pane) => pane.id.is_some() && lifted.iter().any(|float| float.pane.id == pane.id),
        Content::LeftRight(_) | Content::TopBottom(_) => false,
    };
    let root = without(root, &floats).ok_or(ParseLayoutError::NoTiledPane)?;
    Ok(Layout { root, floating: lifted })
}

/// The cell without those leaves; a split that keeps one cell becomes that cell.
pub(super) fn without(cell: Cell, leaf: &impl Fn(&Cell) -> bool) -> Option<Cell> {
    let (left_right, cells) = match cell.content {
        Content::Pane(_) => return (!leaf(&cell)).then_some(cell),
        Content::LeftRight(cells) if cells.len() > 1 => (true, cells),
        Content::TopBottom(cells) if cells.len() > 1 => (false, cells),
        // One that was lonely before isn't ours to mend: the check refuses it.
        Content::LeftRight(_) | Content::TopBottom(_) => return Some(cell),
    };
    let cells: Vec<Cell> = cells.into_iter().filter_map(|cell| without(cell, leaf)).collect();
    if cells.len() < 2 {
        return cells.into_iter().next();
    }
    Some(Cell {
        content: if left_right {
            Content::LeftRight(cells)
        } else {
            Content::TopBottom(cells)
        },
        ..cell
    })
}
