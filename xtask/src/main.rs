//! Run, test and check this workspace: `cargo xtask TASK`.
//!
//! One match, one file a task. xtask depends on no other crate of the workspace, so that it still builds
//! when they do not.
#![expect(
    clippy::disallowed_methods,
    reason = "xtask runs programs and reads its environment; the fences guard the product"
)]
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "xtask is a program of the terminal"
)]

mod bench;
mod cargo;
mod claude_code;
mod e2e;
mod failure;
mod fuzz;
mod matrix;
mod run;
mod soak;
mod step;
mod test;
mod tidy;
mod tools;

use std::ffi::OsString;
use std::process::ExitCode;

use failure::Failure;

const HELP: &str = "\
Run, test and check this workspace

Usage: cargo xtask TASK [ARGS…]

Tasks:
  run    Build the two binaries and run tsm with ARGS, in the directory you are in
  test   Run the whole gate: format, clippy, tidy, docs, unit tests, end-to-end tests
  e2e    Run the end-to-end tests alone, against the tmux of your choice
  soak   Run in full the tests of which the gate runs a sample, and the mutants
  tidy   Check what the compiler does not: dependency table, fences, sizes, names
  fuzz   Fuzz the decoders of tmux-core
  bench  Measure against a real tmux, and record it in BENCHMARKS.md
  help   Show this list, or the help of one task: cargo xtask help TASK";

fn main() -> ExitCode {
    let mut args: Vec<OsString> = std::env::args_os().skip(1).collect();
    let Some(task) = args.first().map(|task| task.to_string_lossy().into_owned()) else {
        println!("{HELP}");
        return ExitCode::SUCCESS;
    };
    let outcome = match task.as_str() {
        // Everything behind `run` belongs to tsm, `--help` too.
        "run" => run::run(args.split_off(1)),
        "help" | "-h" | "--help" => help(args.get(1).map(|arg| arg.to_string_lossy().into_owned()).as_deref()),
        "test" | "e2e" | "soak" | "tidy" | "fuzz" | "bench" => failure::texts(args.split_off(1)).and_then(|args| {
            // What follows `--` is for the test program.
            let ours = args.iter().take_while(|arg| *arg != "--");
            match task.as_str() {
                _ if ours.into_iter().any(|arg| arg == "-h" || arg == "--help") => help(Some(&task)),
                "test" => test::run(&args),
                "e2e" => e2e::run(&args),
                "fuzz" => fuzz::run(&args),
                "bench" => bench::run(&args),
                "soak" => soak::run(&args),
                _ => tidy::run(&args),
            }
        }),
        other => Err(Failure::Usage(format!("there is no task {other:?}"))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            failure.exit_code()
        }
    }
}

fn help(task: Option<&str>) -> Result<(), Failure> {
    let text = match task {
        None => HELP,
        Some("run") => run::HELP,
        Some("test") => test::HELP,
        Some("e2e") => e2e::HELP,
        Some("soak") => soak::HELP,
        Some("tidy") => tidy::HELP,
        Some("fuzz") => fuzz::HELP,
        Some("bench") => bench::HELP,
        Some(other) => return Err(Failure::Usage(format!("there is no task {other:?}"))),
    };
    println!("{text}");
    Ok(())
}
