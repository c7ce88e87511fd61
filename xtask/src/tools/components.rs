//! rustfmt and clippy, which a minimal toolchain lacks.

use std::path::Path;
use std::process::{Command, Stdio};

use super::search;
use crate::cargo;
use crate::failure::Failure;

/// The component and the cargo command that it brings.
const COMPONENTS: [(&str, &str); 2] = [("rustfmt", "fmt"), ("clippy", "clippy")];

/// Makes sure that `cargo fmt` and `cargo clippy` are there.
pub(crate) fn ensure(root: &Path) -> Result<(), Failure> {
    let missing = missing(&|command| works(root, command));
    if missing.is_empty() {
        return Ok(());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = missing.join(" ");
    let command = format!("rustup component add {names}");
    if search::find("rustup", &path).is_none() {
        let hint = format!("type `{command}`, or install {names} from where this cargo came from");
        return Err(Failure::Task(format!("the Rust toolchain lacks {names}\nhint: {hint}")));
    }
    eprintln!("==> the Rust toolchain lacks {names}; installing: {command}");
    let mut rustup = Command::new("rustup");
    rustup
        .args(["component", "add"])
        .args(&missing)
        .current_dir(root)
        .stdin(Stdio::null());
    let added = rustup.status().is_ok_and(|status| status.success());
    if added && self::missing(&|command| works(root, command)).is_empty() {
        return Ok(());
    }
    Err(Failure::Task(format!(
        "the Rust toolchain lacks {names}, and `{command}` did not change that"
    )))
}

fn missing(works: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
    COMPONENTS
        .iter()
        .filter(|(_, command)| !works(command))
        .map(|(component, _)| *component)
        .collect()
}

fn works(root: &Path, command: &str) -> bool {
    let mut cargo = Command::new(cargo::program());
    cargo.args([command, "--version"]).current_dir(root);
    cargo.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    cargo.status().is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_of_a_missing_command_is_named() {
        assert_eq!(missing(&|command| command != "fmt"), ["rustfmt"]);
        assert_eq!(missing(&|_| false), ["rustfmt", "clippy"]);
        assert!(missing(&|_| true).is_empty());
    }
}
