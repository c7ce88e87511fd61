//! `tsm-recovery` as cargo builds it for the end-to-end tests: cargo gives a test only the binaries of its own package.

use std::process::ExitCode;

fn main() -> ExitCode {
    recovery_cli::main()
}
