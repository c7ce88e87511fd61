//! What saving by itself costs while nothing happens.

use std::fs;
use std::time::Duration;

use tests::{Environment, Process, Signal, wait_until};

use super::{Measured, wait_plainly};

const SESSIONS: usize = 50;
const PERIOD: Duration = Duration::from_secs(60);

/// Half a percent of a core.
const BOUND: Duration = Duration::from_millis(300);

/// The processor time of the watcher and of the server it asks in a minute, in which it saves everything once, beside that
/// of the server alone.
pub(crate) fn watching() -> Vec<Measured> {
    let env = Environment::new().with_leak_grace(Duration::from_secs(60));
    for n in 0..SESSIONS {
        let path = env.project(&format!("p{n}"));
        let _name = env.tsm(["create", ".", "-q", "--no-agent"]).dir(path).run().success();
    }
    let server = env.server().expect("a server").pid;
    // What the shells do when they start is over after this.
    let _late = wait_plainly(Duration::from_secs(10));
    let before = used(server);
    let _late = wait_plainly(PERIOD);
    let alone = used(server).saturating_sub(before);

    let watcher = env.tsm(["watch", "-q"]).time_limit(PERIOD * 10).start();
    let log = env.home().join(".local/state/tsm/tsm.log");
    wait_until("the watcher", || {
        fs::read_to_string(&log)
            .unwrap_or_default()
            .contains("watch: there is a server")
            .then_some(())
    });
    // It looks at everything when it begins.
    let _late = wait_plainly(Duration::from_secs(5));
    let before = used(server) + used(watcher.pid());
    let _late = wait_plainly(PERIOD);
    let together = used(server) + used(watcher.pid());
    let process = Process::of(watcher.pid()).expect("it runs");
    process.signal(Signal::TERM);
    let _output = watcher.wait().success();
    vec![Measured {
        what: format!("processor time in a minute: a watcher and its questions, {SESSIONS} sessions"),
        worst: together.saturating_sub(before).saturating_sub(alone),
        bound: BOUND,
        machine: Duration::ZERO,
    }]
}

/// The processor time of a process, in the kernel's nanoseconds.
fn used(pid: u32) -> Duration {
    let text = fs::read_to_string(format!("/proc/{pid}/schedstat")).expect("a living process");
    let nanoseconds = text.split(' ').next().and_then(|number| number.parse().ok());
    Duration::from_nanos(nanoseconds.expect("a number"))
}
