//! The dashboard over 100 sessions: how soon a key is seen, and what it costs while nothing happens. And the line for tmux's
//! status, which tmux asks for again and again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tests::{AttachedClient, Environment};

use super::{Measured, wait_plainly};

const SESSIONS: usize = 100;

/// A key to its picture.
const REDRAW: Duration = Duration::from_millis(50);

/// How long it is watched doing nothing, and two percent of that.
const IDLE: Duration = Duration::from_secs(20);

/// One call for tmux's status line, from its start to what it prints.
const LINE: Duration = Duration::from_millis(10);

pub(super) fn dashboard() -> Vec<Measured> {
    let env = Environment::new().with_leak_grace(Duration::from_secs(60));
    for n in 0..SESSIONS {
        let path = env.project(&format!("p{n}"));
        let _output = env.tsm(["create", "."]).dir(&path).run().success();
    }
    let mut terminal = env.tsm(["dashboard"]).in_terminal();
    terminal.wait_screen(|screen| screen.contains("100 of 100 live"));
    let measured = vec![redraw(&mut terminal), idle(&terminal), status_line(&env)];
    terminal.type_text("\x03");
    assert!(terminal.exit_status().success());
    measured
}

fn redraw(terminal: &mut AttachedClient<'_>) -> Measured {
    terminal.type_text("/");
    let mut typed = String::new();
    let mut machine = Duration::ZERO;
    let took = (0..40).map(|n| {
        machine = machine.max(late());
        typed.push(char::from(b'0' + n % 10));
        let started = Instant::now();
        terminal.type_text(&typed[typed.len() - 1..]);
        let foot = format!("/{typed}");
        while !terminal.screen().contains(&foot) {
            assert!(started.elapsed() < Duration::from_secs(20), "{}", terminal.screen());
            std::thread::yield_now();
        }
        started.elapsed()
    });
    let worst = took.max().unwrap();
    terminal.type_text("\x1b");
    Measured {
        what: format!("from a key to its picture, {SESSIONS} sessions"),
        worst,
        bound: REDRAW,
        machine,
    }
}

fn idle(terminal: &AttachedClient<'_>) -> Measured {
    let before = processor_time(terminal.pid());
    let _nothing_happens = wait_plainly(IDLE);
    Measured {
        what: format!("the processor's time of {IDLE:?} in which nothing happens, {SESSIONS} sessions"),
        worst: processor_time(terminal.pid()) - before,
        bound: IDLE / 50,
        // Time of the processor that others have isn't counted.
        machine: Duration::ZERO,
    }
}

fn status_line(env: &Environment) -> Measured {
    let mut machine = Duration::ZERO;
    // The first of all has nothing to tell that was kept.
    run(env.tsm(["status", "--tmux", "p7"]).prepared());
    let took = (0..40).map(|_| {
        machine = machine.max(run(Command::new("/bin/true")));
        run(env.tsm(["status", "--tmux", "p7"]).prepared())
    });
    Measured {
        what: format!("`tsm status --tmux`, {SESSIONS} sessions"),
        worst: took.max().unwrap(),
        bound: LINE,
        machine,
    }
}

/// From its start to its first line, or its end without one.
fn run(mut command: Command) -> Duration {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let took = started.elapsed();
    assert!(child.wait().unwrap().success());
    took
}

/// How late this machine is when a wait of a millisecond ends.
fn late() -> Duration {
    wait_plainly(Duration::from_millis(1))
}

/// What a process has used so far, in user and kernel mode.
fn processor_time(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = fields.split(' ').collect();
    // Fields 14 and 15 of proc(5); the first here is the third.
    let ticks: u64 = fields[11..13].iter().map(|ticks| ticks.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
}
