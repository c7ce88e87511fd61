//! `tsm-recovery` as cargo builds it for the end-to-end tests.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Becomes `recovery_cli::main()`.
    ExitCode::from(70)
}
