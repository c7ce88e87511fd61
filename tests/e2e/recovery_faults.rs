//! Killed, or refused by the system, at every system call of backup, restore and cleanup: nothing is lost or mixed, and
//! the next command needs no help.
//!
//! Here a sample is tried; with `TSM_SOAK=1` every call.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tests::{Environment, Invocation, Output};

/// The calls that change files, or could tell something wrong about them.
const CALLS: &str = "openat,write,pwrite64,fsync,rename,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,rmdir,\
                     ftruncate,flock,getdents64,read,statx,lseek,close";

/// What the system can answer.
const ERRORS: [&str; 5] = ["EIO", "ENOSPC", "EDQUOT", "EMFILE", "EACCES"];

/// How many points of each operation and fault are tried here.
const SAMPLE: usize = 24;

fn soak() -> bool {
    std::env::var_os("TSM_SOAK").is_some_and(|soak| soak == "1")
}

/// Files by their path below the directory; what killed runs left counts too.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, directory: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

/// The states themselves, without history and leftovers.
fn states(env: &Environment) -> BTreeMap<String, Vec<u8>> {
    let all = tree(&env.home().join(".claude/session-states"));
    all.into_iter()
        .filter(|(name, _)| name.ends_with(".state") && !name.contains('/'))
        .collect()
}

fn leftovers(env: &Environment) -> Vec<String> {
    let all = tree(&env.home().join(".claude"));
    all.into_keys()
        .filter(|name| name.contains(".tmp-") || name.contains(".restore-"))
        .collect()
}

struct Operation {
    env: Environment,
    args: Vec<String>,
    old: BTreeMap<String, Vec<u8>>,
    new: BTreeMap<String, Vec<u8>>,
}

impl Operation {
    /// Three saved projects without a server, two backups, and then other states.
    fn new(args: impl Fn(&str) -> Vec<String>) -> Self {
        let env = Environment::new();
        for name in ["alpha", "beta", "gamma"] {
            let path = env.project(name);
            env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
        }
        let day = 86_400;
        let start = 1_900_000_000;
        env.recovery(["backup", "--full"]).at(start).run().success();
        let file = env.recovery(["backup", "--full"]).at(start + 30 * day).run().success();
        let new = states(&env);
        for name in ["alpha", "beta", "gamma"] {
            env.tmux(["rename-window", "-t", &format!("=claude-{name}:"), "changed"]);
        }
        env.tsm(["save"]).run().success();
        env.kill_server_hard();
        let args = args(file.stdout_str().trim());
        let old = states(&env);
        assert_ne!(old, new);
        let operation = Self { env, args, old, new };
        operation.copy("home", "initial");
        operation
    }

    fn copy(&self, from: &str, to: &str) {
        let root = self.env.root();
        fs::remove_dir_all(root.join(to)).unwrap_or_default();
        self.env
            .command("cp", ["-a"])
            .dir("/")
            .arg(root.join(from))
            .arg(root.join(to))
            .run()
            .success();
    }

    fn invocation(&self, program: &str, args: &[String]) -> Invocation<'_> {
        self.env.command(program, args).dir("/").at(1_900_000_000 + 31 * 86_400)
    }

    fn plain(&self) -> Output {
        self.invocation("tsm-recovery", &self.args).run()
    }

    /// Runs it with a fault at one call; everything is as in the beginning before.
    fn faulty(&self, call: &str, when: usize, fault: &str) -> Output {
        self.copy("initial", "home");
        let mut args: Vec<String> = ["-f", "-qq", "-o", "/dev/null", "-e"].map(str::to_owned).into();
        args.push(format!("inject={call}:{fault}:when={when}"));
        args.push(self.env.bin().join("tsm-recovery").display().to_string());
        args.extend(self.args.iter().cloned());
        self.invocation("strace", &args).run()
    }

    /// Every call that it makes from the first on that has to do with its files, by name and number.
    fn points(&self) -> Vec<(String, usize)> {
        self.copy("initial", "home");
        let log = self.env.root().join("calls");
        let mut args: Vec<String> = ["-f", "-qq", "-e"].map(str::to_owned).into();
        args.push(format!("trace={CALLS}"));
        args.extend(["-o".to_owned(), log.display().to_string()]);
        args.push(self.env.bin().join("tsm-recovery").display().to_string());
        args.extend(self.args.iter().cloned());
        self.invocation("strace", &args).run().success();
        let text = String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut points = Vec::new();
        let mut begun = false;
        for line in text.lines() {
            let Some((_, rest)) = line.trim_start().split_once(' ') else {
                continue;
            };
            let Some((name, _)) = rest.trim_start().split_once('(') else {
                continue;
            };
            let count = counts.entry(name.to_owned()).or_default();
            *count += 1;
            begun |= line.contains("/home/.");
            if begun && CALLS.split(',').any(|call| call.trim() == name) {
                points.push((name.to_owned(), *count));
            }
        }
        points
    }

    /// What must hold whatever happened, and that the next command works by itself.
    fn check(&self, output: &Output, what: &str, restores: bool) {
        let stderr = output.stderr_str();
        assert!(!stderr.contains("panicked"), "{what}: {stderr}");
        let now = states(&self.env);
        if output.status.success() && restores {
            assert_eq!(now, self.new, "{what}: it said that it was done");
        } else if restores {
            assert!(now == self.old || now == self.new, "{what}: mixed");
        } else {
            assert_eq!(now, self.old, "{what}");
        }
        let next = self.plain();
        assert!(
            next.status.success(),
            "{what}: the next one fails: {}",
            next.stderr_str()
        );
        assert_eq!(
            states(&self.env),
            if restores { self.new.clone() } else { self.old.clone() },
            "{what}"
        );
        assert_eq!(leftovers(&self.env), [""; 0], "{what}");
        let verified = self.env.recovery(["verify"]).run();
        assert!(verified.status.success(), "{what}: {}", verified.stderr_str());
    }

    fn try_all(&self, restores: bool) {
        let points = self.points();
        assert!(points.len() > 30, "{points:?}");
        let mut faults = vec!["signal=KILL".to_owned()];
        faults.extend(ERRORS.iter().map(|error| format!("error={error}")));
        let mut tried = 0;
        for (n, fault) in faults.iter().enumerate() {
            let step = if soak() {
                1
            } else {
                points.len().div_ceil(if n == 0 { SAMPLE } else { SAMPLE / 4 })
            };
            // Each fault begins elsewhere, so that the samples don't meet the same calls.
            // An error of `close` means a bug of the caller: std ends the program then, with nothing half-written.
            let sensible = |(call, _): &&(String, usize)| n == 0 || call != "close";
            for (call, when) in points.iter().filter(sensible).skip(n * 7 % step.max(1)).step_by(step) {
                let output = self.faulty(call, *when, fault);
                self.check(&output, &format!("{call} #{when} {fault}"), restores);
                tried += 1;
            }
        }
        assert!(tried >= SAMPLE, "{tried}");
    }
}

