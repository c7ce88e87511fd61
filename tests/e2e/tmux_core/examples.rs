//! The examples of the crate do what they say.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use tests::programs::built;

use super::world::{Way, World};

fn example(world: &World, name: &str) -> Command {
    let mut command = Command::new(built(&format!("examples/{name}")));
    command.arg(world.env.socket());
    command
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn list_everything_and_build_layout() {
    let world = World::new(Way::Direct);
    let built = output(example(&world, "build_layout").arg("three"));
    let session = world.session("three");
    let window = &session.windows[0].window;
    assert_eq!(window.panes.len(), 3);
    let sizes: Vec<_> = window.panes.iter().map(|pane| (pane.width, pane.height)).collect();
    assert_eq!(sizes, [(96, 48), (63, 32), (63, 15)]);
    assert!(built.starts_with(&format!("{} {} ", session.id, window.id)), "{built}");
    let listed = output(&mut example(&world, "list_everything"));
    assert!(
        listed.contains("\"main\" in /") && listed.contains("\"three\" in /"),
        "{listed}"
    );
    assert_eq!(
        listed.lines().filter(|line| line.trim_start().starts_with('%')).count(),
        4,
        "{listed}"
    );
}

#[test]
fn watch_events() {
    let world = World::new(Way::Direct);
    let mut watching = example(&world, "watch_events")
        .arg("30")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    // It knows everything, then something happens in another session, then the server ends.
    assert!(lines.any(|line| line == "PaneAdded(PaneId(0))"));
    world.env.tmux(["new-session", "-d", "-s", "other"]);
    assert!(lines.any(|line| line == "PaneAdded(PaneId(1))"));
    world.server.kill_server().unwrap();
    assert!(watching.wait().unwrap().success());
}
