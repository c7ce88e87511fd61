//! Builds a session with a layout of its own: `cargo run -p tmux-core --example build_layout -- SOCKET NAME`.
//!
//! An editor with 60 % of the width on the left; on the right a shell above a list.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "an example shows what it does, and takes the environment it has"
)]

use tmux_core::layout::{Content, Layout, Orientation};
use tmux_core::{Command, Identity, NewSession, Server, Socket, SplitWindow};

const WIDTH: u32 = 160;
const HEIGHT: u32 = 48;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let socket = Socket::at_path(arguments.next().ok_or("which socket?")?);
    let name = arguments.next().ok_or("which name?")?;
    let identity = Identity::new(std::env::vars_os(), std::env::current_dir()?);
    let server = Server::connect("tmux", socket, identity);
    let session = NewSession {
        name: name.to_string_lossy().as_bytes().into(),
        directory: "/".into(),
        size: Some((WIDTH, HEIGHT)),
        ..NewSession::default()
    };
    let made = server.new_session(session)?;

    let mut layout = Layout::shares(Orientation::LeftRight, &[60, 40], 20, WIDTH, HEIGHT)?;
    if let Content::LeftRight(columns) = &mut layout.root.content
        && let [_, right] = columns.as_mut_slice()
    {
        right.content = Layout::shares(Orientation::TopBottom, &[2, 1], 5, right.width, right.height)?
            .root
            .content;
    }
    // The places follow from the sizes.
    let layout = layout.resized(WIDTH, HEIGHT);
    let split = |_| {
        SplitWindow {
            directory: "/".into(),
            ..SplitWindow::of(made.window)
        }
        .command()
    };
    let mut commands: Vec<Command> = (0..2).map(split).collect();
    commands.push(Command::select_layout(made.window, &layout, 3)?);
    commands.push(Command::select_pane(made.pane));
    server.run(commands)?;
    println!("{} {} {}", made.session, made.window, layout.print());
    Ok(())
}
