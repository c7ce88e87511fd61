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
            assert_eq!(session.user_options.len(), OPTIONS.session.len());
            for place in &session.windows {
                let listed = snapshot
                    .window(place.window.id)
                    .expect("a window of a session is listed");
                assert!(
                    listed.links.contains(&(session.id, place.index)),
                    "a link that its window doesn't know"
                );
            }
        }
        for window in &snapshot.windows {
            let panes = &window.panes;
            assert!(panes.iter().all(|pane| pane.user_options.len() == OPTIONS.pane.len()));
            let once = |id| panes.iter().filter(|pane| pane.id == id).count() == 1;
            assert!(
                panes.iter().all(|pane| once(pane.id)),
                "a pane stands twice in a window"
            );
        }
        assert!(snapshot.sessions.is_sorted_by_key(|session| session.id));
        assert!(snapshot.windows.is_sorted_by_key(|window| window.id));
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
