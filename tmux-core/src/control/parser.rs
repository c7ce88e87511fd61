//! The protocol's lines, pushed in as bytes split anywhere.
//!
//! ```text
//! outside:  "%begin T N F"             a block opens
//!           "%name …"                  a notification, Other if its name isn't known
//!           anything else              stray text (output of run-shell, values with line feeds)
//! inside:   "%end T N F" of the begin  the block, done
//!           "%error T N F" of it       the block, refused
//!           a notification that the open command causes
//!           anything else              output, also what looks like another guard
//! ```

use bstr::{BString, ByteSlice};

use super::Notification;

/// Bytes in, items out.
#[derive(Debug)]
pub struct Parser {
    /// A line without its end.
    line: Vec<u8>,
    open: Option<Open>,
    items: std::collections::VecDeque<Item>,
    inside: Inside,
    max_line: usize,
    max_block: usize,
}

/// Which notifications may stand inside a block: tmux puts them there, against its manual, in answer to commands that
/// cause them. Everywhere else such a line is output of a command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Inside {
    /// `%message`, of `display-message` without `-p` (3.4 and newer).
    pub message: bool,
    /// `%pause` and `%continue`, of `refresh-client -A` (3.2a to 3.7c).
    pub pause: bool,
}

/// The three numbers that a block's guards share. They identify it and say nothing of order: the number counts on the
/// whole server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guard {
    /// Seconds since 1970.
    pub time: u64,
    /// The number of the command on this server.
    pub number: u64,
    /// Bit 0: the command came from this client's input; without it, it came from elsewhere, a hook for example.
    pub flags: u32,
}

/// What a command printed, or why it failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Its guards' numbers.
    pub guard: Guard,
    /// Whether it ended with `%error`; the body is the reason then.
    pub error: bool,
    /// The lines between the guards, each with its line feed.
    pub body: BString,
}

/// A piece of the protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A command's answer.
    Block(Block),
    /// News.
    Notification(Notification),
    /// A line that is neither.
    Stray(BString),
}

/// A line or a block is longer than it may be; the stream can't be followed any more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("control mode's {what} is longer than {limit} bytes")]
pub struct Overflow {
    /// `line` or `block`.
    pub what: &'static str,
    /// The limit.
    pub limit: usize,
}

#[derive(Debug)]
struct Open {
    guard: Guard,
    /// What must follow `%end ` or `%error `.
    tail: BString,
    body: BString,
}

impl Guard {
    /// Whether the command came from this client's input.
    pub fn is_ours(&self) -> bool {
        self.flags & 1 == 1
    }
}

impl Default for Parser {
    fn default() -> Self {
        Self::with_limits(Self::MAX_LINE, Self::MAX_BLOCK)
    }
}

impl Parser {
    /// The longest line that is read.
    pub const MAX_LINE: usize = 8 * 1024 * 1024;

    /// The longest body of a block that is read.
    pub const MAX_BLOCK: usize = 64 * 1024 * 1024;

    /// A parser with other limits, in bytes.
    pub fn with_limits(max_line: usize, max_block: usize) -> Self {
        Self {
            line: Vec::new(),
            open: None,
            items: std::collections::VecDeque::new(),
            inside: Inside::default(),
            max_line,
            max_block,
        }
    }

    /// Which notifications the commands that were sent may cause inside their blocks.
    pub fn expect_inside(&mut self, inside: Inside) {
        self.inside = inside;
    }

    /// Takes bytes, split anywhere.
    ///
    /// # Errors
    ///
    /// [`Overflow`] above the limits. Items that came before can still be taken.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Overflow> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() + piece.len() > self.max_line {
                return Err(Overflow {
                    what: "line",
                    limit: self.max_line,
                });
            }
            if let Some(end) = piece.strip_suffix(b"\n") {
                if self.line.is_empty() {
                    self.take(end)?;
                } else {
                    let mut line = std::mem::take(&mut self.line);
                    line.extend_from_slice(end);
                    self.take(&line)?;
                    // The buffer is kept for the next line.
                    line.clear();
                    self.line = line;
                }
            } else {
                self.line.extend_from_slice(piece);
            }
        }
        Ok(())
    }

    /// The next item; `None` until more bytes came.
    pub fn next_item(&mut self) -> Option<Item> {
        self.items.pop_front()
    }

    /// Whether a block is open: at the end of the stream its reply is lost.
    pub fn in_block(&self) -> bool {
        self.open.is_some()
    }

    fn take(&mut self, line: &[u8]) -> Result<(), Overflow> {
        let Some(open) = &mut self.open else {
            self.outside(line);
            return Ok(());
        };
        let error = line.strip_prefix(b"%error ") == Some(open.tail.as_bytes());
        if error || line.strip_prefix(b"%end ") == Some(open.tail.as_bytes()) {
            if let Some(open) = self.open.take() {
                self.items.push_back(Item::Block(Block {
                    guard: open.guard,
                    error,
                    body: open.body,
                }));
            }
            return Ok(());
        }
        let expected = self.inside.message && line.starts_with(b"%message ")
            || self.inside.pause && (line.starts_with(b"%pause %") || line.starts_with(b"%continue %"));
        if let Some(notification) = expected.then(|| Notification::parse(line)).flatten() {
            self.items.push_back(Item::Notification(notification));
            return Ok(());
        }
        if open.body.len() + line.len() + 1 > self.max_block {
            return Err(Overflow {
                what: "block",
                limit: self.max_block,
            });
        }
        open.body.extend_from_slice(line);
        open.body.push(b'\n');
        Ok(())
    }

    fn outside(&mut self, line: &[u8]) {
        if let Some((guard, tail)) = line.strip_prefix(b"%begin ").and_then(begin) {
            self.open = Some(Open {
                guard,
                tail,
                body: BString::default(),
            });
        } else if let Some(notification) = Notification::parse(line) {
            self.items.push_back(Item::Notification(notification));
        } else {
            self.items.push_back(Item::Stray(line.into()));
        }
    }
}

fn begin(tail: &[u8]) -> Option<(Guard, BString)> {
    let mut numbers = tail.split_str(" ").map(|number| number.to_str().ok());
    let mut next = || numbers.next().flatten();
    let guard = Guard {
        time: next()?.parse().ok()?,
        number: next()?.parse().ok()?,
        flags: next()?.parse().ok()?,
    };
    next().is_none().then(|| (guard, tail.into()))
}

#[cfg(test)]
mod tests;
