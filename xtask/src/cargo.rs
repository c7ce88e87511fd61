//! Calling cargo from inside `cargo xtask`: where the workspace is, and the environment that cargo adds.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    // `cargo run` sets the variable; the compiled-in path only serves a binary that was started by hand.
    let xtask =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The cargo that started xtask, so that every step uses the same toolchain.
pub(crate) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
}

/// What `cargo metadata` says of the workspace, without its dependencies.
pub(crate) fn metadata(root: &Path) -> Result<serde_json::Value, Failure> {
    let output = Command::new(program())
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::Task(format!("cargo did not start: {error}")))?;
    if !output.status.success() {
        return Err(Failure::Task(format!("cargo metadata failed: {}", output.status)));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failure::Task(format!("cargo metadata answered something else than JSON: {error}")))
}

/// Where builds go. It can be configured in several places; cargo itself knows.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf, Failure> {
    let folder = metadata(root)?["target_directory"].as_str().map(PathBuf::from);
    folder.ok_or_else(|| Failure::Task("cargo metadata names no target directory".to_owned()))
}

/// Takes out of the child's environment what `cargo run` and rustup put into xtask's.
///
/// A tmux server keeps the environment of the tsm that started it and gives it to every pane: with
/// RUSTUP_TOOLCHAIN left in, every project in every pane would be built by the toolchain of this workspace.
pub(crate) fn remove_own_environment(command: &mut Command) {
    let chosen_by_user = std::env::var_os("RUSTUP_TOOLCHAIN_SOURCE").is_some_and(|source| source == "env");
    for (name, value) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text == "RUSTUP_TOOLCHAIN" && chosen_by_user {
            continue;
        }
        if is_cargos_own(&text) {
            command.env_remove(&name);
        } else if text == "LD_LIBRARY_PATH" || text == "DYLD_FALLBACK_LIBRARY_PATH" {
            match library_path_without(&value, &library_folders()) {
                Some(rest) => command.env(&name, rest),
                None => command.env_remove(&name),
            };
        }
    }
}

fn is_cargos_own(name: &str) -> bool {
    const NAMES: [&str; 8] = [
        "CARGO",
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY_PACKAGE",
        "RUSTUP_TOOLCHAIN",
        "RUSTUP_TOOLCHAIN_SOURCE",
        "RUST_RECURSION_COUNT",
        "CARGO_RUSTC_CURRENT_DIR",
    ];
    NAMES.contains(&name)
        || ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_EXE_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

/// The folders under which cargo's additions to the library path lie: the build and the toolchain.
fn library_folders() -> Vec<PathBuf> {
    let build = std::env::current_exe()
        .ok()
        .and_then(|exe| exe.parent().map(Path::to_path_buf));
    // .../toolchains/NAME/bin/cargo
    let toolchain = Path::new(&program())
        .parent()
        .and_then(Path::parent)
        .map(|dir| dir.join("lib"));
    build
        .into_iter()
        .chain(toolchain.filter(|dir| dir.is_absolute() && dir != Path::new("/usr/lib")))
        .collect()
}

fn library_path_without(value: &OsStr, folders: &[PathBuf]) -> Option<OsString> {
    let rest: Vec<PathBuf> = std::env::split_paths(value)
        .filter(|entry| !folders.iter().any(|folder| entry.starts_with(folder)))
        .collect();
    if rest.is_empty() {
        None
    } else {
        std::env::join_paths(rest).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace_manifest() {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }

    #[test]
    fn what_the_user_set_is_kept() {
        for own in ["CARGO", "CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "RUSTUP_TOOLCHAIN"] {
            assert!(is_cargos_own(own), "{own}");
        }
        for users in [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "RUSTUP_HOME",
            "PATH",
            "RUST_BACKTRACE",
        ] {
            assert!(!is_cargos_own(users), "{users}");
        }
    }

    #[test]
    fn the_library_path_loses_only_cargos_folders() {
        let folders = [PathBuf::from("/w/target/debug"), PathBuf::from("/toolchain/lib")];
        let value = OsStr::new("/w/target/debug:/w/target/debug/deps:/toolchain/lib/rustlib:/opt/mine");
        assert_eq!(library_path_without(value, &folders), Some(OsString::from("/opt/mine")));
        assert_eq!(library_path_without(OsStr::new("/w/target/debug/deps"), &folders), None);
    }
}
