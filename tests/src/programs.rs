//! Where the binaries under test are, and how they get onto a private `PATH`.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The binary of this package with the given name. Cargo builds all of them before it builds a test of the package.
///
/// # Panics
/// When it is not there.
pub fn built(name: &str) -> PathBuf {
    // Cargo sets the variable since 1.94; before, binaries always lie in the folder above the test's.
    let path = env::var_os(format!("CARGO_BIN_EXE_{name}")).map_or_else(
        || {
            let test = env::current_exe().expect("the path of the running test");
            test.ancestors()
                .nth(2)
                .expect("a test lies in target/PROFILE/deps")
                .join(name)
        },
        PathBuf::from,
    );
    assert!(path.is_file(), "{} is not built", path.display());
    path
}

/// Makes a program known under another path, and so under another name.
///
/// It is a link, or a copy where links can't go. A symbolic link would do for running it, but not for finding out
/// from `/proc/PID/exe` that a process belongs to a test.
///
/// # Panics
/// When it can't be copied.
pub fn install(program: &Path, target: &Path) {
    if fs::hard_link(program, target).is_ok() {
        return;
    }
    // Copied by another process: while this one has the new file open for writing, a program that another thread
    // starts inherits that for an instant, and running the file then fails with "text file busy".
    let status = Command::new("cp")
        .arg("--")
        .args([program, target])
        .status()
        .expect("cp runs");
    assert!(
        status.success(),
        "can't copy {} to {}",
        program.display(),
        target.display()
    );
}

/// Writes an executable script, by another process for the same reason.
pub(crate) fn write_script(target: &Path, text: &str) {
    let mut install = Command::new("install")
        .args(["-m", "755", "/dev/stdin"])
        .arg(target)
        .stdin(Stdio::piped())
        .spawn()
        .expect("install runs");
    let mut stdin = install.stdin.take().expect("stdin is piped");
    stdin.write_all(text.as_bytes()).expect("install reads the script");
    drop(stdin);
    let status = install.wait().expect("install ends");
    assert!(status.success(), "can't write the script {}", target.display());
}
