//! The binary `tsm`.

fn main() -> std::process::ExitCode {
    tsm_cli::main()
}
