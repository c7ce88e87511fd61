//! A small command, and ten in one call.

use tests::Environment;
use tests::bench::contest::Outcome;
use tests::bench::{Contender, Contest};
use tmux_core::{Command, Server, SessionId};

use crate::park::park;
use crate::transports::{WAYS, by, say};
use crate::{bare, hold};

pub(crate) const ABOUT: &str = "\
A small command (`display-message -p`) and ten in one call (`set-option`, on one session), on servers with 1 to 500
sessions of two panes. The base is one `tmux` program with the same arguments. Panes run `sleep`.";

pub(crate) fn run() -> Vec<Outcome> {
    let sizes = [1, 10, 100, 500];
    sizes
        .into_iter()
        .flat_map(|sessions| {
            let env = park(sessions);
            let one = vec![say("x")];
            let options = |n: i32| Command::set_user_option(SessionId(0), "@bench", n.to_string().into());
            let ten: Vec<Command> = (0..10).map(options).collect();
            [
                contest(&env, format!("1 command, {sessions} sessions"), &one, b"x\n"),
                contest(&env, format!("10 commands, {sessions} sessions"), &ten, b""),
            ]
        })
        .collect()
}

fn contest(env: &Environment, name: String, commands: &[Command], printed: &'static [u8]) -> Outcome {
    let args = bare::args(commands);
    let socket = env.socket();
    let check = move |stdout: Vec<u8>| assert_eq!(stdout, printed);
    let base = || Contender::new("tmux", || bare::call(&socket, &args), check);
    let contest = WAYS.into_iter().fold(Contest::new(name, base), |contest, way| {
        let run = |server: &Server| server.run(commands.to_vec()).expect("a reply");
        contest.against(by(way, env, run, move |reply| check(reply.stdout)))
    });
    hold(contest)
}
