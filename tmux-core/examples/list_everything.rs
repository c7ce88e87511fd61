//! Lists everything on a tmux server: `cargo run -p tmux-core --example list_everything [-- SOCKET]`.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example shows what it does, and takes the environment it has"
)]

use tmux_core::{Identity, Server, Socket, UserOptions};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let uid = rustix::process::getuid().as_raw();
    let socket = match std::env::args_os().nth(1) {
        Some(path) => Socket::at_path(path),
        None => Socket::named("default", None, uid),
    };
    let identity = Identity::new(std::env::vars_os(), std::env::current_dir()?);
    let server = Server::connect("tmux", socket, identity);
    let snapshot = server.snapshot(UserOptions::default())?;
    println!("tmux {}, process {}", snapshot.server.version, snapshot.server.pid);
    for session in &snapshot.sessions {
        println!("{} {:?} in {}", session.id, session.name, session.path.display());
        for link in &session.windows {
            let window = &link.window;
            let mark = if link.active { "*" } else { " " };
            println!(
                "  {mark}{} {} {:?} {}x{}",
                link.index, window.id, window.name, window.width, window.height
            );
            for pane in &window.panes {
                println!(
                    "     {} {}x{} {:?} in {}",
                    pane.id,
                    pane.width,
                    pane.height,
                    pane.current_command,
                    pane.current_path.display()
                );
            }
        }
    }
    for client in &snapshot.clients {
        println!("client {:?} looks at {}", client.name, client.session);
    }
    Ok(())
}
