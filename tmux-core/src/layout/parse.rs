//! Reading tmux's classic notation:
//!
//! ```text
//! layout   = checksum "," cell [ "<" cell { "," cell } ">" ]       floating panes: 3.7 only
//! cell     = W "x" H "," X "," Y [ "," paneid ]                    a pane
//!          | W "x" H "," X "," Y "{" cell { "," cell } "}"         left to right
//!          | W "x" H "," X "," Y "[" cell { "," cell } "]"         top to bottom
//! ```

use super::{Cell, Content, Layout, LayoutFault, Leaf, MAX_DEPTH, floating, print};
use crate::PaneId;

/// Why a text is no layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseLayoutError {
    /// The text breaks the notation at this byte.
    #[error("not a layout: unexpected text at byte {at}")]
    Syntax {
        /// Offset into the text.
        at: usize,
    },
    /// The first four digits don't fit the rest.
    #[error("not a layout: the checksum is wrong")]
    Checksum,
    /// A version of the JSON notation that isn't known.
    #[error("not a layout: version {version} of tmux's JSON notation isn't known")]
    Version {
        /// The version.
        version: u32,
    },
    /// Only floating panes, or more of them than the window holds.
    #[error("not a layout: no pane that doesn't float")]
    NoTiledPane,
    /// A pane of the JSON notation has no index, or that of another one.
    #[error("not a layout: its panes aren't told apart by their indices")]
    Order,
    /// It is a layout that tmux must not see.
    #[error(transparent)]
    Fault(#[from] LayoutFault),
}

pub(super) fn layout(text: &[u8]) -> Result<Layout, ParseLayoutError> {
    let mut reader = Reader { text, at: 0 };
    let sum = reader.checksum()?;
    if sum != print::checksum(text.get(reader.at..).unwrap_or_default()) {
        return Err(ParseLayoutError::Checksum);
    }
    let root = reader.cell(0)?;
    let floating = if reader.take(b'<') {
        reader.cells(b'>', 0)?
    } else {
        Vec::new()
    };
    if reader.at != text.len() {
        return Err(reader.syntax());
    }
    let layout = floating::lift(root, floating)?;
    layout.check_shape()?;
    Ok(layout)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn syntax(&self) -> ParseLayoutError {
        ParseLayoutError::Syntax { at: self.at }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Result<(), ParseLayoutError> {
        if self.take(byte) { Ok(()) } else { Err(self.syntax()) }
    }

    fn checksum(&mut self) -> Result<u16, ParseLayoutError> {
        let digits = self.text.get(..4).and_then(|digits| std::str::from_utf8(digits).ok());
        let sum = digits
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u16::from_str_radix(digits, 16).ok())
            .ok_or(self.syntax())?;
        self.at = 4;
        self.expect(b',')?;
        Ok(sum)
    }

    fn number(&mut self) -> Result<u32, ParseLayoutError> {
        let start = self.at;
        let mut value: u32 = 0;
        while let Some(digit) = self.peek().filter(u8::is_ascii_digit) {
            value = value
                .checked_mul(10)
                .and_then(|value| value.checked_add(u32::from(digit - b'0')))
                .ok_or(ParseLayoutError::Syntax { at: start })?;
            self.at += 1;
        }
        if self.at == start {
            Err(self.syntax())
        } else {
            Ok(value)
        }
    }

    fn cell(&mut self, depth: usize) -> Result<Cell, ParseLayoutError> {
        if depth > MAX_DEPTH {
            return Err(LayoutFault::TooDeep.into());
        }
        let width = self.number()?;
        self.expect(b'x')?;
        let height = self.number()?;
        self.expect(b',')?;
        let left = self.number()?;
        self.expect(b',')?;
        let top = self.number()?;
        let content = if self.take(b'{') {
            Content::LeftRight(self.cells(b'}', depth)?)
        } else if self.take(b'[') {
            Content::TopBottom(self.cells(b']', depth)?)
        } else {
            Content::Pane(Leaf {
                id: self.pane_id(),
                ..Leaf::default()
            })
        };
        Ok(Cell {
            width,
            height,
            left,
            top,
            content,
        })
    }

    fn cells(&mut self, close: u8, depth: usize) -> Result<Vec<Cell>, ParseLayoutError> {
        let mut cells = vec![self.cell(depth + 1)?];
        while !self.take(close) {
            self.expect(b',')?;
            cells.push(self.cell(depth + 1)?);
        }
        Ok(cells)
    }

    /// A pane's id is optional: `,` and a number that isn't the width of the next cell.
    fn pane_id(&mut self) -> Option<PaneId> {
        let before = self.at;
        if self.take(b',')
            && let Ok(id) = self.number()
            && self.peek() != Some(b'x')
        {
            return Some(PaneId(id));
        }
        self.at = before;
        None
    }
}
