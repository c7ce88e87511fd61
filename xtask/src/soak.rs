//! `cargo xtask soak`: the tests of which the gate runs a sample, in full.

mod mutants;
mod table;

use crate::failure::Failure;
use crate::step::{self, Step};
use crate::{cargo, e2e};

pub(crate) const HELP: &str = "\
Run in full the tests of which the gate runs a sample, and the mutants

Usage: cargo xtask soak [PART…]

Parts, all of them by default:
  codec    10,000 random states: written, read, sourced by shells, read by Python's tomllib
  faults   A save killed, refused, starved and cut off from power at every point
  locks    100 processes contend for a lock, 1,000 holders are killed
  save     tsm save killed and refused at every system call
  recovery Backup, restore and cleanup killed, refused and cut off from power at every call; 8 savers, 100 restores
  autosave The server killed 100 times while sessions change, with hooks and with a watcher
  mixed    10,000 operations of 8 processes
  mutants  Each protection taken out of a copy of the sources: a test must fail

The gate prints the seed of its samples; TSM_TEST_SEED=NUMBER draws the same again. TSM_MUTANTS=TEXT takes only the
mutants with TEXT in their names. What the system doesn't allow (a
namespace, a loop device) is left out, with the reason.";

/// Asks the tests for everything; see `tests::extent`.
const SOAK: &str = "TSM_SOAK";

const PARTS: [&str; 8] = [
    "codec", "faults", "locks", "save", "recovery", "autosave", "mixed", "mutants",
];

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = args.iter().find(|arg| !PARTS.contains(&arg.as_str())) {
        return Err(Failure::Usage(format!(
            "soak has no part {unknown:?}, only {}",
            PARTS.join(", ")
        )));
    }
    e2e::ensure_tools(None)?;
    let wanted = |part: &&str| args.is_empty() || args.iter().any(|arg| arg == part);
    let steps: Vec<Step> = PARTS.into_iter().filter(wanted).map(part).collect();
    step::run_all("soak", &cargo::root(), &steps)
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
        "save" => test(&["--workspace", "--test", "e2e", "save_faults::", "--", "--nocapture"]),
        "recovery" => test(&[
            "--workspace",
            "--test",
            "e2e",
            "--",
            "recovery_faults::",
            "recovery_power_cut::",
            "savers_lose_nothing",
            "--nocapture",
        ]),
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
