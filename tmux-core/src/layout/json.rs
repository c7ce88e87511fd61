//! Reading and writing the JSON layouts of tmux 3.8, which ordinary clients are given:
//!
//! ```text
//! {"V":2,"L":{"t":"h","w":120,"h":40,"x":0,"y":0,"c":[
//!   {"t":"p","w":107,"h":40,"x":0,"y":0,"l":0,"i":0,"I":"%0"}, …]}}
//! ```
//!
//! A cell with `z` is a floating pane, and a child of the root. It has no place in the tree.

use serde::{Deserialize, Serialize};

use super::{Cell, Content, FloatingPane, Layout, LayoutFault, Leaf, MAX_DEPTH, ParseLayoutError};
use crate::PaneId;

#[derive(Deserialize, Serialize)]
struct Document {
    #[serde(rename = "V")]
    version: u32,
    #[serde(rename = "L")]
    root: Node,
}

#[derive(Deserialize, Serialize)]
struct Node {
    t: Kind,
    w: u32,
    h: u32,
    x: u32,
    y: u32,
    /// Children of a split.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    c: Vec<Node>,
    /// Whether it is the active pane.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    a: bool,
    /// Place in the order of last use.
    #[serde(skip_serializing_if = "Option::is_none")]
    l: Option<u32>,
    /// Pane index.
    #[serde(skip_serializing_if = "Option::is_none")]
    i: Option<u32>,
    /// Height above the tiled panes, 0 the highest: marks a floating pane.
    #[serde(skip_serializing_if = "Option::is_none")]
    z: Option<u32>,
    /// Pane id.
    #[serde(rename = "I", skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

#[derive(Deserialize, Serialize)]
enum Kind {
    #[serde(rename = "h")]
    LeftRight,
    #[serde(rename = "v")]
    TopBottom,
    #[serde(rename = "p")]
    Pane,
}

const VERSION: u32 = 2;

pub(super) fn layout(text: &[u8]) -> Result<Layout, ParseLayoutError> {
    // serde_json bounds the nesting by itself, at 128.
    let document: Document =
        serde_json::from_slice(text).map_err(|error| ParseLayoutError::Syntax { at: error.column() })?;
    if document.version != VERSION {
        return Err(ParseLayoutError::Version {
            version: document.version,
        });
    }
    let mut reader = Reader::default();
    let root = reader.cell(document.root, 0)?.ok_or(ParseLayoutError::NoTiledPane)?;
    reader.indices.sort_unstable();
    if reader.indices.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(ParseLayoutError::Order);
    }
    // The lowest first.
    reader.floating.sort_by_key(|(z, _)| std::cmp::Reverse(*z));
    let layout = Layout {
        root,
        floating: reader.floating.into_iter().map(|(_, float)| float).collect(),
    };
    layout.check_shape()?;
    Ok(layout)
}

#[derive(Default)]
struct Reader {
    indices: Vec<u32>,
    floating: Vec<(u32, FloatingPane)>,
}

