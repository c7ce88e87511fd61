//! A small command, and a batch of ten.

use tests::Environment;
use tests::bench::contest::Outcome;
use tests::bench::{Contender, Contest};
use tmux_core::{Batch, Command, Server, SessionId};

use crate::park::{self, park};
use crate::transports::{WAYS, by, say};
use crate::{bare, hold};

pub(crate) const ABOUT: &str = "\
A small command (`display-message -p`) and a `Batch` of ten (`set-option`, on one session), on servers with 1 to 500
sessions of two panes. The base is one `tmux` program with the same arguments. Panes run `sleep`.";

pub(crate) fn run() -> Vec<Outcome> {
    [1, 10, 100, 500]
        .into_iter()
        .flat_map(|sessions| {
            let env = park(sessions);
            [one(&env, sessions), ten(&env, sessions)]
        })
        .collect()
}

fn one(env: &Environment, sessions: usize) -> Outcome {
    let args = bare::args(&[say("x")]);
    let socket = env.socket();
    let check = |stdout: Vec<u8>| assert_eq!(stdout, b"x\n");
    let base = || Contender::new("tmux", || bare::call(&socket, &args), check);
    let contest = Contest::new(format!("1 command, {}", park::sessions(sessions)), base);
    hold(WAYS.into_iter().fold(contest, |contest, way| {
        let run = |server: &Server| server.run(vec![say("x")]).expect("a reply");
        contest.against(by(way, env, run, move |reply| check(reply.stdout)))
    }))
}

fn ten(env: &Environment, sessions: usize) -> Outcome {
    let mut batch = Batch::stop();
    for n in 0..10 {
        batch.push(Command::set_user_option(SessionId(0), "@bench", n.to_string().into()));
    }
    let args = bare::args(batch.commands());
    let socket = env.socket();
    let base = || {
        Contender::new(
            "tmux",
            || bare::call(&socket, &args),
            |stdout| assert!(stdout.is_empty()),
        )
    };
    let contest = Contest::new(format!("10 commands, {}", park::sessions(sessions)), base);
    hold(WAYS.into_iter().fold(contest, |contest, way| {
        let run = |server: &Server| server.run_whole_batch(&batch).expect("results");
        contest.against(by(way, env, run, |results| assert_eq!(results.len(), 10)))
    }))
}
