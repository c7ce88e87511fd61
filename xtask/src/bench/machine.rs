//! Where and when something was measured.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

use crate::tools;

/// One line: the day, the machine, the versions, the load.
pub(super) fn describe(tmux: &Path) -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let parts = [
        said("date", &["-u", "+%F"]),
        Some(format!("{cores} cores")),
        fs::read_to_string("/proc/cpuinfo")
            .ok()
            .and_then(|text| processor(&text)),
        said("uname", &["-srm"]),
        tools::ask_version(tmux).map(|text| text.trim().to_owned()),
        said("rustc", &["--version"]).map(|text| text.split(" (").next().unwrap_or_default().to_owned()),
        // What the milliseconds depend on most, where others work on the same machine.
        fs::read_to_string("/proc/loadavg").ok().and_then(|text| load(&text)),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn processor(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"))?;
    let (_, name) = line.split_once(':')?;
    Some(name.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn load(loadavg: &str) -> Option<String> {
    let minute = loadavg.split_whitespace().next()?;
    Some(format!("load {minute} before"))
}

fn said(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_has_a_name() {
        let text = "processor\t: 0\nmodel name\t: Some  CPU @ 2.0GHz\nprocessor\t: 1\nmodel name\t: Other\n";
        assert_eq!(processor(text).as_deref(), Some("Some CPU @ 2.0GHz"));
        assert_eq!(processor("processor: 0\n"), None);
    }

    #[test]
    fn the_load_is_that_of_the_last_minute() {
        assert_eq!(load("1.07 0.74 0.63 2/345 678\n").as_deref(), Some("load 1.07 before"));
        assert_eq!(load(""), None);
    }
}
