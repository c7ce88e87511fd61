//! `cargo xtask soak`: the tests of which the gate runs a sample, in full.

mod mutants;
mod table;

use crate::failure::Failure;
use crate::step::{self, Step};
use crate::{cargo, e2e};

pub(crate) const HELP: &str = "\
Run in full the tests of which the gate runs a sample, and the mutants

Usage: cargo xtask soak [PART…]
       cargo xtask soak mutants TEXT…   only the mutants with one of these texts in their names

Parts, all of them by default:
  codec    10,000 random states: written, read, sourced by shells, read by Python's tomllib
  faults   A save killed, refused, starved and cut off from power at every point
  locks    100 processes contend for a lock, 1,000 holders are killed
  save     tsm save killed and refused at every system call
  recovery Backup, restore and cleanup killed, refused and cut off from power at every call; sessions built by a tsm
           that is killed, which may have to start the server; 8 savers, 100 restores
  archives Every bit of a backup flipped, every length it can be cut off at: noticed, and the sound rest salvaged
  agents   200 warm and 50 cold sends, 200 open dialogs that get nothing
  autosave The server killed 100 times while sessions change, with hooks and with a watcher
  mixed    10,000 operations of 8 processes
  mutants  Each protection taken out of a copy of the sources: a test must fail

Every part runs, also after one that failed; the end says which did. The gate prints the seed of its samples; TSM_TEST_SEED=NUMBER draws the same again. What the system doesn't allow (a
namespace, a loop device) is left out, with the reason.";

/// Asks the tests for everything; see `tests::extent`.
const SOAK: &str = "TSM_SOAK";

const PARTS: [&str; 10] = [
    "codec", "faults", "locks", "save", "recovery", "archives", "agents", "autosave", "mixed", "mutants",
];

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if let [part, names @ ..] = args
        && part == "mutants"
        && !names.is_empty()
        && !names.iter().all(|name| PARTS.contains(&name.as_str()))
    {
        e2e::ensure_tools(None)?;
        return mutants::run(names);
    }
    if let Some(unknown) = args.iter().find(|arg| !PARTS.contains(&arg.as_str())) {
        return Err(Failure::Usage(format!(
            "soak has no part {unknown:?}, only {}",
            PARTS.join(", ")
        )));
    }
    e2e::ensure_tools(None)?;
    let wanted = |part: &&str| args.is_empty() || args.iter().any(|arg| arg == part);
    let steps: Vec<Step> = PARTS.into_iter().filter(wanted).map(part).collect();
    step::run_each("soak", &cargo::root(), &steps)
}

fn part(part: &'static str) -> Step {
    let test = |args: &[&str]| {
        let args: Vec<&str> = ["test"].into_iter().chain(args.iter().copied()).collect();
        Step::cargo(part, &args).env(SOAK, "1")
    };
    match part {
        "codec" => test(&["--package", "session-state", "--lib", "codec::"]).env("PROPTEST_CASES", "10000"),
        "faults" => test(&[
            "--workspace",
            "--test",
            "faults",
            "--",
            "--skip",
            "lock::",
            "--nocapture",
        ]),
        // Alone, or it would be the scheduler's fairness that is measured.
        "locks" => test(&[
            "--workspace",
            "--test",
            "faults",
            "--",
            "lock::",
            "--nocapture",
            "--test-threads",
            "1",
        ]),
        "agents" => test(&[
            "--workspace",
            "--test",
            "e2e",
            "--",
            "send::every_",
            "send::no_send_answers_a_dialog",
            "--nocapture",
        ]),
        "save" => test(&["--workspace", "--test", "e2e", "save_faults::", "--", "--nocapture"]),
        "recovery" => test(&[
            "--workspace",
            "--test",
            "e2e",
            "--",
            "recovery_faults::",
            "recovery_build_faults::",
            "recovery_power_cut::",
            "savers_lose_nothing",
            "--nocapture",
        ]),
        "archives" => test(&["--package", "session-recovery", "--lib", "backup::"]),
        "autosave" => test(&["--workspace", "--test", "e2e", "autosave_loss::", "--", "--nocapture"]),
        "mixed" => test(&["--workspace", "--test", "e2e", "mixed::", "--", "--nocapture"]),
        _ => Step::task(part, mutants::run),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_part_is_refused() {
        let refusal = run(&["everything".to_owned()]).unwrap_err();
        assert!(matches!(refusal, Failure::Usage(_)), "{refusal}");
        for part in PARTS {
            assert!(HELP.contains(&format!("\n  {part} ")), "{part} isn't in the help");
        }
    }
}
