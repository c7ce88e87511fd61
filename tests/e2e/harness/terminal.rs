//! Programs in terminals, and attached tmux clients.

use tests::{Environment, wait_until};

#[test]
fn an_attached_client_sees_what_its_user_sees() {
    let env = Environment::new();
    env.tmux(["new-session", "-d", "-s", "claude-a"]);
    env.tmux(["new-session", "-d", "-s", "claude-b"]);
    let mut client = env.attach("claude-a");
    client.type_text("echo one$((1 + 1))three\r");
    client.wait_screen(|screen| screen.contains("one2three"));

    env.tmux(["switch-client", "-c", client.tty(), "-t", "=claude-b:"]);
    client.wait_session("claude-b");
    client.wait_screen(|screen| !screen.contains("one2three"));
    assert_eq!(env.panes("claude-b")[0].width, 120);

    client.resize(90, 20);
    wait_until("the session to follow the terminal's size", || {
        (env.panes("claude-b")[0].width == 90).then_some(())
    });
    assert!(client.detach().success());
    assert_eq!(client.session(), None);
}

#[test]
fn a_terminal_controls_the_program_in_it() {
    let env = Environment::new();
    let mut terminal = env
        .command(
            "sh",
            ["-c", "exec 3</dev/tty && echo it is mine; read line; exit $line"],
        )
        .in_terminal();
    terminal.wait_screen(|screen| screen.contains("it is mine"));
    terminal.type_text("7\r");
    assert_eq!(terminal.exit_status().code(), Some(7));

    // Typed before the program has the terminal, it would interrupt nobody.
    let mut interrupted = env
        .command("sh", ["-c", "exec 3</dev/tty && echo it is mine; exec sleep 1000"])
        .in_terminal();
    interrupted.wait_screen(|screen| screen.contains("it is mine"));
    interrupted.type_text("\u{3}");
    assert!(!interrupted.exit_status().success());
}
