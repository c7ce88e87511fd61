//! Programs in the private environment: what they get, what they print, what they leave.

use std::time::Duration;

use tests::{Environment, Output, Process, wait_until};

use super::panic_message;

#[test]
fn programs_get_the_private_environment_and_nothing_else() {
    let env = Environment::new().at(1_700_000_000).with("EXTRA", "1");
    env.script("hello", "#!/bin/sh\necho \"hello $EXTRA $TSM_NOW $1\"\n");
    assert_eq!(
        env.command("hello", ["x"]).run().success().stdout_str(),
        "hello 1 1700000000 x\n"
    );

    let names = env
        .command("env", [""; 0])
        .env_remove("EXTRA")
        .env("MORE", "2")
        .run()
        .success();
    let mut names: Vec<_> = names
        .stdout_str()
        .lines()
        .filter_map(|line| line.split('=').next())
        .collect();
    names.sort_unstable();
    names.retain(|name| *name != "TSM_TMUX");
    let expected = "HOME LC_ALL MORE PATH SHELL TERM TMPDIR TMUX_TMPDIR TSM_AUTOSAVE TSM_E2E_ROOT TSM_NOW TSM_SOCKET_PATH TZ \
                    XDG_CACHE_HOME XDG_CONFIG_HOME XDG_DATA_HOME XDG_RUNTIME_DIR XDG_STATE_HOME";
    assert_eq!(names.join(" "), expected);
    assert_eq!(env.normalise(&format!("in {}/x", env.root().display())), "in <root>/x");
}

#[test]
fn the_binaries_under_test_are_found_by_login_shells_too() {
    let env = Environment::new();
    for (program, name) in [("sh", "-c"), ("sh", "-lc")] {
        let found = env
            .command(program, [name, "command -v tsm && command -v tsm-recovery"])
            .run()
            .success();
        assert_eq!(
            env.normalise(found.stdout_str()),
            "<root>/bin/tsm\n<root>/bin/tsm-recovery\n"
        );
    }
}

#[test]
fn a_program_can_be_watched_and_killed_while_it_runs() {
    let env = Environment::new();
    let mut running = env.command("sh", ["-c", "echo up; exec sleep 1000"]).start();
    wait_until("the program to be up", || {
        (running.stdout_so_far() == b"up\n").then_some(())
    });
    let process = Process::of(running.pid()).expect("a running program");
    running.kill();
    let output = running.wait();
    assert_eq!(output.status.code(), None);
    assert!(!process.alive());
}

#[test]
fn input_output_and_status_arrive() {
    let env = Environment::new();
    let dir = env.project("a b");
    let output = env
        .command("sh", ["-c", "pwd; cat; echo bad >&2; exit 7"])
        .dir(&dir)
        .stdin("typed")
        .run()
        .code(7);
    assert_eq!(output.stdout_str(), format!("{}\ntyped", dir.display()));
    assert_eq!(output.stderr_str(), "bad\n");
    let json = env.command("echo", [r#"{"schema":1}"#]).run().json();
    assert_eq!(json["schema"], 1);

    let message = panic_message(|| {
        env.command("sh", ["-c", "echo one; echo two >&2; exit 3"])
            .run()
            .success();
    });
    for part in ["expected exit status 0", "one", "two", "exit status: 3"] {
        assert!(message.contains(part), "no {part:?} in {message}");
    }
}

#[test]
fn a_program_that_takes_too_long_is_killed_and_shown() {
    let env = Environment::new();
    let command = env
        .command("sh", ["-c", "echo so far; exec sleep 1000"])
        .time_limit(Duration::from_secs(2));
    let message = panic_message(|| drop::<Output>(command.run()));
    assert!(message.contains("killed after 2s"), "{message}");
    assert!(message.contains("so far"), "{message}");
}

#[test]
fn output_that_is_held_open_is_a_failure() {
    let env = Environment::new();
    let message = panic_message(|| drop::<Output>(env.command("sh", ["-c", "sleep 8 & echo done"]).run()));
    assert!(message.contains("holds its output open"), "{message}");
}

#[test]
fn a_leaked_process_is_named_and_ended() {
    let env = Environment::new().with_leak_grace(Duration::from_millis(100));
    let script = "setsid sleep 1000 >/dev/null 2>&1 & echo $!";
    let leaked = env.command("sh", ["-c", script]).run().success();
    let leaked = Process::of(leaked.stdout_str().trim().parse().unwrap()).expect("a leaked process");
    let root = env.root().to_owned();

    let message = panic_message(|| drop(env));
    assert!(message.contains(&format!("process {} `", leaked.pid)), "{message}");
    assert!(!leaked.alive());
    assert!(!root.exists());
}

#[test]
fn scripts_are_executable_at_once() {
    let env = Environment::new();
    for round in 0..20 {
        let name = format!("script-{round}");
        let path = env.script(&name, "#!/bin/sh\nexit 0\n");
        assert_eq!(path, env.bin().join(&name));
        env.command(&name, [""; 0]).run().success();
    }
}
