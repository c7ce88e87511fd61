//! The verbs about backups, as users and scripts call them.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use tests::{Environment, FakeAgent, wait_until};

use crate::switch::{sessions, state, type_into};

fn create(env: &Environment, names: &[&str]) {
    for name in names {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
}

fn backup(env: &Environment, args: &[&str]) -> (PathBuf, serde_json::Value) {
    let document = env.recovery(["backup", "--json"]).args(args).run().success().json();
    (document["file"].as_str().unwrap().into(), document)
}

#[test]
fn the_second_backup_is_small_and_full_and_single_ones_stand_alone() {
    let env = Environment::new();
    create(&env, &["alpha", "beta"]);
    let (_, first) = backup(&env, &[]);
    let (_, second) = backup(&env, &[]);
    assert_eq!(first["reused_files"], 0);
    assert_eq!(second["reused_files"], second["files"]);
    for args in [&["--full"][..], &["alpha"]] {
        assert_eq!(backup(&env, args).1["reused_files"], 0, "{args:?}");
    }
}

#[test]
fn conversations_of_agents_are_backed_up_and_come_back() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    create(&env, &["alpha"]);
    let start = agent.wait_started(1).remove(0);
    let conversation = start.argv[2].clone();
    let transcripts = env.home().join(".claude/projects/-code-alpha");
    fs::create_dir_all(transcripts.join(&conversation).join("subagents")).unwrap();
    let main = transcripts.join(format!("{conversation}.jsonl"));
    let sub = transcripts.join(&conversation).join("subagents/agent-1.jsonl");
    let other = transcripts.join("0b0e7d5e-0000-4000-8000-000000000000.jsonl");
    for file in [&main, &sub, &other] {
        fs::write(file, "{\"a\":1}\n").unwrap();
    }
    env.tsm(["save"]).run().success();
    let (file, _) = backup(&env, &[]);
    fs::remove_dir_all(env.home().join(".claude/projects")).unwrap();
    let json = env
        .recovery(["restore", file.to_str().unwrap(), "--json"])
        .run()
        .success()
        .json();
    assert_eq!(json["files"].as_array().unwrap().len(), 2, "{json}");
    assert_eq!(fs::read_to_string(&main).unwrap(), "{\"a\":1}\n");
    assert!(sub.exists());
    assert!(!other.exists(), "of conversations that are nobody's there is no backup");
    env.kill_server_hard();
    env.tsm(["restore"]).run().success();
    let again = agent.wait_started(2).remove(1);
    assert_eq!(again.argv[1..3], ["--resume".to_owned(), conversation]);
}

#[test]
fn restore_with_sessions_brings_them_back_with_a_report_per_pane() {
    let env = Environment::new();
    create(&env, &["alpha", "beta"]);
    let right = env.panes("claude-alpha")[1].id.clone();
    type_into(&env, &right, "sleep 86393");
    wait_until("the program", || {
        (env.panes("claude-alpha")[1].command == "sleep").then_some(())
    });
    env.tsm(["save"]).run().success();
    let (file, _) = backup(&env, &[]);
    env.kill_server_hard();
    fs::remove_dir_all(env.home().join(".claude/session-states")).unwrap();
    let args = [
        "restore",
        file.to_str().unwrap(),
        "--sessions",
        "--project",
        "alpha",
        "--json",
    ];
    let json = env.recovery(args).run().success().json();
    assert_eq!(sessions(&env), ["claude-alpha"]);
    let session = &json["sessions"][0];
    assert_eq!(
        (session["project"].as_str(), session["outcome"].as_str()),
        (Some("alpha"), Some("restored"))
    );
    assert_eq!(session["panes"][1]["outcome"], "offered", "{json}");
    assert_eq!(session["panes"][1]["detail"], "`sleep 86393` ran here");
    let again = env.recovery(args).run().success().json();
    assert_eq!(
        again["sessions"][0]["outcome"], "already_live",
        "a living session is left alone"
    );
}

