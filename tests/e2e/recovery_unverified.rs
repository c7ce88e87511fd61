//! A backup counts only if its bytes were read back as they were written: what isn't one protects nothing, is used by
//! nothing, and is not what health is content with.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tests::{Environment, Output};

use crate::recovery_faults::may_trace;
use crate::switch::state;

const DAY: i64 = 86_400;
const START: i64 = 1_900_000_000;

fn project() -> Environment {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
    env
}

fn backup(env: &Environment, day: i64, args: &[&str]) -> PathBuf {
    let made = env
        .recovery(["backup"])
        .args(args)
        .at(START + day * DAY)
        .run()
        .success();
    made.stdout_str().trim().into()
}

fn change(env: &Environment, name: &str) {
    env.tmux(["rename-window", "-t", "=claude-alpha:", name]);
    env.tsm(["save"]).run().success();
}

fn listed(env: &Environment) -> Vec<Value> {
    let document = env.recovery(["list-backups", "--json"]).run().success().json();
    document["backups"].as_array().unwrap().clone()
}

/// What health says of the last backup.
fn last_backup(env: &Environment, day: i64) -> String {
    let document = env.tsm(["health", "--json"]).at(START + day * DAY).run().json();
    let checks = document["checks"].as_array().unwrap().clone();
    let check = checks.iter().find(|check| check["name"] == "last backup").unwrap();
    check["detail"].as_str().unwrap().to_owned()
}

