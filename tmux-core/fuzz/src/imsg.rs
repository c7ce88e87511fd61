//! Messages of a tmux server.

use tmux_core::transport::direct::message::{Decoder, Message, WireError};

use crate::memory::bounded;

pub fn check(data: &[u8]) {
    // The first byte says where the rest is cut into pieces.
    let Some((size, bytes)) = data.split_first() else {
        return;
    };
    bounded(bytes.len(), 32, || {
        let whole = messages([bytes]);
        let pieces = messages(bytes.chunks(usize::from(*size).max(1)));
        assert_eq!(whole, pieces, "it depends on how the bytes are split");
    });
}

/// All messages, and the error that ended them.
fn messages<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Message>, Option<WireError>) {
    let mut decoder = Decoder::default();
    let mut messages = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_message() {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => break,
                Err(error) => return (messages, Some(error)),
            }
        }
    }
    (messages, None)
}