#[test]
fn a_damaged_backup_gives_what_is_sound_of_it_with_partial_only() {
    let env = Environment::new();
    create(&env, &["alpha", "beta"]);
    let (file, _) = backup(&env, &[]);
    let file = file.to_str().unwrap().to_owned();
    let mut bytes = fs::read(&file).unwrap();
    // The last content, before the frame that ends the tar.
    let frames: Vec<usize> = (0..bytes.len() - 4)
        .filter(|at| bytes[*at..].starts_with(&[0x28, 0xb5, 0x2f, 0xfd]))
        .collect();
    let content = frames[frames.len() - 2];
    bytes[content + 20] ^= 0xff;
    fs::write(&file, bytes).unwrap();
    fs::remove_dir_all(env.home().join(".claude/session-states")).unwrap();
    env.recovery(["restore", &file]).run().code(6);
    assert!(!env.home().join(".claude/session-states/alpha.state").exists());
    let output = env.recovery(["restore", &file, "--partial", "--json"]).run().code(8);
    let json = output.json();
    assert_eq!(json["lost"].as_array().unwrap().len(), 1, "{json}");
    assert!(json["damage"].as_str().unwrap().contains("is damaged"));
    let restored = ["alpha", "beta"]
        .iter()
        .filter(|name| !state(&env, name).is_empty())
        .count();
    assert!(
        restored >= 1 && restored == json["sessions"].as_array().unwrap().len(),
        "{json}"
    );
}

#[test]
fn old_backups_go_and_each_says_why() {
    let env = Environment::new();
    create(&env, &["alpha"]);
    let day = 86_400;
    let start = 1_900_000_000;
    for n in 0..5 {
        env.recovery(["backup", "--full"]).at(start + n * day).run().success();
    }
    let dir = env.home().join(".claude/backups");
    let count = || fs::read_dir(&dir).unwrap().count();
    assert_eq!(count(), 10);
    let now = start + 9 * day;
    let dry = env
        .recovery(["cleanup-backups", "--dry-run", "--json"])
        .at(now)
        .run()
        .success()
        .json();
    assert_eq!((dry["plan"].as_array().unwrap().len(), count()), (2, 10), "{dry}");
    env.recovery(["cleanup-backups", "0"]).at(now).run().code(2);
    let back = env.recovery(["cleanup-backups", "7"]).at(start).run().code(7);
    assert!(back.stderr_str().contains("it went back"), "{}", back.stderr_str());
    assert_eq!(count(), 10);
    let done = env
        .recovery(["cleanup-backups", "--keep-last", "2", "--json"])
        .at(now)
        .run()
        .success()
        .json();
    let actions = done["actions"].as_array().unwrap();
    assert_eq!(actions.iter().filter(|action| action["done"] == true).count(), 3);
    assert!(
        actions
            .iter()
            .all(|action| !action["reason"].as_str().unwrap().is_empty())
    );
    assert_eq!(count(), 4);
    let output = env.recovery(["cleanup", "1"]).at(now + 900 * day).run().success();
    assert!(
        output.stdout_str().contains("the newest sound one of alpha"),
        "{}",
        output.stdout_str()
    );
    assert_eq!(count(), 2);
}

