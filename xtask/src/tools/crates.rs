//! Programs from crates.io: built into the target folder, so that nothing of the user's changes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo;
use crate::failure::Failure;

/// Where this version of the program is; installs it if it is not there.
pub(crate) fn ensure(krate: &str, version: &str, target_folder: &Path) -> Result<PathBuf, Failure> {
    let folder = target_folder.join("tools").join(format!("{krate}-{version}"));
    let program = folder.join("bin").join(krate);
    if program.is_file() {
        return Ok(program);
    }
    eprintln!(
        "==> {krate} {version} is not there; installing it into {}",
        folder.display()
    );
    let status = Command::new(cargo::program())
        .args(["install", "--quiet", "--locked", "--version", version, "--root"])
        .arg(&folder)
        .arg(krate)
        // Away from the workspace, whose configuration is not the program's.
        .current_dir(target_folder)
        .stdin(Stdio::null())
        .status();
    match status {
        Ok(status) if status.success() && program.is_file() => Ok(program),
        Ok(status) => Err(Failure::Task(format!("cargo install {krate}: {status}"))),
        Err(error) => Err(Failure::Task(format!("cargo did not start: {error}"))),
    }
}
