//! One save by a process of its own, for the tests that kill it, starve it, or cut its power.
//!
//! `store-under-test ROOT NUMBER WINDOWS PROJECT…` saves state NUMBER of each project below ROOT and says `saved`. One of
//! the same number amends the one that is there.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of the terminal")]

use std::path::Path;
use std::process::ExitCode;

use session_lock::Wait;
use session_state::{SessionState, StoreError};
use tests::sample_state::{lock_options, sample, store_below};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [root, number, windows, projects @ ..] = args.as_slice() else {
        eprintln!("usage: store-under-test ROOT NUMBER WINDOWS PROJECT…");
        return ExitCode::from(2);
    };
    let (Ok(number), Ok(windows)) = (number.parse(), windows.parse()) else {
        eprintln!("NUMBER and WINDOWS are numbers");
        return ExitCode::from(2);
    };
    match save(Path::new(root), number, windows, projects) {
        Ok(()) => {
            println!("saved");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let mut text = error.to_string();
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            eprintln!("error: {text}");
            ExitCode::FAILURE
        }
    }
}

fn save(root: &Path, number: i64, windows: u32, projects: &[String]) -> Result<(), StoreError> {
    let states: Vec<_> = projects
        .iter()
        .map(|project| sample(project, number, windows))
        .collect();
    let store = store_below(root);
    let same_number = |one: &SessionState, other: &SessionState| one.saved.at == other.saved.at;
    let exclusive = store.lock(&lock_options(Wait::No))?.amending(same_number);
    for saved in exclusive.save_all(&states) {
        let _saving = saved?;
    }
    Ok(())
}