#[test]
fn backups_of_the_original_scripts_are_restored_by_their_path() {
    let env = Environment::new();
    let alpha = env.project("alpha");
    let dir = env.root().join("old");
    fs::create_dir_all(&dir).unwrap();
    let text = format!(
        "PROJECT=\"alpha\"\nSESSION_NAME=\"claude-alpha\"\nWORKING_DIR=\"{0}\"\nCURRENT_PATH=\"{0}\"\n\
         LAST_SAVE=1724513234\nWINDOW_LAYOUT=\"b2f4,120x40,0,0{{108x40,0,0,0,11x40,109,0,1}}\"\n\
         PANE_INFO=\"0:108x40 1:11x40\"\nCLAUDE_PID=3520856\n",
        alpha.display()
    );
    fs::write(dir.join("alpha.state"), text).unwrap();
    let file = env.root().join("alpha_session_20250824_120000.tar.gz");
    env.command("tar", ["-czf"])
        .arg(&file)
        .arg("-C")
        .arg(&dir)
        .arg("alpha.state")
        .run()
        .success();
    env.recovery(["verify"]).arg(&file).run().success();
    env.recovery(["restore"]).arg(&file).arg("--sessions").run().success();
    let panes = env.panes("claude-alpha");
    assert_eq!(
        panes.iter().map(|pane| (pane.width, pane.height)).collect::<Vec<_>>(),
        [(108, 40), (11, 40)]
    );
    assert!(panes.iter().all(|pane| pane.cwd == alpha));
}

#[test]
fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let env = Environment::new();
    create(&env, &["alpha"]);
    let output = env.recovery(["backup"]).run().success();
    assert_eq!(output.stderr_str(), "");
    let mut terminal = env
        .command("script", ["-qec", "tsm-recovery backup --full", "/dev/null"])
        .start();
    wait_until("the progress", || {
        let shown = String::from_utf8_lossy(&terminal.stdout_so_far()).into_owned();
        shown.contains("backing up: 0 of").then_some(())
    });
    terminal.kill();
}

