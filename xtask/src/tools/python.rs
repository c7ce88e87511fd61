//! Libraries from PyPI: put into the target folder, so that nothing of the user's changes.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// Reads OpenMetrics as Prometheus does. The test of the figures looks for it under this name.
const PROMETHEUS: (&str, &str) = ("prometheus-client", "0.26.0");

/// Sees to the libraries that the tests use.
pub(crate) fn ensure(target_folder: &Path) -> Result<(), Failure> {
    let (package, version) = PROMETHEUS;
    let tools = target_folder.join("tools");
    let folder = tools.join(format!("{package}-{version}"));
    if folder.is_dir() {
        return Ok(());
    }
    eprintln!(
        "==> {package} {version} is not there; installing it into {}",
        folder.display()
    );
    // Under another name until it is whole.
    let unfinished = tools.join(format!(".{package}-{version}-{}", std::process::id()));
    let status = Command::new("python3")
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ])
        .args(["--root-user-action", "ignore", "--no-compile", "--target"])
        .arg(&unfinished)
        .arg(format!("{package}=={version}"))
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(Failure::Task(format!("pip install {package}: {status}"))),
        Err(error) => return Err(Failure::Task(format!("python3 did not start: {error}"))),
    }
    std::fs::rename(&unfinished, &folder)
        .or_else(|error| if folder.is_dir() { Ok(()) } else { Err(error) })
        .map_err(|error| Failure::Task(format!("{}: {error}", folder.display())))
}
