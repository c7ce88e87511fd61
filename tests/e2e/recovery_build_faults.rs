//! Killed at its system calls while it builds sessions, whatever builds them: `tsm restore` with many, in two calls, the first
//! recorded while the last are built; and with no server, which is then started by `tsm restore`,
//! `tsm-recovery restore --sessions` and `tsm-recovery emergency`. Afterwards the same command completes it: nothing is
//! there twice, and nothing half-made.
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

/// Without a server a call more or less makes no difference.
const FEW: usize = 3;

/// How many of its calls are tried in the gate.
const SAMPLE: usize = 10;

/// The same of each command that starts the server.
const SAMPLE_STARTING: usize = 5;

/// The calls that change files or speak with tmux, or could tell something wrong about them.
const CALLS: &str = "openat,write,writev,sendto,sendmsg,recvfrom,recvmsg,connect,ppoll,fsync,rename,renameat2,linkat,unlink,\
                     unlinkat,mkdir,ftruncate,flock,close,clone3,futex";

const TIME_LIMIT: Duration = Duration::from_secs(60);

struct Lost {
    env: Environment,
    sessions: usize,
    /// The command that is killed.
    program: &'static str,
    args: Vec<String>,
    /// Whether there is a server already, with somebody else's session.
    with_server: bool,
    /// Every pane as it was.
    before: BTreeMap<String, String>,
}

impl Lost {
    /// Saved sessions whose server is gone; `args` are made from the file of a backup of them.
    fn new(sessions: usize, with_server: bool, program: &'static str, args: impl Fn(&str) -> Vec<String>) -> Self {
        let env = Environment::new();
        for n in 0..sessions {
            let path = env.project(&format!("p{n:02}"));
            env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
        }
        let before = wait_until("the shells' directories", || {
            let panes = panes(&env);
            let started = panes.values().all(|pane| pane.contains("/projects/p"));
            (panes.len() == sessions * 2 && started).then_some(panes)
        });
        env.tsm(["save"]).run().success();
        let backup = env.recovery(["backup", "--full"]).run().success();
        env.kill_server_hard();
        let lost = Self {
            args: args(backup.stdout_str().trim()),
            env,
            sessions,
            program,
            with_server,
            before,
        };
        lost.copy("home", "initial");
        lost
    }

    fn copy(&self, from: &str, to: &str) {
        let root = self.env.root();
        fs::remove_dir_all(root.join(to)).unwrap_or_default();
        let cp = self.env.command("cp", ["-a"]).dir("/");
        cp.arg(root.join(from)).arg(root.join(to)).run().success();
    }

    /// As after the loss; a new server that holds somebody else's session may be there before tsm.
    fn again(&self) {
        if self.env.server().is_some() {
            self.env.kill_server_hard();
        }
        self.copy("initial", "home");
        if self.with_server {
            self.env.tmux(["new-session", "-d", "-s", "other", "sleep", "86399"]);
        }
    }

    /// The command under strace, which lets go of what it starts (`-b execve`): tmux isn't what is killed.
    fn traced(&self, what: &str, log: &str) -> Output {
        let program = self.env.bin().join(self.program);
        let strace = self
            .env
            .command("strace", ["-f", "-y", "-b", "execve", "-qq", "-e", what, "-o", log]);
        let invocation = strace.arg(program).args(&self.args).dir("/");
        invocation.time_limit(TIME_LIMIT).run()
    }

    /// Its calls by name and number. strace counts those of each thread for itself.
    fn points(&self) -> Vec<(String, usize)> {
        self.again();
        let log = self.env.root().join("calls");
        self.traced(&format!("trace={CALLS}"), log.to_str().unwrap()).success();
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
            // Looking at other processes changes nothing, and there are hundreds of them.
            if !rest.contains("</proc/") && !rest.contains("\"/proc/") && !points.contains(&point) {
                points.push(point);
            }
        }
        points
    }

    /// What was wrong after it was killed there.
    fn killed_at(&self, call: &str, when: usize) -> Result<(), String> {
        self.again();
        let killed = self.traced(&format!("inject={call}:signal=KILL:when={when}"), "/dev/null");
        let next = self.env.command(self.program, &self.args);
        let next = next.dir("/").time_limit(TIME_LIMIT).run();
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
        let mut expected: Vec<String> = (0..self.sessions).map(|n| format!("claude-p{n:02}")).collect();
        if self.with_server {
            expected.push("other".to_owned());
        }
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

fn try_all(lost: &Lost, sample: usize) {
    if !may_trace(&lost.env) {
        return;
    }
    let points = lost.points();
    assert!(points.len() > 50, "{points:?}");
    let total = points.len();
    let points = Extent::asked().of(points, sample);
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

fn words(args: &[&str]) -> Vec<String> {
    args.iter().map(|word| (*word).to_owned()).collect()
}

#[test]
fn a_restore_that_is_killed_while_it_builds() {
    try_all(&Lost::new(SESSIONS, true, "tsm", |_| words(&["restore"])), SAMPLE);
}

#[test]
fn a_restore_that_is_killed_while_it_starts_the_server() {
    let lost = Lost::new(FEW, false, "tsm", |_| words(&["restore"]));
    try_all(&lost, SAMPLE_STARTING);
}

#[test]
fn a_restore_of_a_backup_that_is_killed_while_it_starts_the_server() {
    let lost = Lost::new(FEW, false, "tsm-recovery", |file| {
        words(&["restore", file, "--sessions"])
    });
    try_all(&lost, SAMPLE_STARTING);
}

#[test]
fn an_emergency_that_is_killed_while_it_starts_the_server() {
    let lost = Lost::new(FEW, false, "tsm-recovery", |_| words(&["emergency", "--yes"]));
    try_all(&lost, SAMPLE_STARTING);
}
