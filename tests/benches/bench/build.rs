//! A hundred sessions in one batch.

use std::fs;
use std::time::Duration;

use bstr::BString;
use tests::Environment;
use tests::bench::contest::Outcome;
use tests::bench::{Contender, Contest};
use tmux_core::{Batch, Command, ExactName, NewSession, Server, Size, SplitWindow};

use crate::park::{PANE, panes, park};
use crate::transports::{WAYS, by};
use crate::{bare, hold};

const SESSIONS: usize = 100;

const LIMIT: f64 = 1.05;

pub(crate) const ABOUT: &str = "\
One `Batch` that makes 100 sessions of two panes, on a server with one session. The base is one `tmux source-file` with
the same commands in a file. Panes run `sleep`, the sessions are ended between the measurements.";

pub(crate) fn run() -> Vec<Outcome> {
    let env = park(1);
    let mut batch = Batch::stop();
    for command in (0..SESSIONS).flat_map(session) {
        batch.push(command);
    }
    let file = env.root().join("build.conf");
    fs::write(&file, lines(batch.commands())).expect("a file of commands");
    let socket = env.socket();
    let args = [bare::words(&["source-file"]), vec![file.into_os_string()]].concat();
    let base = || Contender::new("tmux source-file", || bare::call(&socket, &args), |_| start_over(&env));
    let contest = Contest::new(format!("{SESSIONS} sessions"), base)
        .rounds(20, 60)
        // As long as it takes two hundred processes to be gone.
        .pause(Duration::from_millis(300));
    let contest = WAYS.into_iter().fold(contest, |contest, way| {
        let run = |server: &Server| server.run_whole_batch(&batch).expect("results");
        contest.against(by(way, &env, run, |_| start_over(&env)).limit(LIMIT))
    });
    vec![hold(contest)]
}

fn session(n: usize) -> [Command; 2] {
    let name = format!("b{n}");
    let program: Vec<BString> = PANE.split(' ').skip(1).map(BString::from).collect();
    let new = NewSession {
        name: name.clone().into(),
        window_name: Some("w".into()),
        directory: "/".into(),
        size: Some((200, 50)),
        program: program.clone(),
        ..NewSession::default()
    };
    let split = SplitWindow {
        target: ExactName::new(name).expect("a name").into(),
        left_right: true,
        size: Some(Size::Cells(20)),
        detached: false,
        directory: "/".into(),
        program,
        before: false,
        full: false,
        environment: Vec::new(),
        print: None,
    };
    [new.command(), split.command()]
}

/// The commands in tmux's own language, a line each.
fn lines(commands: &[Command]) -> Vec<u8> {
    let lines: Vec<BString> = commands.iter().map(Command::to_line).collect();
    bstr::join("\n", lines)
}

/// What was to be made is there; it is ended.
fn start_over(env: &Environment) {
    assert_eq!(panes(env), (SESSIONS + 1) * 2);
    env.tmux(["kill-session", "-a", "-t", "=s0"]);
    assert_eq!(panes(env), 2);
}
