//! `tsm restore` killed at its system calls while it builds many sessions: in two calls, the first recorded while the last
//! are built. Afterwards the next one completes it: nothing is there twice, and nothing half-made.
//!
//! The gate tries a sample of the calls, `cargo xtask soak recovery` every one.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use tests::{Environment, Extent, Output, wait_until};

use crate::recovery_detect::findings;
use crate::recovery_faults::may_trace;
use crate::switch::sessions;

/// The fewest that are built in two calls; see `session-ops/src/build.rs`.
const SESSIONS: usize = 16;

/// How many of its calls are tried in the gate.
const SAMPLE: usize = 10;

/// The calls that change files or speak with tmux, or could tell something wrong about them.
const CALLS: &str = "openat,write,writev,sendto,sendmsg,recvfrom,recvmsg,connect,ppoll,fsync,rename,renameat2,linkat,unlink,\
                     unlinkat,mkdir,ftruncate,flock,close,clone3,futex";

const TIME_LIMIT: Duration = Duration::from_secs(60);

struct Lost {
    env: Environment,
    /// Every pane as it was.
    before: BTreeMap<String, String>,
}

impl Lost {
    /// Saved sessions whose server is gone.
    fn new() -> Self {
        let env = Environment::new();
        for n in 0..SESSIONS {
            let path = env.project(&format!("p{n:02}"));
            env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
        }
        let before = wait_until("the shells' directories", || {
            let panes = panes(&env);
            let started = panes.values().all(|pane| pane.contains("/projects/p"));
            (panes.len() == SESSIONS * 2 && started).then_some(panes)
        });
        env.tsm(["save"]).run().success();
        env.kill_server_hard();
        let lost = Self { env, before };
        lost.copy("home", "initial");
        lost
    }

    fn copy(&self, from: &str, to: &str) {
        let root = self.env.root();
        fs::remove_dir_all(root.join(to)).unwrap_or_default();
        let cp = self.env.command("cp", ["-a"]).dir("/");
        cp.arg(root.join(from)).arg(root.join(to)).run().success();
    }

    /// As after the loss, with a new server that holds somebody else's session: it is there before tsm, so that tsm
    /// starts no process which would be traced too.
    fn again(&self) {
        if self.env.server().is_some() {
            self.env.kill_server_hard();
        }
        self.copy("initial", "home");
        self.env.tmux(["new-session", "-d", "-s", "other", "sleep", "86399"]);
    }

    fn restore_traced(&self, what: &str, log: &str) -> Output {
        let tsm = self.env.bin().join("tsm");
        let strace = self.env.command("strace", ["-f", "-qq", "-e", what, "-o", log]);
        strace.arg(tsm).arg("restore").dir("/").time_limit(TIME_LIMIT).run()
    }

    /// Its calls by name and number. strace counts those of each thread for itself.
    fn points(&self) -> Vec<(String, usize)> {
        self.again();
        let log = self.env.root().join("calls");
        self.restore_traced(&format!("trace={CALLS}"), log.to_str().unwrap())
            .success();
        let text = String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned();
        let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut points: Vec<(String, usize)> = Vec::new();
        for line in text.lines() {
            let Some((thread, rest)) = line.trim_start().split_once(' ') else {
                continue;
            };
            let Some((name, _)) = rest.trim_start().split_once('(') else {
                continue;
            };
            if !CALLS.split(',').any(|call| call.trim() == name) {
                continue;
            }
            let count = counts.entry((thread, name)).or_default();
            *count += 1;
            let point = (name.to_owned(), *count);
            if !points.contains(&point) {
                points.push(point);
            }
        }
        points
    }

    /// What was wrong after it was killed there.
    fn killed_at(&self, call: &str, when: usize) -> Result<(), String> {
        self.again();
        let killed = self.restore_traced(&format!("inject={call}:signal=KILL:when={when}"), "/dev/null");
        let next = self.env.tsm(["restore"]).dir("/").time_limit(TIME_LIMIT).run();
        let say = |what: &str| Err(format!("{call} #{when}: {what}"));
        if killed.stderr_str().contains("panicked") || next.stderr_str().contains("panicked") {
            return say("it panicked");
        }
        if !next.status.success() {
            return say(&format!(
                "the next one fails: {}{}",
                next.stdout_str(),
                next.stderr_str()
            ));
        }
        let mut expected: Vec<String> = (0..SESSIONS).map(|n| format!("claude-p{n:02}")).collect();
        expected.push("other".to_owned());
        let living = sessions(&self.env);
        if living != expected {
            return say(&format!("{living:?}"));
        }
        let mut now = BTreeMap::new();
        for _ in 0..3 {
            // Where a shell is, it says when it has started.
            now = wait_until("the shells", || {
                let now = panes(&self.env);
                now.values().all(|pane| !pane.ends_with(' ')).then_some(now)
            });
            now.retain(|place, _| !place.starts_with("other:"));
            if now == self.before {
                break;
            }
        }
        if now != self.before {
            return say(&format!("{now:?} instead of {:?}", self.before));
        }
        let found = findings(&self.env, "detect");
        if found.is_empty() {
            Ok(())
        } else {
            say(&format!("{found:?}"))
        }
    }
}

fn panes(env: &Environment) -> BTreeMap<String, String> {
    let format = "#{session_name}:#{window_index}.#{pane_index}|#{@tsm_project} #{pane_width}x#{pane_height} \
                  #{pane_left},#{pane_top} #{window_name} #{pane_active} #{pane_current_path}";
    let text = String::from_utf8_lossy(&env.tmux(["list-panes", "-a", "-F", format])).into_owned();
    let pane = |line: &str| {
        line.split_once('|')
            .map(|(place, what)| (place.to_owned(), what.to_owned()))
    };
    text.lines().filter_map(pane).collect()
}

#[test]
fn a_restore_that_is_killed_while_it_builds() {
    let lost = Lost::new();
    if !may_trace(&lost.env) {
        return;
    }
    let points = lost.points();
    assert!(points.len() > 50, "{points:?}");
    let total = points.len();
    let points = Extent::asked().of(points, SAMPLE);
    let failures: Vec<String> = points
        .iter()
        .filter_map(|(call, when)| lost.killed_at(call, *when).err())
        .collect();
    let tried = points.len();
    assert!(
        failures.is_empty(),
        "{} of {tried} (of {total}): {failures:#?}",
        failures.len()
    );
}
