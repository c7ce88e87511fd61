//! All measurements against a real tmux, one program: a module for each subject. `cargo xtask bench` runs it.
//!
//! Servers are private ones (`tests::Environment`), what is measured is the ratio to a base in the same round
//! (`tests::bench`).
#![expect(
    clippy::expect_used,
    reason = "a measurement of something wrong is worth nothing: it ends"
)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tables go out, progress beside them"
)]

mod agents;
mod bare;
mod build;
mod calls;
mod looking;
mod making;
mod park;
mod restore;
mod snapshot;
mod transports;

use std::process::ExitCode;

use tests::bench::contest::Outcome;
use tests::bench::{Contest, table};

/// What can be measured by its name.
struct Subject {
    name: &'static str,
    /// What the numbers mean.
    about: &'static str,
    run: fn() -> Vec<Outcome>,
}

const SUBJECTS: [Subject; 7] = [
    Subject {
        name: "calls",
        about: calls::ABOUT,
        run: calls::run,
    },
    Subject {
        name: "snapshot",
        about: snapshot::ABOUT,
        run: snapshot::run,
    },
    Subject {
        name: "build",
        about: build::ABOUT,
        run: build::run,
    },
    Subject {
        name: "restore",
        about: restore::ABOUT,
        run: restore::run,
    },
    Subject {
        name: "agents",
        about: agents::ABOUT,
        run: agents::run,
    },
    Subject {
        name: "looking",
        about: looking::ABOUT,
        run: looking::run,
    },
    Subject {
        name: "making",
        about: making::ABOUT,
        run: making::run,
    },
];

fn main() -> ExitCode {
    // Cargo adds an option of its own.
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.iter().any(|arg| arg == "--list") {
        SUBJECTS.iter().for_each(|subject| println!("{}", subject.name));
        return ExitCode::SUCCESS;
    }
    let known = |name: &String| SUBJECTS.iter().any(|subject| subject.name == name);
    if let Some(unknown) = args.iter().find(|name| !known(name)) {
        eprintln!("bench: there is no subject {unknown:?}");
        return ExitCode::from(2);
    }
    let wanted = |subject: &&Subject| args.is_empty() || args.iter().any(|name| name == subject.name);
    let mut broken = false;
    for subject in SUBJECTS.iter().filter(wanted) {
        let outcomes = (subject.run)();
        println!("{}\n\n{}", subject.about, table(&outcomes));
        broken |= outcomes.iter().any(Outcome::is_broken);
    }
    ExitCode::from(u8::from(broken))
}

/// Runs a contest and says so, for those who wait.
fn hold(contest: Contest<'_>) -> Outcome {
    eprint!("{}", contest.name());
    let outcome = contest.run();
    eprintln!(": {} rounds", outcome.rounds);
    outcome
}
