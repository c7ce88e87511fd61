//! `cargo xtask run`: from a fresh clone to a running tsm.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::{cargo, tools};

pub(crate) const HELP: &str = "\
Build the two binaries and run tsm with ARGS, in the directory you are in

Usage: cargo xtask run [ARGS…]

Installs tmux where it is missing and xtask may, else prints the one command to type. Then builds
tsm and tsm-recovery (release) and becomes tsm: terminal and exit code are tsm's. All ARGS are
tsm's too: `cargo xtask run --help` is the help of tsm.";

pub(crate) fn run(args: Vec<OsString>) -> Result<(), Failure> {
    tools::ensure(&[tools::TMUX])?;
    let tsm = build(&cargo::root())?;
    let mut command = Command::new(&tsm);
    command.args(args);
    cargo::remove_own_environment(&mut command);
    let error = command.exec();
    Err(Failure::Task(format!("{} did not start: {error}", tsm.display())))
}

/// Builds both binaries and returns the path of tsm.
fn build(root: &Path) -> Result<PathBuf, Failure> {
    let output = Command::new(cargo::program())
        .args(["build", "--release", "-p", "tsm-cli", "-p", "recovery-cli"])
        // Cargo itself knows where the file went: target directories and build targets can be configured.
        .arg("--message-format=json-render-diagnostics")
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::Task(format!("cargo did not start: {error}")))?;
    if !output.status.success() {
        return Err(Failure::Task(format!("the build failed: {}", output.status)));
    }
    executable(&String::from_utf8_lossy(&output.stdout), "tsm")
        .ok_or_else(|| Failure::Task("package tsm-cli has no binary called tsm".to_owned()))
}

/// Finds in cargo's messages the file that the binary `name` was built into.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| {
            let is_it = message["target"]["name"] == name && message["reason"] == "compiler-artifact";
            message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_the_one_cargo_names() {
        let messages = r#"
{"reason":"compiler-artifact","target":{"name":"tsm","kind":["lib"]},"executable":null}
not json
{"reason":"compiler-artifact","target":{"name":"tsm-recovery","kind":["bin"]},"executable":"/t/release/tsm-recovery"}
{"reason":"compiler-artifact","target":{"name":"tsm","kind":["bin"]},"executable":"/t/release/tsm"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(executable(messages, "tsm"), Some(PathBuf::from("/t/release/tsm")));
        assert_eq!(executable(messages, "other"), None);
    }
}
