//! Bringing a hundred sessions back after their server was killed.

use std::fs;
use std::time::Duration;

use tests::bench::contest::Outcome;
use tests::bench::{Contender, Contest};
use tests::{Environment, Output, Process};

use crate::hold;
use crate::park::panes;

const SESSIONS: usize = 100;

/// What `tsm restore` asks tmux in the same call; by hand nobody would.
const LISTING: [&str; 5] = [
    "display-message",
    "list-sessions",
    "list-clients",
    "list-windows",
    "list-panes",
];

const LIMIT: f64 = 1.05;

/// How long a shell takes to end at most.
const GRACE: Duration = Duration::from_secs(20);

const TIME_LIMIT: Duration = Duration::from_secs(120);

pub(crate) const ABOUT: &str = "\
`tsm restore` of 100 saved sessions of two panes after kill -9 of their server, until all is recorded on disk. The base is
one `tmux start-server \\; source-file` with the same commands in a file, without those that only look. Panes run login shells (`sh`).";

pub(crate) fn run() -> Vec<Outcome> {
    let env = saved();
    let file = env.root().join("restore.conf");
    fs::write(&file, commands(&env)).expect("a file of commands");
    let prepare = || start_over(&env);
    let check = |output: Output| {
        let _nothing = output.success();
        assert_eq!(panes(&env), SESSIONS * 2);
    };
    let by_hand = || {
        let args = ["start-server", ";", "source-file"];
        let call = env.tmux_command(args).arg(&file);
        call.time_limit(TIME_LIMIT).run()
    };
    let base = || Contender::new("tmux source-file", by_hand, check).prepared_by(prepare);
    let tsm = || env.tsm(["restore"]).time_limit(TIME_LIMIT).run();
    let contest = Contest::new(format!("{SESSIONS} sessions"), base)
        .rounds(20, 60)
        .pause(Duration::from_millis(300))
        .against(
            Contender::new("tsm restore", tsm, check)
                .prepared_by(prepare)
                .limit(LIMIT),
        );
    vec![hold(contest)]
}

/// That many sessions on a server, and saved.
fn saved() -> Environment {
    let env = Environment::new().with_leak_grace(Duration::from_secs(60));
    for n in 0..SESSIONS {
        let path = env.project(&format!("p{n}"));
        let _output = env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
    }
    let _output = env.tsm(["save"]).time_limit(TIME_LIMIT).run().success();
    env
}

/// The commands that `tsm restore` gives to tmux, a session a line, from what it tells with `DEBUG=1`.
fn commands(env: &Environment) -> String {
    start_over(env);
    let output = env
        .tsm(["restore"])
        .env("DEBUG", "1")
        .time_limit(TIME_LIMIT)
        .run()
        .success();
    let stderr = output.stderr_str();
    let calls = stderr
        .lines()
        .filter(|line| line.contains("\"new-session\""))
        .filter_map(|line| line.split_once(", status 0: "));
    let mut lines: Vec<String> = Vec::new();
    for command in calls.flat_map(|(_, commands)| commands.split(" ; ")) {
        if command.starts_with("\"new-session\"") {
            lines.push(command.to_owned());
        } else if !LISTING.iter().any(|verb| command.starts_with(&format!("\"{verb}\"")))
            && let Some(line) = lines.last_mut()
        {
            line.push_str(" ; ");
            line.push_str(command);
        }
    }
    let text = lines.join("\n") + "\n";
    assert_eq!(text.lines().count(), SESSIONS, "{stderr}");
    text
}

/// No server, and none of its shells, which would still be ending.
fn start_over(env: &Environment) {
    let pids = env.tmux(["list-panes", "-a", "-F", "#{pane_pid}"]);
    let pids = String::from_utf8_lossy(&pids).into_owned();
    let shells: Vec<Process> = pids.lines().filter_map(|pid| Process::of(pid.parse().ok()?)).collect();
    env.kill_server_hard();
    assert!(
        shells.iter().all(|shell| shell.wait_ended(GRACE)),
        "a shell outlives its server"
    );
}
