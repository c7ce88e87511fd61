//! The frames of tmux's client protocol, as bytes: OpenBSD's *imsg* with tmux's message numbers (`tmux-protocol.h`).
//!
//! A header of 16 bytes in native order (type, length with the header, peer id, process), then the payload. The numbers
//! and payloads used here are the same from 3.2a to 3.8.

use bstr::{BString, ByteSlice};

/// The protocol's version, sent and checked in the low byte of every message's peer id; 8 since tmux 2.6.
pub const PROTOCOL_VERSION: u32 = 8;

/// Bytes of a header.
pub const HEADER: usize = 16;

/// The longest message, header included.
pub const MAX_MESSAGE: usize = 16_384;

/// The longest piece of a stream in one message: what is left of it beside the header and the stream's number.
pub const MAX_DATA: usize = MAX_MESSAGE - HEADER - 4;

pub(super) const VERSION: u32 = 12;
pub(super) const IDENTIFY_TERM: u32 = 101;
pub(super) const IDENTIFY_TTYNAME: u32 = 102;
pub(super) const IDENTIFY_STDIN: u32 = 104;
pub(super) const IDENTIFY_ENVIRON: u32 = 105;
pub(super) const IDENTIFY_DONE: u32 = 106;
pub(super) const IDENTIFY_CLIENTPID: u32 = 107;
pub(super) const IDENTIFY_CWD: u32 = 108;
pub(super) const IDENTIFY_STDOUT: u32 = 110;
pub(super) const IDENTIFY_LONGFLAGS: u32 = 111;
pub(super) const COMMAND: u32 = 200;
const DETACH: u32 = 201;
const DETACHKILL: u32 = 202;
const EXIT: u32 = 203;
const EXITED: u32 = 204;
pub(super) const EXITING: u32 = 205;
const SHUTDOWN: u32 = 210;
const READ_OPEN: u32 = 300;
pub(super) const READ: u32 = 301;
pub(super) const READ_DONE: u32 = 302;
const WRITE_OPEN: u32 = 303;
const WRITE: u32 = 304;
pub(super) const WRITE_READY: u32 = 305;
const WRITE_CLOSE: u32 = 306;
const READ_CANCEL: u32 = 307;

/// What a server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// It speaks another version of the protocol, and ran nothing.
    Version {
        /// Its version.
        server: u32,
    },
    /// The client shall detach (a control client's end).
    Detach,
    /// The end, after all output.
    Exit {
        /// The exit status; 0 if none is given.
        status: i32,
        /// A reason, for example `access not allowed`.
        text: BString,
    },
    /// The answer to our own leaving.
    Exited,
    /// The server ends.
    Shutdown,
    /// It wants to read a stream: standard input, or a file that we shall open.
    ReadOpen {
        /// The stream's number.
        stream: i32,
        /// Descriptor of the client, 0 for standard input, -1 for a file.
        fd: i32,
    },
    /// It wants to write a stream: standard output or error, or a file that we shall open.
    WriteOpen {
        /// The stream's number.
        stream: i32,
        /// Descriptor of the client, 1 or 2, or -1 for a file.
        fd: i32,
    },
    /// A piece of a stream.
    Write {
        /// The stream's number.
        stream: i32,
        /// The bytes.
        data: Vec<u8>,
    },
    /// The stream has ended.
    WriteClose {
        /// The stream's number.
        stream: i32,
    },
    /// It reads no more of this stream.
    ReadCancel {
        /// The stream's number.
        stream: i32,
    },
    /// A message that means nothing to a client without a terminal.
    Other(u32),
}

/// Bytes that are no message of a tmux server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// A length outside 16 to 16 384 bytes.
    #[error("a message of {length} bytes")]
    Length {
        /// The length in the header.
        length: u32,
    },
    /// A payload that is too short for its kind.
    #[error("message {kind} with {length} bytes of payload")]
    Payload {
        /// The message's number.
        kind: u32,
        /// The payload's length.
        length: usize,
    },
}

/// Bytes in, messages out. Never holds more than one message's bytes beyond what was pushed.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// Bytes at the front of the buffer that were taken.
    taken: usize,
}

impl Decoder {
    /// Takes bytes, split anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.taken);
        self.taken = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole message; `None` until more bytes came.
    ///
    /// # Errors
    ///
    /// [`WireError`]: the other side is no tmux server of a known kind, and the stream can't be followed any more.
    pub fn next_message(&mut self) -> Result<Option<Message>, WireError> {
        let rest = self.buffer.get(self.taken..).unwrap_or_default();
        let Some((header, after)) = rest.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let word = |at: usize| {
            let bytes = header.get(at..at + 4).and_then(|bytes| bytes.first_chunk::<4>());
            bytes.copied().map(u32::from_ne_bytes).unwrap_or_default()
        };
        let (kind, length, peer) = (word(0), word(4), word(8));
        // The upper half marks descriptors: up to 3.5a flags of their own, later the top bit. Servers send us none.
        let length = length & 0xffff;
        let size = usize::try_from(length).unwrap_or(usize::MAX);
        if !(HEADER..=MAX_MESSAGE).contains(&size) {
            return Err(WireError::Length { length });
        }
        let Some(payload) = after.get(..size - HEADER) else {
            return Ok(None);
        };
        let message = message(kind, peer, payload);
        self.taken += size;
        message.map(Some)
    }
}

