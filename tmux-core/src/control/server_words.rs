//! What the server says to a client beside its lines: that it shall go.
//!
//! A thread listens and answers at once. A server that ends, or a `detach-client`, waits for that answer, and the program
//! that holds the client may be busy with other things.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use crate::transport::direct::exiting;
use crate::transport::direct::message::{Decoder, Message};

/// Why the client ends, if the server says so.
type End = Option<String>;

#[derive(Debug)]
pub(super) struct ServerWords {
    server: UnixStream,
    end: Arc<OnceLock<End>>,
    /// At its end once the server has spoken.
    ended: UnixStream,
    thread: Option<JoinHandle<()>>,
}

impl ServerWords {
    /// Listens to a blocking connection over which a control client was identified.
    pub(super) fn listen(server: UnixStream) -> io::Result<Self> {
        let (ended, teller) = UnixStream::pair()?;
        let end = Arc::new(OnceLock::new());
        let (connection, told) = (server.try_clone()?, Arc::clone(&end));
        let thread = std::thread::Builder::new()
            .name("tmux-control".to_owned())
            .spawn(move || {
                let connection = listen(connection, &told);
                // The server counts the client as there until it closes.
                let _closed = connection.shutdown(Shutdown::Both);
                drop(teller);
            })?;
        Ok(Self {
            server,
            end,
            ended,
            thread: Some(thread),
        })
    }

    /// The server's word, if it was spoken.
    pub(super) fn end(&self) -> Option<End> {
        self.end.get().cloned()
    }

    /// Readable once it was.
    pub(super) fn as_fd(&self) -> BorrowedFd<'_> {
        self.ended.as_fd()
    }
}

impl Drop for ServerWords {
    fn drop(&mut self) {
        let _ended = self.server.shutdown(Shutdown::Both);
        if let Some(thread) = self.thread.take() {
            let _joined = thread.join();
        }
    }
}

fn listen(mut server: UnixStream, told: &OnceLock<End>) -> UnixStream {
    let mut decoder = Decoder::default();
    let mut buffer = [0; 4096];
    loop {
        match server.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => decoder.push(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_lost) => break,
        }
        loop {
            match decoder.next_message() {
                Ok(Some(Message::Exit { text, .. })) => {
                    let _first = told.set((!text.is_empty()).then(|| text.to_string()));
                    return server;
                }
                Ok(Some(message @ (Message::Detach | Message::Shutdown))) => {
                    let reason = matches!(message, Message::Shutdown).then(|| "server exited".to_owned());
                    let _first = told.set(reason);
                    // Its answer, `exited`, or the end of the connection follows.
                    let _answered = server.write_all(&exiting());
                }
                Ok(Some(Message::Exited)) | Err(_) => {
                    let _first = told.set(None);
                    return server;
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
            }
        }
    }
    let _first = told.set(Some("server exited unexpectedly".to_owned()));
    server
}
