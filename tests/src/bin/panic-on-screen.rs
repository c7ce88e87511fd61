//! A fault of the dashboard, for the test that the terminal is as it was afterwards.

fn main() {
    tsm_cli::panic_on_screen();
}