impl Reader {
    /// `None` for a floating pane, and for a split that holds nothing else.
    fn cell(&mut self, node: Node, depth: usize) -> Result<Option<Cell>, ParseLayoutError> {
        if depth > MAX_DEPTH {
            return Err(LayoutFault::TooDeep.into());
        }
        let content = match node.t {
            Kind::Pane => {
                let pane = Leaf {
                    id: node.id.and_then(|id| PaneId::parse(id.as_bytes()).ok()),
                    index: node.i,
                    active: node.a,
                    last: node.l,
                };
                if let Some(z) = node.z {
                    let float = FloatingPane {
                        width: node.w,
                        height: node.h,
                        left: node.x,
                        top: node.y,
                        pane,
                    };
                    self.floating.push((z, float));
                    return Ok(None);
                }
                // tmux wants it, and without it the order isn't known.
                self.indices.push(node.i.ok_or(ParseLayoutError::Order)?);
                Content::Pane(pane)
            }
            Kind::LeftRight | Kind::TopBottom => {
                let lonely = node.c.len() < 2;
                let mut cells = Vec::new();
                for child in node.c {
                    cells.extend(self.cell(child, depth + 1)?);
                }
                // Beside floating panes a split may hold a single other one, which then fills the window.
                if cells.len() < 2 && !lonely {
                    return Ok(cells.pop());
                }
                match node.t {
                    Kind::LeftRight => Content::LeftRight(cells),
                    _ => Content::TopBottom(cells),
                }
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
}

pub(super) fn print(layout: &Layout) -> String {
    let floats = layout.floating.iter().rev().zip(0..);
    let mut highest_first: Vec<Node> = floats.map(|(float, z)| floating(float, z)).collect();
    highest_first.reverse();
    // Where one place of the tree lacks its index all of them get new ones, in order; places that float keep theirs.
    let tiled = layout.panes().len();
    let named = |leaves: &mut dyn Iterator<Item = &Leaf>| leaves.filter_map(|leaf| leaf.index).collect::<Vec<u32>>();
    let known = named(&mut leaves(layout).take(tiled));
    let keep = known.len() == tiled;
    let taken = named(&mut leaves(layout).skip(if keep { 0 } else { tiled }));
    let mut free = (0..).filter(|index| !taken.contains(index));
    let mut root = node(&layout.root, keep, &mut free);
    for float in &mut highest_first {
        float.i = float.i.or_else(|| free.next());
    }
    if !highest_first.is_empty() && matches!(root.t, Kind::Pane) {
        root = Node {
            t: Kind::TopBottom,
            c: vec![root],
            ..empty(&layout.root)
        };
    }
    root.c.extend(highest_first);
    let document = Document { version: VERSION, root };
    // Numbers, words and lists can't fail to be written.
    serde_json::to_string(&document).unwrap_or_default()
}

fn leaves(layout: &Layout) -> impl Iterator<Item = &Leaf> {
    let tiled = layout.panes().into_iter().filter_map(|cell| match &cell.content {
        Content::Pane(leaf) => Some(leaf),
        Content::LeftRight(_) | Content::TopBottom(_) => None,
    });
    tiled.chain(layout.floating.iter().map(|float| &float.pane))
}

fn empty(cell: &Cell) -> Node {
    Node {
        t: Kind::Pane,
        w: cell.width,
        h: cell.height,
        x: cell.left,
        y: cell.top,
        c: Vec::new(),
        a: false,
        l: None,
        i: None,
        z: None,
        id: None,
    }
}

fn node(cell: &Cell, keep: bool, free: &mut impl Iterator<Item = u32>) -> Node {
    let split = |t: Kind, cells: &[Cell], free: &mut _| Node {
        t,
        c: cells.iter().map(|cell| node(cell, keep, free)).collect(),
        ..empty(cell)
    };
    match &cell.content {
        Content::LeftRight(cells) => split(Kind::LeftRight, cells, free),
        Content::TopBottom(cells) => split(Kind::TopBottom, cells, free),
        Content::Pane(leaf) => Node {
            i: leaf.index.filter(|_| keep).or_else(|| free.next()),
            ..marked(leaf, empty(cell))
        },
    }
}

fn floating(float: &FloatingPane, z: u32) -> Node {
    let cell = Cell {
        width: float.width,
        height: float.height,
        left: float.left,
        top: float.top,
        content: Content::Pane(Leaf::default()),
    };
    Node {
        z: Some(z),
        ..marked(&float.pane, empty(&cell))
    }
}

fn marked(leaf: &Leaf, node: Node) -> Node {
    Node {
        a: leaf.active,
        l: leaf.last,
        i: leaf.index,
        id: leaf.id.map(|id| id.to_string()),
        ..node
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by tmux 3.8 for a 120x40 window split with `-h -l 12`.
    const PRINTED: &str = r#"{"V":2,"L":{"t":"h","w":120,"h":40,"x":0,"y":0,"c":[{"t":"p","w":107,"h":40,"x":0,"y":0,"l":0,"i":0,"I":"%0"},{"t":"p","w":12,"h":40,"x":108,"y":0,"a":true,"i":1,"I":"%1"}]}}"#;

    /// Printed by tmux 3.8 after `new-pane -x 50 -y 10 -X 4 -Y 2` and `new-pane -x 30 -y 8 -X 10 -Y 5`.
    const FLOATING: &str = r#"{"V":2,"L":{"t":"h","w":120,"h":40,"x":0,"y":0,"c":[{"t":"p","w":107,"h":40,"x":0,"y":0,"l":2,"i":0,"I":"%0"},{"t":"p","w":12,"h":40,"x":108,"y":0,"l":1,"i":1,"I":"%1"},{"t":"p","w":48,"h":8,"x":5,"y":3,"l":0,"i":2,"z":1,"I":"%2"},{"t":"p","w":28,"h":6,"x":11,"y":6,"a":true,"i":3,"z":0,"I":"%3"}]}}"#;

    /// Printed by tmux 3.8 for one pane and a floating one.
    const ALONE: &str = r#"{"V":2,"L":{"t":"v","w":80,"h":24,"x":0,"y":0,"c":[{"t":"p","w":80,"h":24,"x":0,"y":0,"l":0,"i":0,"I":"%4"},{"t":"p","w":38,"h":8,"x":5,"y":3,"a":true,"i":1,"z":0,"I":"%5"}]}}"#;

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
    fn what_tmux_prints_is_printed_again_byte_for_byte() {
        for text in [PRINTED, FLOATING, ALONE] {
            let layout = Layout::parse(text.as_bytes()).expect("a layout");
            assert_eq!(layout.print_json(), text);
        }
    }

    #[test]
    fn floating_panes_have_no_place_in_the_tree() {
        let layout = Layout::parse(FLOATING.as_bytes()).expect("a layout");
        assert_eq!(layout.check(2), Ok(()));
        let floating: Vec<_> = layout.floating.iter().map(|float| float.pane.index).collect();
        assert_eq!(floating, [Some(2), Some(3)]);
        let alone = Layout::parse(ALONE.as_bytes()).expect("a layout");
        assert_eq!(alone.check(1), Ok(()));
        assert_eq!((alone.root.width, alone.floating.len()), (80, 1));
        // A window may have nothing else.
        let only = r#"{"V":2,"L":{"t":"p","w":38,"h":8,"x":5,"y":3,"a":true,"i":1,"z":0,"I":"%5"}}"#;
        assert_eq!(Layout::parse(only.as_bytes()), Err(ParseLayoutError::NoTiledPane));
    }

    #[test]
    fn places_without_an_index_get_the_free_ones() {
        let mut layout = Layout::shares(super::super::Orientation::LeftRight, &[1, 1], 1, 120, 40).expect("a layout");
        layout.floating.push(FloatingPane {
            width: 10,
            height: 5,
            left: 1,
            top: 1,
            pane: Leaf {
                index: Some(0),
                ..Leaf::default()
            },
        });
        let again = Layout::parse(layout.print_json().as_bytes()).expect("a layout");
        let indices: Vec<_> = leaves(&again).map(|leaf| leaf.index).collect();
        assert_eq!(indices, [Some(1), Some(2), Some(0)]);
    }

    #[test]
    fn everything_else_is_refused() {
        for (from, to) in [
            (r#""V":2"#, r#""V":3"#),
            (r#""w":120"#, r#""w":121"#),
            (r#""w":120"#, r#""w":-1"#),
            (r#""w":120"#, r#""w":99999999999"#),
            (r#""i":1"#, r#""i":0.5"#),
            (r#""i":0"#, r#""i":1"#),
            (r#","i":0"#, ""),
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
