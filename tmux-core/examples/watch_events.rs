//! Tells what happens on a tmux server, in all of its sessions: `cargo run -p tmux-core --example watch_events -- SOCKET
//! [SECONDS]`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example shows what it does, and takes the environment it has"
)]

use std::time::{Duration, Instant};

use tmux_core::control::{Attach, ControlClient, Feed};
use tmux_core::{Identity, Server, Socket, UserOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let socket = Socket::at_path(arguments.next().ok_or("which socket?")?);
    let seconds = arguments
        .next()
        .and_then(|text| text.to_str()?.parse().ok())
        .unwrap_or(60);
    let identity = Identity::new(std::env::vars_os(), std::env::current_dir()?);
    let server = Server::connect("tmux", socket.clone(), identity.clone());
    let snapshot = server.snapshot(UserOptions::default())?;
    let session = snapshot.sessions.first().ok_or("no session to attach to")?;
    let mut client = ControlClient::attach("tmux", socket, identity, &Attach::to(session.id))?;
    client.watch()?;
    let mut known = Feed::default();
    let end = Instant::now() + Duration::from_secs(seconds);
    while client.end().is_none() && Instant::now() < end {
        let left = end.saturating_duration_since(Instant::now());
        let Some(event) = client.next_event(left)? else {
            continue;
        };
        match ControlClient::feed_of(&event).transpose()? {
            Some(feed) => {
                for change in feed.changes_since(&known) {
                    println!("{change:?}");
                }
                known = feed;
            }
            None => println!("{event:?}"),
        }
    }
    Ok(())
}
