//! A place where file systems can be mounted that nobody else sees: a mount namespace, which ends with its process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;
use tests::wait_for;

pub(crate) struct Namespace {
    holder: Child,
    mount_point: TempDir,
}

impl Namespace {
    /// A new one, or why the system refuses it.
    pub(crate) fn new() -> Result<Self, String> {
        let root = rustix::process::geteuid().is_root();
        let flags = if root { "-m" } else { "-Urm" };
        let mut holder = Command::new("unshare")
            .args([flags, "sh", "-c", "echo ready; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("unshare of util-linux");
        let mut line = String::new();
        let mut output = BufReader::new(holder.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        if line != "ready\n" {
            let output = holder.wait_with_output().unwrap();
            return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
        }
        Ok(Self {
            holder,
            mount_point: tempfile::tempdir().unwrap(),
        })
    }

    /// `mount ARGS… MOUNT_POINT` in there, or why that is refused.
    pub(crate) fn mount(&self, args: &[&str]) -> Result<(), String> {
        self.run("mount", args)
    }

    /// Unmounts it again. A process that another test is just starting has our open files until it is started, and keeps
    /// the place busy for that moment.
    pub(crate) fn unmount(&self) {
        wait_for("the place to be unmounted", || self.run("umount", &[]));
    }

    /// What is mounted, seen from here.
    pub(crate) fn path(&self) -> PathBuf {
        let inside = self.mount_point.path().strip_prefix("/").unwrap();
        Path::new("/proc")
            .join(self.holder.id().to_string())
            .join("root")
            .join(inside)
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<(), String> {
        let mut command = Command::new("nsenter");
        command.arg(format!("--target={}", self.holder.id())).arg("--mount");
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--preserve-credentials"]);
        }
        let output = command
            .arg(program)
            .args(args)
            .arg(self.mount_point.path())
            .output()
            .unwrap();
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}
