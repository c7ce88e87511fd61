//! The private tmux server: its beginning, its panes, its ends.

use tests::process::Signal;
use tests::{Environment, Process, wait_for, wait_until};

use super::panic_message;

#[test]
fn the_chosen_tmux_is_the_one_that_is_tested() {
    let env = Environment::new();
    let chosen = std::env::var_os("TSM_TMUX").unwrap_or_else(|| "tmux".into());
    let said = env.command(chosen, ["-V"]).run().success();
    env.tmux(["new-session", "-d"]);
    let server = env.tmux(["display-message", "-p", "tmux #{version}"]);
    assert_eq!(String::from_utf8_lossy(&server), said.stdout_str());
}

#[test]
fn a_server_starts_and_nothing_of_it_is_left() {
    let env = Environment::new();
    let project = env.project("todo");
    assert_eq!(env.server(), None);
    env.tmux([
        "new-session",
        "-d",
        "-s",
        "a",
        "-x",
        "100",
        "-y",
        "30",
        "-c",
        project.to_str().unwrap(),
    ]);
    let server = env.server().expect("a server");
    assert_eq!(env.server_pid(), Some(server.pid));
    assert_eq!(
        env.tmux(["display-message", "-p", "#{pid}"]),
        format!("{}\n", server.pid).into_bytes()
    );

    let panes = env.panes("a");
    assert_eq!(panes.len(), 1);
    assert_eq!((panes[0].left, panes[0].top, panes[0].width), (0, 0, 100));
    // A moment after the call there is no foreground process yet, and no directory to ask it for.
    wait_until("the shell in its directory", || {
        env.panes("a").iter().all(|pane| pane.cwd == project).then_some(())
    });
    let shell = Process::of(panes[0].pid).expect("a shell");

    let root = env.root().to_owned();
    drop(env);
    assert!(!server.alive());
    assert!(!shell.alive());
    assert!(!root.exists());
}

#[test]
fn a_failing_test_leaves_nothing_either() {
    let mut seen = None;
    let message = panic_message(|| {
        let env = Environment::new();
        env.tmux(["new-session", "-d", "-s", "a"]);
        seen = Some((env.server().expect("a server"), env.root().to_owned()));
        panic!("the test's own failure");
    });
    assert_eq!(message, "the test's own failure");
    let (server, root) = seen.unwrap();
    assert!(!server.alive());
    assert!(!root.exists());
}

#[test]
fn a_server_can_be_killed_and_started_again() {
    let env = Environment::new();
    env.tmux_config("set -g base-index 7\n");
    for _ in 0..5 {
        env.tmux(["new-session", "-d", "-s", "a"]);
        assert_eq!(env.panes("a")[0].window, 7);
        env.kill_server();
        assert_eq!(env.server(), None);
        env.tmux(["new-session", "-d", "-s", "a"]);
        env.kill_server_hard();
        assert_eq!(env.server(), None);
        assert!(env.socket().exists());
    }
}

#[test]
fn pane_rows_hold_any_value() {
    let env = Environment::new();
    let dir = env.project("a|b\\ c\n$d #{pid} \\001\u{e9}");
    env.tmux(["new-session", "-d", "-s", "a", "-x", "90", "-y", "20"]);
    // tmux expands formats in the directory that it is given, so the shell goes there.
    let program = ["cd \"$1\" && exec sleep 1000", "sh", dir.to_str().unwrap()];
    env.tmux(
        ["split-window", "-h", "-l", "9", "-t", "=a:", "sh", "-c"]
            .into_iter()
            .chain(program),
    );
    // No backslash: 3.8 keeps two of each in a title.
    env.tmux(["select-pane", "-t", "=a:", "-T", "x|y $z; {\u{e9}}"]);
    let row = wait_for("the directory of the second pane", || match env.panes("a").remove(1) {
        row if row.cwd == dir && row.command == "sleep" => Ok(row),
        row => Err(row),
    });
    assert_eq!((row.left, row.width, row.dead), (81, 9, false));
    assert_eq!(row.title, "x|y $z; {\u{e9}}");
}

#[test]
fn a_program_can_be_run_as_if_typed_into_a_pane() {
    let env = Environment::new();
    env.tmux(["new-session", "-d", "-s", "a"]);
    env.tmux(["new-session", "-d", "-s", "b"]);
    for session in ["a", "b"] {
        let pane = &env.panes(session)[0].id;
        let shown = env
            .command("tmux", ["display-message", "-p", "#{session_name} #{pane_id}"])
            .in_pane(pane)
            .run();
        assert_eq!(shown.success().stdout_str(), format!("{session} {pane}\n"));
    }
}

#[test]
fn a_dead_pane_is_a_row_too() {
    let env = Environment::new();
    env.tmux_config("set -g remain-on-exit on\n");
    env.tmux(["new-session", "-d", "-s", "a", "exit 3"]);
    wait_for("the pane to die", || match env.panes("a").remove(0) {
        row if row.dead => Ok(()),
        row => Err(row),
    });
}

#[test]
fn a_server_that_does_not_answer_is_ended() {
    let env = Environment::new();
    env.tmux(["new-session", "-d", "-s", "a"]);
    let server = env.server().expect("a server");
    server.signal(Signal::STOP);
    assert_eq!(env.server(), Some(server));
    drop(env);
    assert!(!server.alive());
}