/// Little memory, whatever is in the backup.
#[test]
fn a_large_conversation_takes_no_memory() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    create(&env, &["alpha"]);
    let conversation = agent.wait_started(1).remove(0).argv[2].clone();
    let directory = env.home().join(".claude/projects/-code-alpha");
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join(format!("{conversation}.jsonl"));
    // Numbers compress, but not as zeros do.
    let line: String = (0..20_000)
        .map(|n: u64| format!("{:x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    let repeat = 200 * 1024 * 1024 / line.len();
    fs::write(&file, line.repeat(repeat)).unwrap();
    let limited = |args: &[&str]| {
        let program = env.bin().join("tsm-recovery");
        let limit = "--data=50331648";
        env.command("prlimit", [limit])
            .arg(program)
            .args(args)
            .time_limit(Duration::from_secs(120))
            .run()
    };
    let made = limited(&["backup"]).success().stdout_str().trim().to_owned();
    limited(&["verify", &made]).success();
    fs::remove_file(&file).unwrap();
    limited(&["restore", &made]).success();
    assert_eq!(fs::metadata(&file).unwrap().len(), (line.len() * repeat) as u64);
}

#[test]
fn savers_lose_nothing_while_backups_are_restored() {
    let env = Environment::new();
    let names = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"];
    create(&env, &names);
    create(&env, &["other"]);
    let (file, _) = backup(&env, &["other"]);
    let restores = if std::env::var_os("TSM_SOAK").is_some_and(|soak| soak == "1") {
        100
    } else {
        8
    };
    // Each saves its own session again and again, under a new name of its window each time, and notes what was saved.
    let script = env.script(
        "saver",
        "#!/bin/sh\nn=0\nwhile [ ! -e \"$HOME/stop\" ]; do\n  n=$((n + 1))\n  \
         tmux -u -S \"$TSM_SOCKET_PATH\" rename-window -t \"=claude-$1:\" \"name-$n\" || exit 1\n  \
         tsm save \"$1\" > \"$HOME/$1.out\" 2>&1 || exit 1\n  echo \"name-$n\" > \"$HOME/$1.saved\"\ndone\n",
    );
    let savers: Vec<_> = names
        .iter()
        .map(|name| {
            env.command(&script, [name])
                .time_limit(Duration::from_secs(600))
                .start()
        })
        .collect();
    for _ in 0..restores {
        env.recovery(["restore"]).arg(&file).run().success();
    }
    fs::write(env.home().join("stop"), "").unwrap();
    for saver in savers {
        saver.wait().success();
    }
    for name in names {
        let saved = fs::read_to_string(env.home().join(format!("{name}.saved"))).unwrap();
        assert!(
            state(&env, name).contains(&format!("\"{}\"", saved.trim())),
            "{name}: {saved}"
        );
    }
}

#[test]
fn the_unit_names_the_program_and_what_is_not_the_default() {
    let env = Environment::new();
    let output = env.recovery(["unit"]).run().success();
    check_unit(&env, output.stdout_str());
    assert!(output.stdout_str().contains("loginctl enable-linger"));
}

/// The lines that systemd reads.
fn check_unit(env: &Environment, text: &str) {
    let text = env.normalise(text);
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .collect();
    let expected = [
        "[Unit]",
        "Description=Bring back the sessions of tsm",
        "[Service]",
        "Type=oneshot",
        "RemainAfterExit=yes",
        "Environment=\"TSM_SOCKET_PATH=<root>/s\"",
        "ExecStart=\"<root>/bin/tsm\" restore",
        "KillMode=process",
        "TimeoutStartSec=120",
        "[Install]",
        "WantedBy=default.target",
    ];
    let without_tmux: Vec<&str> = lines.into_iter().filter(|line| !line.contains("TSM_TMUX=")).collect();
    assert_eq!(without_tmux, expected);
}

/// With a path that systemd would expand if it weren't escaped.
#[test]
fn systemd_takes_the_units() {
    let env = Environment::new();
    let states = env.root().join("a %h $HOME \"state\"");
    let runtime = env.root().join("runtime");
    fs::create_dir(&runtime).unwrap();
    let verify = |name: &str, text: &str| {
        let file = env.root().join(name);
        fs::write(&file, text).unwrap();
        let call = env.command("systemd-analyze", ["--user", "verify"]).arg(&file);
        call.env("XDG_RUNTIME_DIR", &runtime).run()
    };
    for (name, call, wrongs) in [
        (
            "tsm-restore.service",
            env.recovery(["unit"]),
            [("Type=", "Typ="), ("KillMode=process", "KillMode=none such")],
        ),
        (
            "tsm-watch.service",
            env.tsm(["watch", "--unit"]),
            [("Nice=", "Nicer="), ("Restart=on-failure", "Restart=at times")],
        ),
    ] {
        let text = call
            .env("TSM_STATE_DIR", &states)
            .run()
            .success()
            .stdout_str()
            .to_owned();
        let output = verify(name, &text);
        assert!(output.status.success() && output.stderr_str().is_empty(), "{output:?}");
        for (right, wrong) in wrongs.into_iter().chain([("ExecStart=\"", "ExecStart=\"/nowhere")]) {
            assert!(text.contains(right), "{right}");
            let output = verify(name, &text.replace(right, wrong));
            assert!(!output.stderr_str().is_empty(), "systemd says nothing of {wrong}");
        }
    }
}

/// As a systemd user unit, cron, or ssh would start it: hardly any environment, no locale, no terminal.
#[test]
fn restore_works_with_next_to_no_environment() {
    let env = Environment::new();
    create(&env, &["alpha"]);
    let umlaut = env.project("alpha/größe");
    let right = env.panes("claude-alpha")[1].id.clone();
    type_into(&env, &right, "cd größe");
    wait_until("the directory", || {
        (env.panes("claude-alpha")[1].cwd == umlaut).then_some(())
    });
    env.tsm(["save"]).run().success();
    env.kill_server_hard();
    let mut invocation = env.tsm(["restore"]).dir("/");
    for variable in [
        "LC_ALL",
        "TERM",
        "SHELL",
        "TMUX_TMPDIR",
        "XDG_RUNTIME_DIR",
        "TZ",
        "TMPDIR",
    ] {
        invocation = invocation.env_remove(variable);
    }
    invocation.run().success();
    wait_until("the directory", || {
        (env.panes("claude-alpha")[1].cwd == umlaut).then_some(())
    });
}
