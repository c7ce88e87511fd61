//! The answer to the one call for everything.

use std::sync::Arc;

use bstr::ByteSlice;
use tmux_core::{Command, Error, Reply, Request, Server, Socket, Transport, UserOptions};

use crate::memory::bounded;

const OPTIONS: UserOptions<'_> = UserOptions {
    session: &["@tsm_id"],
    pane: &["@tsm_role"],
};

pub fn check(data: &[u8]) {
    bounded(data.len(), 512, || {
        let transport = Arc::new(Says(data.to_vec()));
        let server = Server::over(transport, Socket::at_path("/nowhere"));
        let Ok(snapshot) = server.snapshot(OPTIONS) else { return };
        for session in &snapshot.sessions {
            assert!(!session.windows.is_empty(), "a session without windows");
            assert!(
                session.windows.iter().all(|window| !window.panes.is_empty()),
                "a window without panes"
            );
            assert_eq!(session.user_options.len(), OPTIONS.session.len());
            assert!(
                session
                    .panes()
                    .all(|pane| pane.user_options.len() == OPTIONS.pane.len())
            );
        }
        assert!(snapshot.sessions.is_sorted_by_key(|session| session.id));
    });
}

/// Answers every call with the input, in which `<0>`, `<1>`, … stand for the tags of the call's formats.
#[derive(Debug)]
struct Says(Vec<u8>);

impl Transport for Says {
    fn run(&self, request: &Request) -> Result<Reply, Error> {
        let tags = request.groups.iter().flatten().filter_map(tag);
        let stdout = tags
            .enumerate()
            .fold(self.0.clone(), |text, (n, tag)| text.replace(format!("<{n}>"), tag));
        Ok(Reply {
            stdout,
            ..Reply::default()
        })
    }
}

/// The tag of a command's format: what stands before the first field.
fn tag(command: &Command) -> Option<Vec<u8>> {
    let formats = command.words().iter().filter_map(|word| word.split_once_str("|#{q:"));
    formats.map(|(tag, _fields)| tag.to_vec()).next()
}
