//! What Claude Code starts with and what it refuses, without tsm.

use tests::ClaudeHome;

use crate::talk::{start, wait_screen};

#[test]
fn root_may_not_skip_permissions_but_in_a_sandbox() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    let root = home.env.command("id", ["-u"]).run().success().stdout_str().trim() == "0";
    for arguments in [
        &["--dangerously-skip-permissions"][..],
        &["--permission-mode", "bypassPermissions"],
        &["--allow-dangerously-skip-permissions"],
    ] {
        let run = home.env.command("claude", ["-p", "one"]).args(arguments).dir(&path);
        let output = run.run().code(i32::from(root));
        assert_eq!(
            root,
            output.stderr_str().contains("cannot be used with root/sudo privileges"),
            "{output:?}"
        );
    }
    let sandbox = home
        .env
        .command("claude", ["-p", "--dangerously-skip-permissions", "two"])
        .dir(&path);
    sandbox.env("IS_SANDBOX", "1").run().success();
}

#[test]
fn skipping_permissions_is_asked_for_once_and_no_is_the_default() {
    let home = ClaudeHome::new();
    let path = home.project("alpha");
    home.env.tmux(["new-session", "-d", "-s", "keep"]);
    home.env.tmux(["set-environment", "-g", "IS_SANDBOX", "1"]);
    start(&home, "a", &path, "--dangerously-skip-permissions");
    let screen = wait_screen(&home, "a", "No, exit");
    let no = screen.lines().find(|line| line.contains("No, exit"));
    assert!(
        no.is_some_and(|line| line.trim_start().starts_with('\u{276f}')),
        "{screen}"
    );
    assert!(home.registry().is_empty());
}
