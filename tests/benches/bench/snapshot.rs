//! Everything on a server in one call.

use std::ffi::OsString;
use std::sync::Arc;

use tests::Environment;
use tests::bench::contest::Outcome;
use tests::bench::{Contender, Contest};
use tmux_core::{Command, Error, Scripted, Server, Snapshot, Socket, UserOptions};

use crate::park::{self, park};
use crate::transports::{WAYS, Way, by};
use crate::{bare, hold};

pub(crate) const ABOUT: &str = "\
`Server::snapshot`, decoded, on servers with 1 to 500 sessions of two panes. The base is one `tmux list-panes -a` with
the same fields, parted by tabs, whose output nobody reads. Panes run `sleep`.";

pub(crate) fn run() -> Vec<Outcome> {
    [1, 10, 100, 500].into_iter().map(contest).collect()
}

fn contest(sessions: usize) -> Outcome {
    let env = park(sessions);
    let args = plain_list(|server| server.snapshot(UserOptions::default()));
    let socket = env.socket();
    let lines = move |stdout: Vec<u8>| {
        let count = stdout.iter().filter(|byte| **byte == b'\n').count();
        assert_eq!(count, sessions * 2);
    };
    let base = || Contender::new("tmux list-panes", || bare::call(&socket, &args), lines);
    let contest = Contest::new(park::sessions(sessions), base).rounds(40, 120);
    let contest = WAYS.into_iter().fold(contest, |contest, way| {
        let contender = contender(&env, way, sessions);
        let limit = if sessions <= 100 { 0.8 } else { 1.0 };
        contest.against(if way == Way::Direct {
            contender.limit(limit)
        } else {
            contender
        })
    });
    hold(contest)
}

fn contender(env: &Environment, way: Way, sessions: usize) -> Contender<'_> {
    let run = |server: &Server| server.snapshot(UserOptions::default()).expect("a snapshot");
    by(way, env, run, move |snapshot: Snapshot| {
        assert_eq!(snapshot.sessions.len(), sessions);
        assert!(
            snapshot.sessions.iter().all(|session| session.panes().count() == 2),
            "{snapshot:?}"
        );
    })
}

/// `list-panes -a` with the fields of sessions, windows and panes that a question asks for, as one would type it: without
/// quoting.
pub(crate) fn plain_list(question: impl Fn(&Server) -> Result<Snapshot, Error>) -> Vec<OsString> {
    let script = Arc::new(Scripted::default());
    let server = Server::over(script.clone(), Socket::at_path("/nowhere"));
    // It answers that there is no server; the question is what counts.
    question(&server).expect_err("no server");
    let call = script.calls().pop().expect("a call");
    let commands = call.request.groups.iter().flatten();
    let lists = commands.filter(|command| ["list-sessions", "list-windows", "list-panes"].contains(&&*command.verb()));
    let mut fields: Vec<String> = lists
        .flat_map(Command::words)
        .flat_map(|word| fields(&word.to_string()))
        .collect();
    fields.sort();
    fields.dedup();
    assert!(fields.len() > 10, "{fields:?}");
    bare::words(&["list-panes", "-a", "-F", &fields.join("\t")])
}

/// The variables of a row: `#{name}` or `#{q:name}`, each before a bar.
fn fields(format: &str) -> Vec<String> {
    let variables = format.split("#{").skip(1).filter_map(|rest| rest.split_once("}|"));
    variables
        .map(|(field, _)| format!("#{{{}}}", field.trim_start_matches("q:")))
        .collect()
}
