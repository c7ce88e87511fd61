use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};

use super::*;

/// A shell that says when it is ready, and then sleeps.
fn shell(trap: &str) -> Child {
    let script = format!("{trap}; echo ready; while :; do sleep 0.01; done");
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .stdout(Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut line = String::new();
    let out = child.stdout.as_mut().expect("its output");
    BufReader::new(out).read_line(&mut line).expect("a line");
    assert_eq!(line, "ready\n");
    child
}

fn ending(child: &Child, signal: Signal, timeout: Duration) -> Ending {
    Ending {
        process: ProcessIdentity::of(child.id()).expect("/proc").expect("a process"),
        signal,
        timeout,
    }
}

#[test]
fn each_gets_its_own_signal_and_time_and_who_stays_is_killed() {
    let long = Duration::from_secs(30);
    let mut term = shell("trap 'exit 3' TERM; trap '' INT");
    let mut int = shell("trap 'exit 4' INT; trap '' TERM");
    let mut stubborn = shell("trap '' TERM");
    let outcomes = end_processes(vec![
        ending(&term, Signal::Term, long),
        ending(&int, Signal::Int, long),
        ending(&stubborn, Signal::Term, Duration::from_millis(50)),
    ]);
    assert!(
        outcomes.len() == 3 && outcomes.iter().all(|(_, outcome)| outcome.is_ok()),
        "{outcomes:?}"
    );
    assert_eq!(term.wait().expect("its status").code(), Some(3));
    assert_eq!(int.wait().expect("its status").code(), Some(4));
    assert_eq!(stubborn.wait().expect("its status").signal(), Some(9));
}

#[test]
fn who_was_stopped_goes_on_to_see_the_signal() {
    let mut stopped = shell("trap 'exit 5' TERM");
    let process = ProcessIdentity::of(stopped.id()).expect("/proc").expect("a process");
    let stop = Command::new("kill").args(["-STOP", &stopped.id().to_string()]).status();
    assert!(stop.expect("kill").success());
    end_process(process, Signal::Term, Duration::from_secs(30)).expect("ended");
    assert_eq!(stopped.wait().expect("its status").code(), Some(5));
}

#[test]
fn neither_this_process_nor_what_has_ended_gets_a_signal() {
    let mut ended = Command::new("true").spawn().expect("a process");
    let identity = ending(&ended, Signal::Kill, Duration::ZERO);
    ended.wait().expect("its end");
    let this = ProcessIdentity::current().expect("/proc");
    end_process(this, Signal::Kill, Duration::ZERO).expect("left alone");
    assert!(end_processes(vec![identity]).is_empty());
}
