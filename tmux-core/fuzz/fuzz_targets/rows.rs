#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tmux_core_fuzz::rows::check(data));