fn names(env: &Environment) -> Vec<String> {
    let entries = fs::read_dir(env.home().join(".claude/backups")).unwrap().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// The number of the first read of a new archive, among all reads.
fn read_back(env: &Environment) -> usize {
    let log = env.root().join("calls");
    let args = ["-f", "-qq", "-y", "-e", "trace=read", "-o"];
    let traced = env
        .command("strace", args)
        .arg(&log)
        .arg(env.bin().join("tsm-recovery"));
    traced.args(["backup", "--full"]).at(START + DAY).run().success();
    let text = String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned();
    let reads = text.lines().filter(|line| line.contains(" read("));
    // The spool is such a file too, and is read before: the archive is the one that begins with its manifest's frame.
    let back = reads
        .clone()
        .enumerate()
        .filter(|(_, line)| line.contains("/backups/.tmp-"));
    let spool = |line: &str| line.split(['<', '>']).nth(1).map(str::to_owned);
    let last = back.clone().last().and_then(|(_, line)| spool(line)).unwrap();
    back.clone()
        .find(|(_, line)| spool(line).as_ref() == Some(&last))
        .unwrap()
        .0
        + 1
}

#[test]
fn a_backup_that_can_not_be_read_back_is_none() {
    let env = project();
    if !may_trace(&env) {
        return;
    }
    let first = backup(&env, 0, &["--full"]);
    change(&env, "changed");
    let when = read_back(&env);
    for entry in fs::read_dir(env.home().join(".claude/backups")).unwrap().flatten() {
        if !entry.path().to_string_lossy().contains(&*stem(&first)) {
            fs::remove_file(entry.path()).unwrap();
        }
    }
    let before = names(&env);
    for fault in ["error=EIO", "signal=KILL"] {
        let inject = format!("inject=read:{fault}:when={when}+");
        let args = ["-f", "-qq", "-o", "/dev/null", "-e", inject.as_str()];
        let failing = env.command("strace", args).arg(env.bin().join("tsm-recovery"));
        let output = failing.args(["backup", "--full"]).at(START + DAY).run();
        assert!(!output.status.success() && output.stdout_str().is_empty(), "{output:?}");
        let listed = listed(&env);
        assert!(
            listed.len() == 1 && listed[0]["file"] == *first.to_str().unwrap(),
            "{listed:?}"
        );
        assert_eq!(last_backup(&env, 3), "3 days old", "{fault}");
        let keep = ["cleanup-backups", "--keep-last", "1", "--json"];
        let kept = env.recovery(keep).at(START + 3 * DAY).run().success().json();
        assert_eq!(kept["actions"].as_array().unwrap().len(), 1, "{kept}");
        assert_eq!(
            names(&env),
            before,
            "{fault}: what a killed run left went with the next"
        );
    }
    // The changed state is in no backup yet.
    let made = env
        .recovery(["backup", "--json"])
        .at(START + 4 * DAY)
        .run()
        .success()
        .json();
    let (files, reused) = (made["files"].as_u64().unwrap(), made["reused_files"].as_u64().unwrap());
    assert!(reused < files, "{made}");
}

fn stem(file: &Path) -> String {
    let name = file.file_name().unwrap().to_str().unwrap();
    name.strip_suffix(".tar.zst").unwrap().to_owned()
}

/// Damaged after it was made, by a disk: the size is right, and the sidecar says that it was verified once.
#[test]
fn a_backup_that_no_longer_reads_back_is_none() {
    let env = project();
    let first = backup(&env, 0, &["--full"]);
    let second = backup(&env, 1, &["--full"]);
    let mut bytes = fs::read(&second).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&second, bytes).unwrap();
    let verified = env.recovery(["verify", "--json"]).run().code(6).json();
    let verified: Vec<bool> = verified["backups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|backup| backup["verified"].as_bool().unwrap())
        .collect();
    assert_eq!(verified, [false, true], "the newest first");
    let third = backup(&env, 2, &[]);
    let text = fs::read_to_string(third.with_file_name(format!("{}.toml", stem(&third)))).unwrap();
    assert!(!text.contains(&stem(&second)), "nothing refers to it");
    fs::remove_file(&third).unwrap();
    fs::remove_file(third.with_file_name(format!("{}.toml", stem(&third)))).unwrap();
    let keep = ["cleanup-backups", "--keep-last", "1", "--json"];
    let done = env.recovery(keep).at(START + 3 * DAY).run().success().json();
    assert!(first.exists(), "the only one that can be restored: {done}");
    env.recovery(["restore", first.to_str().unwrap(), "--dry-run"])
        .run()
        .success();
}

#[test]
fn what_is_no_whole_backup_is_not_the_last_one_of_health() {
    let env = project();
    assert_eq!(last_backup(&env, 0), "there is none");
    backup(&env, 0, &["--full"]);
    let second = backup(&env, 1, &["--full"]);
    assert_eq!(last_backup(&env, 4), "3 days old");
    let whole = fs::read(&second).unwrap();
    let sidecar = second.with_file_name(format!("{}.toml", stem(&second)));
    let of_sidecar = fs::read(&sidecar).unwrap();
    fs::write(&second, &whole[..whole.len() - 1]).unwrap();
    assert_eq!(last_backup(&env, 4), "4 days old", "cut off");
    fs::remove_file(&sidecar).unwrap();
    assert_eq!(last_backup(&env, 4), "4 days old", "cut off, and no sidecar");
    fs::write(&second, &whole).unwrap();
    assert_eq!(last_backup(&env, 4), "3 days old", "whole, only without sidecar");
    fs::write(&sidecar, &of_sidecar).unwrap();
    fs::remove_file(&second).unwrap();
    assert_eq!(last_backup(&env, 4), "4 days old", "gone");
}

/// Wherever the damage is, also in an archive that the backup only refers to: the dry run fails as the restore does.
#[test]
fn a_dry_run_checks_what_the_restore_checks() {
    let env = project();
    let first = backup(&env, 0, &["--full"]);
    let second = backup(&env, 1, &[]);
    change(&env, "changed");
    let before = state(&env, "alpha");
    let restore = |args: &[&str]| -> Output {
        let output = env.recovery(["restore", second.to_str().unwrap()]).args(args).run();
        if output.status.code() != Some(0) {
            assert_eq!(state(&env, "alpha"), before);
        }
        output
    };
    let plan = restore(&["--dry-run", "--sessions", "--json"]).success().json();
    assert_eq!(plan["plan"], serde_json::json!(["replace alpha"]), "{plan}");
    assert_eq!(plan["sessions"][0]["outcome"], "already_live");
    assert_eq!(state(&env, "alpha"), before);
    for file in [&first, &second] {
        let whole = fs::read(file).unwrap();
        for at in [8, whole.len() / 3, whole.len() / 2, whole.len() - 30, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            fs::write(file, damaged).unwrap();
            for args in [&["--dry-run"][..], &["--dry-run", "--json"], &[]] {
                let output = restore(args);
                assert_eq!(
                    output.status.code(),
                    Some(6),
                    "{} {at} {args:?}: {output:?}",
                    file.display()
                );
            }
        }
        fs::write(file, &whole[..whole.len() - 1]).unwrap();
        restore(&["--dry-run"]).code(6);
        fs::write(file, whole).unwrap();
    }
    for args in [&["--dry-run", "--project", "nothing"][..], &["--project", "nothing"]] {
        restore(args).code(3);
    }
    // Sessions can't come back where tmux can't be asked: nothing is changed before that is known.
    let server = env.server().unwrap();
    server.signal(tests::process::Signal::STOP);
    for args in [&["--dry-run", "--sessions"][..], &["--sessions"]] {
        restore(args).code(5);
    }
    server.signal(tests::process::Signal::CONT);
    env.kill_server_hard();
    let plan = restore(&["--dry-run", "--sessions", "--json"]).success().json();
    assert_eq!(
        plan["plan"],
        serde_json::json!(["replace alpha", "bring the session of alpha back"]),
        "{plan}"
    );
    assert!(env.server().is_none());
    restore(&["--sessions"]).success();
    assert_ne!(state(&env, "alpha"), before);
}
