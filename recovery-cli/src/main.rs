//! The binary `tsm-recovery`.

fn main() -> std::process::ExitCode {
    recovery_cli::main()
}
