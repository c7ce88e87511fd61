//! The most memory that each verb has at once, on a server with 20 sessions.

use std::fs;
use std::path::Path;

use tests::{Environment, Invocation, wait_until};

use super::{Judged, Verdict};

const SESSIONS: usize = 20;

const MIB: u64 = 1024 * 1024;

/// Of any verb; the dashboard may have more.
const BOUND: u64 = 12 * MIB;
const DASHBOARD: u64 = 20 * MIB;

/// Each in an order in which it has something to do.
const TSM: [&str; 19] = [
    "list --all",
    "list --json",
    "status p1",
    "status --tmux p1",
    "state p1",
    "state p1 --history",
    "config path",
    "config show",
    "autosave status",
    "logs",
    "save",
    "send p1 --pane shell true",
    "kill p1",
    "create p1",
    "switch p2 --no-attach",
    "restore p0",
    "cleanup",
    "health",
    "health --metrics",
];

const RECOVERY: [&str; 9] = [
    "detect",
    "backup",
    "backup --full",
    "list-backups",
    "verify",
    "restore b.tar.zst",
    "validate",
    "cleanup-backups --keep-last 1",
    "emergency --yes",
];

pub(super) fn peaks() -> Vec<Judged> {
    let env = Environment::new().with_leak_grace(std::time::Duration::from_secs(60));
    let mut config = String::from("agent = \"shell\"\n");
    for n in 0..SESSIONS {
        config.push_str(&format!(
            "[projects.p{n}]\npath = {:?}\n",
            env.project(&format!("p{n}"))
        ));
    }
    env.tsm_config(&config);
    for n in 0..SESSIONS {
        let _created = env.tsm(["create", &format!("p{n}"), "-q"]).run().success();
    }
    let mut all = Vec::new();
    for line in TSM {
        let call = measured(&env, "tsm", line);
        all.push(judged(&env, &format!("tsm {line}"), call, BOUND));
    }
    for line in RECOVERY {
        if line.starts_with("restore") {
            let backups = env.home().join(".claude/backups");
            let backups = fs::read_dir(backups).unwrap().flatten().map(|entry| entry.path());
            let backup = backups
                .filter(|path| path.to_string_lossy().ends_with(".tar.zst"))
                .max();
            fs::copy(backup.expect("a backup"), env.home().join("b.tar.zst")).unwrap();
        }
        if line.starts_with("emergency") {
            fill_panes(&env);
        }
        let call = measured(&env, "tsm-recovery", line);
        all.push(judged(&env, &format!("tsm-recovery {line}"), call, BOUND));
    }
    all.push(dashboard(&env));
    all
}

/// With as much as is kept of what a session showed when it ends.
fn fill_panes(env: &Environment) {
    for n in 0..SESSIONS {
        for pane in env.panes(&format!("claude-p{n}")) {
            env.tmux(["send-keys", "-t", &pane.id, "seq -f '%0150.0f' 2100", "Enter"]);
        }
    }
    wait_until("full panes", || {
        let sizes = env.tmux(["list-panes", "-a", "-F", "#{history_size}"]);
        let sizes = String::from_utf8_lossy(&sizes).into_owned();
        // tmux drops a tenth when the history is full.
        let full = |size: &str| size.parse().is_ok_and(|size: u32| size >= 1800);
        sizes.lines().all(full).then_some(())
    });
}

fn peak_file(env: &Environment) -> std::path::PathBuf {
    env.root().join("peak")
}

fn measured<'e>(env: &'e Environment, program: &str, line: &str) -> Invocation<'e> {
    let call = env.command(Path::new(env!("CARGO_BIN_EXE_peak-memory")), [peak_file(env)]);
    call.arg(env.bin().join(program)).args(line.split(' '))
}

fn judged(env: &Environment, what: &str, call: Invocation<'_>, bound: u64) -> Judged {
    let output = call.run();
    // Warnings of the machine's are findings; all others work.
    let code = output.status.code().unwrap();
    assert!(code <= 1, "{what}: {output:?}");
    judge(env, what, bound)
}

fn judge(env: &Environment, what: &str, bound: u64) -> Judged {
    let bytes: u64 = fs::read_to_string(peak_file(env)).unwrap().parse().unwrap();
    let mib = |bytes: u64| bytes as f64 / MIB as f64;
    let verdict = match bytes <= bound {
        true => Verdict::Kept,
        false => Verdict::Broken,
    };
    let said = if verdict == Verdict::Kept { "kept" } else { "BROKEN" };
    let (peak, bound) = (mib(bytes), mib(bound));
    Judged {
        verdict,
        line: format!("{said:10}  {peak:>6.1} MiB of {bound:.0} MiB  peak memory of `{what}`, {SESSIONS} sessions"),
    }
}

fn dashboard(env: &Environment) -> Judged {
    let mut terminal = measured(env, "tsm", "dashboard").in_terminal();
    terminal.wait_screen(|screen| screen.contains("of 20 live") || screen.contains("20 live"));
    terminal.type_text("?");
    terminal.wait_screen(|screen| screen.contains("this help"));
    terminal.type_text("xq");
    assert!(terminal.exit_status().success());
    judge(env, "tsm dashboard", DASHBOARD)
}
