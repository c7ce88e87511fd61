//! Reading the JSON layouts that tmux 3.8 prints for ordinary clients:
//!
//! ```text
//! {"V":2,"L":{"t":"h","w":120,"h":40,"x":0,"y":0,"c":[
//!   {"t":"p","w":107,"h":40,"x":0,"y":0,"l":0,"i":0,"I":"%0"}, …]}}
//! ```
//!
//! A cell with `z` is a floating pane, which has no place in the tree.

use serde::Deserialize;

use super::{Cell, Content, Layout, LayoutFault, MAX_DEPTH, ParseLayoutError};
use crate::PaneId;

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "V")]
    version: u32,
    #[serde(rename = "L")]
    root: Node,
}

#[derive(Deserialize)]
struct Node {
    t: Kind,
    w: u32,
    h: u32,
    x: u32,
    y: u32,
    /// Children of a split.
    #[serde(default)]
    c: Vec<Node>,
    /// Pane index.
    i: Option<u32>,
    /// Pane id.
    #[serde(rename = "I")]
    id: Option<String>,
    /// Height above the tiled panes: marks a floating pane.
    z: Option<i64>,
}

#[derive(Deserialize)]
enum Kind {
    #[serde(rename = "h")]
    LeftRight,
    #[serde(rename = "v")]
    TopBottom,
    #[serde(rename = "p")]
    Pane,
}

pub(super) fn layout(text: &[u8]) -> Result<Layout, ParseLayoutError> {
    // serde_json bounds the nesting by itself, at 128.
    let document: Document =
        serde_json::from_slice(text).map_err(|error| ParseLayoutError::Syntax { at: error.column() })?;
    if document.version != 2 {
        return Err(ParseLayoutError::Version {
            version: document.version,
        });
    }
    let mut indices = Vec::new();
    let root = cell(document.root, 0, &mut indices)?.ok_or(LayoutFault::LonelyCell)?;
    // Panes fill the leaves of a tree in index order; a layout in another order is none that a tree can hold.
    if !indices.is_sorted() {
        return Err(ParseLayoutError::Order);
    }
    let layout = Layout { root };
    layout.check_shape()?;
    Ok(layout)
}

/// `None` for a floating pane.
fn cell(node: Node, depth: usize, indices: &mut Vec<u32>) -> Result<Option<Cell>, ParseLayoutError> {
    if depth > MAX_DEPTH {
        return Err(LayoutFault::TooDeep.into());
    }
    if node.z.is_some() {
        return Ok(None);
    }
    let children = |nodes: Vec<Node>, indices: &mut Vec<u32>| -> Result<Vec<Cell>, ParseLayoutError> {
        let cells = nodes.into_iter().map(|node| cell(node, depth + 1, indices).transpose());
        cells.flatten().collect()
    };
    let content = match node.t {
        Kind::LeftRight => Content::LeftRight(children(node.c, indices)?),
        Kind::TopBottom => Content::TopBottom(children(node.c, indices)?),
        Kind::Pane => {
            indices.extend(node.i);
            Content::Pane(node.id.and_then(|id| PaneId::parse(id.as_bytes()).ok()))
        }
    };
    Ok(Some(Cell {
        width: node.w,
        height: node.h,
        left: node.x,
        top: node.y,
        content,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by tmux 3.8 for a 120x40 window split with `-h -l 12`.
    const PRINTED: &str = r#"{"V":2,"L":{"t":"h","w":120,"h":40,"x":0,"y":0,"c":[{"t":"p","w":107,"h":40,"x":0,"y":0,"l":0,"i":0,"I":"%0"},{"t":"p","w":12,"h":40,"x":108,"y":0,"a":true,"i":1,"I":"%1"}]}}"#;

    #[test]
    fn both_notations_are_one_tree() {
        let layout = Layout::parse(PRINTED.as_bytes()).expect("a layout");
        assert_eq!(layout.check(2), Ok(()));
        assert!(
            layout.print().ends_with(",120x40,0,0{107x40,0,0,12x40,108,0}"),
            "{}",
            layout.print()
        );
        assert_eq!(
            Layout::parse(layout.print().as_bytes()).map(|layout| layout.print()),
            Ok(layout.print())
        );
    }

    #[test]
    fn floating_panes_have_no_place_in_the_tree() {
        let floating = PRINTED.replace(
            r#"{"t":"p","w":107"#,
            r#"{"t":"p","w":50,"h":10,"x":4,"y":2,"z":1,"i":2,"I":"%2"},{"t":"p","w":107"#,
        );
        assert_eq!(
            Layout::parse(floating.as_bytes()).map(|layout| layout.panes().len()),
            Ok(2)
        );
    }

    #[test]
    fn everything_else_is_refused() {
        for (from, to) in [
            (r#""V":2"#, r#""V":3"#),
            (r#""w":120"#, r#""w":121"#),
            (r#""w":120"#, r#""w":-1"#),
            (r#""w":120"#, r#""w":99999999999"#),
            (r#""i":1"#, r#""i":0.5"#),
            (r#""i":0"#, r#""i":7"#),
            (r#""t":"h""#, r#""t":"q""#),
            ("}]}}", "}]}"),
        ] {
            assert!(Layout::parse(PRINTED.replacen(from, to, 1).as_bytes()).is_err(), "{to}");
        }
        let deep = format!(
            "{}1{}",
            r#"{"V":2,"L":{"t":"h","w":9,"h":9,"x":0,"y":0,"c":["#.repeat(2000),
            "]}}".repeat(2000)
        );
        assert!(Layout::parse(deep.as_bytes()).is_err());
    }
}