/// Without the right to trace there is nothing to try.
pub(crate) fn may_trace(env: &Environment) -> bool {
    let output = env.command("strace", ["-qq", "-o", "/dev/null", "true"]).run();
    if !output.status.success() {
        eprintln!("left out: strace may not trace here: {}", output.stderr_str());
    }
    output.status.success()
}

#[test]
fn a_backup_that_is_cut_off_or_refused() {
    let operation = Operation::new(|_| vec!["backup".to_owned()]);
    if may_trace(&operation.env) {
        operation.try_all(false);
    }
}

#[test]
fn a_restore_that_is_cut_off_or_refused() {
    let operation = Operation::new(|file| vec!["restore".to_owned(), file.to_owned()]);
    if may_trace(&operation.env) {
        operation.try_all(true);
    }
}

#[test]
fn a_cleanup_that_is_cut_off_or_refused() {
    let operation = Operation::new(|_| vec!["cleanup-backups".to_owned(), "7".to_owned()]);
    if may_trace(&operation.env) {
        operation.try_all(false);
    }
}

/// As a mount point the directory can't be exchanged: its files are renamed, and a crash between is made good.
#[test]
fn a_directory_that_is_a_mount_point() {
    let operation = Operation::new(|file| vec!["restore".to_owned(), file.to_owned()]);
    let dir = operation.env.home().join(".claude/session-states");
    let inside = |script: &str| {
        let args = ["--user", "--map-root-user", "--mount", "sh", "-ec", script, "sh"];
        operation
            .env
            .command("unshare", args)
            .arg(&dir)
            .arg(operation.env.root().join("initial"))
            .arg(&operation.args[1])
            .arg(operation.env.root())
            .run()
    };
    let probe = inside("mount -t tmpfs tmpfs \"$1\"");
    if !probe.status.success() {
        eprintln!("left out: no mounts here: {}", probe.stderr_str());
        return;
    }
    let fill = "mount -t tmpfs -o mode=700 tmpfs \"$1\"; cp -a \"$2/.claude/session-states/.\" \"$1\"; ";
    let keep = "; rm -rf \"$4/after\"; cp -a \"$1\" \"$4/after\"";
    inside(&format!("{fill} tsm-recovery restore \"$3\"{keep}")).success();
    let after = |name: &str| {
        tree(&operation.env.root().join(name))
            .into_iter()
            .filter(|(name, _)| name.ends_with(".state") && !name.contains('/'))
            .collect::<BTreeMap<_, _>>()
    };
    assert_eq!(after("after"), operation.new);
    let left = tree(&operation.env.root().join("after"))
        .into_keys()
        .filter(|name| name.contains(".restore-"));
    assert_eq!(left.count(), 0);
    if !may_trace(&operation.env) {
        return;
    }
    for when in 1..=if soak() { 40 } else { 6 } {
        let cut = format!(
            "{fill} strace -f -qq -o /dev/null -e inject=rename:signal=KILL:when={when} tsm-recovery restore \"$3\" || true\
             {keep}; tsm-recovery restore \"$3\"; rm -rf \"$4/next\"; cp -a \"$1\" \"$4/next\""
        );
        inside(&cut).success();
        for (name, state) in after("after") {
            assert!(
                operation.old.get(&name) == Some(&state) || operation.new.get(&name) == Some(&state),
                "{when} {name}"
            );
        }
        assert_eq!(after("next"), operation.new, "{when}");
    }
}