fn message(kind: u32, peer: u32, payload: &[u8]) -> Result<Message, WireError> {
    if kind == VERSION || peer & 0xff != PROTOCOL_VERSION {
        return Ok(Message::Version { server: peer & 0xff });
    }
    let number = |at: usize| -> Result<i32, WireError> {
        let bytes = payload.get(at..at + 4).and_then(|bytes| bytes.first_chunk::<4>());
        bytes.copied().map(i32::from_ne_bytes).ok_or(WireError::Payload {
            kind,
            length: payload.len(),
        })
    };
    Ok(match kind {
        DETACH | DETACHKILL => Message::Detach,
        EXIT if payload.len() < 4 => Message::Exit {
            status: 0,
            text: BString::default(),
        },
        EXIT => Message::Exit {
            status: number(0)?,
            text: payload.get(4..).unwrap_or_default().trim_end_with(|c| c == '\0').into(),
        },
        EXITED => Message::Exited,
        SHUTDOWN => Message::Shutdown,
        READ_OPEN => Message::ReadOpen {
            stream: number(0)?,
            fd: number(4)?,
        },
        WRITE_OPEN => Message::WriteOpen {
            stream: number(0)?,
            fd: number(4)?,
        },
        WRITE => Message::Write {
            stream: number(0)?,
            data: payload.get(4..).unwrap_or_default().to_vec(),
        },
        WRITE_CLOSE => Message::WriteClose { stream: number(0)? },
        READ_CANCEL => Message::ReadCancel { stream: number(0)? },
        other => Message::Other(other),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u32, peer: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER + payload.len()).expect("a short payload");
        let mut bytes = Vec::new();
        for word in [kind, length, peer, 1] {
            bytes.extend(word.to_ne_bytes());
        }
        bytes.extend(payload);
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Option<Message>, WireError> {
        let mut decoder = Decoder::default();
        decoder.push(bytes);
        decoder.next_message()
    }

    #[test]
    fn messages_split_anywhere_come_out_whole() {
        let mut bytes = frame(WRITE, 8, b"\x01\0\0\0hello");
        bytes.extend(frame(EXIT, 8, &1_i32.to_ne_bytes()));
        for size in 1..bytes.len() {
            let mut decoder = Decoder::default();
            let mut messages = Vec::new();
            for piece in bytes.chunks(size) {
                decoder.push(piece);
                while let Some(message) = decoder.next_message().expect("messages") {
                    messages.push(message);
                }
            }
            let write = Message::Write {
                stream: 1,
                data: b"hello".to_vec(),
            };
            let exit = Message::Exit {
                status: 1,
                text: "".into(),
            };
            assert_eq!(messages, [write, exit]);
        }
    }

    #[test]
    fn both_marks_of_a_descriptor_are_passed_over() {
        for mark in [0x0001_0000_u32, 0x8000_0000] {
            let mut bytes = frame(WRITE_CLOSE, 8, &7_i32.to_ne_bytes());
            let length = 20 | mark;
            bytes[4..8].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(decode(&bytes), Ok(Some(Message::WriteClose { stream: 7 })));
        }
    }

    #[test]
    fn another_protocol_is_seen_whatever_its_message() {
        assert_eq!(
            decode(&frame(VERSION, 7, b"")),
            Ok(Some(Message::Version { server: 7 }))
        );
        assert_eq!(decode(&frame(EXIT, 9, b"")), Ok(Some(Message::Version { server: 9 })));
    }

    #[test]
    fn an_exit_may_carry_a_status_and_a_reason() {
        let exit = |payload: &[u8]| decode(&frame(EXIT, 8, payload));
        let expected = |status, text: &str| {
            Ok(Some(Message::Exit {
                status,
                text: text.into(),
            }))
        };
        assert_eq!(exit(b""), expected(0, ""));
        assert_eq!(exit(&3_i32.to_ne_bytes()), expected(3, ""));
        assert_eq!(
            exit(b"\x01\0\0\0access not allowed\0"),
            expected(1, "access not allowed")
        );
    }

    #[test]
    fn lengths_out_of_bounds_and_short_payloads_are_errors() {
        let mut bytes = frame(EXIT, 8, b"");
        for length in [0_u32, 15, 16_385, 0xffff] {
            bytes[4..8].copy_from_slice(&length.to_ne_bytes());
            assert_eq!(decode(&bytes), Err(WireError::Length { length }));
        }
        assert!(decode(&frame(WRITE_OPEN, 8, &1_i32.to_ne_bytes())).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..16)) {
            let mut decoder = Decoder::default();
            for piece in pieces {
                decoder.push(&piece);
                while let Ok(Some(_)) = decoder.next_message() {}
            }
        }
    }
}
