//! The private directory of a test.

use std::env;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::{leak_check, programs, variables};

/// A socket path has room for 108 bytes, and lock files beside it carry a suffix.
const LONGEST_SOCKET: usize = 80;

/// A private world for one test: home, projects, programs, and a tmux server on a socket of its own.
///
/// On the `PATH` of its programs come first, in this order of preference, the fake programs of the test and the
/// binaries under test as `tsm` and `tsm-recovery`. Dropping it ends the server and removes everything, and fails the
/// test when a process is left.
#[derive(Debug)]
pub struct Environment {
    root: PathBuf,
    directory: Option<TempDir>,
    variables: Vec<(OsString, OsString)>,
    leak_grace: Duration,
}

impl Environment {
    /// A new one, with an empty home and no server yet.
    ///
    /// `TSM_TMUX` chooses the tmux to test against, `TSM_E2E_LOCALE` the value of `LC_ALL` (default `C.UTF-8`).
    #[expect(clippy::new_without_default, reason = "it does too much for a default value")]
    pub fn new() -> Self {
        Self::below(&env::temp_dir())
    }

    /// A new one in this directory, for what depends on how long its path is.
    pub fn below(parent: &Path) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("tsm-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(parent)
            .expect("a temporary directory");
        // The kernel names directories of processes without links in their paths, and the leak check compares.
        let root = directory
            .path()
            .canonicalize()
            .expect("the path of the temporary directory");
        let mut environment = Self {
            root,
            directory: Some(directory),
            variables: Vec::new(),
            leak_grace: Duration::from_secs(10),
        };
        let length = environment.socket().as_os_str().len();
        assert!(
            length <= LONGEST_SOCKET,
            "the system's temporary directory has too long a path for sockets"
        );
        environment.make_directories();
        environment.write_profile();
        environment.variables = variables::first(&environment);
        environment.install_programs();
        environment
    }

    /// The same with one more variable, for all programs that are started from now on.
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.into(), value.into()));
        self
    }

    /// The same with the product's clock standing at this time, in seconds since 1970 (variable `TSM_NOW`).
    pub fn at(self, unix_seconds: i64) -> Self {
        self.with("TSM_NOW", unix_seconds.to_string())
    }

    /// The same with another time that processes get to end by themselves before they count as left behind.
    pub fn with_leak_grace(mut self, grace: Duration) -> Self {
        self.leak_grace = grace;
        self
    }

    /// The directory that holds everything.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The home directory. It has no `.tmux.conf` yet, and a `.profile` that only sets `PATH`.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// The directory that comes first on `PATH`.
    pub fn bin(&self) -> PathBuf {
        self.root.join("bin")
    }

    /// The socket of the private server, also given to the product as `TSM_SOCKET_PATH`.
    pub fn socket(&self) -> PathBuf {
        self.root.join("s")
    }

    /// Makes the directory of a project.
    pub fn project(&self, name: &str) -> PathBuf {
        let path = self.root.join("projects").join(name);
        fs::create_dir_all(&path).expect("a project's directory");
        path
    }

    /// Writes `~/.tmux.conf`, which a server reads when it starts.
    pub fn tmux_config(&self, text: &str) {
        fs::write(self.home().join(".tmux.conf"), text).expect("a tmux configuration");
    }

    /// The default place of the product's configuration file.
    pub fn tsm_config_file(&self) -> PathBuf {
        self.home().join(".config/tsm/config.toml")
    }

    /// Writes the product's configuration file at its default place.
    pub fn tsm_config(&self, text: &str) {
        let file = self.tsm_config_file();
        fs::create_dir_all(file.parent().expect("a directory")).expect("a directory for the configuration");
        fs::write(file, text).expect("a configuration");
    }

    /// Puts a fake program on `PATH`: a script with this text (`#!/bin/sh` included).
    pub fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.bin().join(name);
        programs::write_script(&path, text);
        path
    }

    /// The text with every mention of the root as `<root>`, for snapshots.
    pub fn normalise(&self, text: &str) -> String {
        text.replace(&*self.root.to_string_lossy(), "<root>")
    }

    pub(crate) fn variables(&self) -> &[(OsString, OsString)] {
        &self.variables
    }

    fn make_directories(&self) {
        let names = "bin projects tmp tmux run home home/.config home/.cache home/.local home/.local/state \
                     home/.local/share";
        for name in names.split_whitespace() {
            DirBuilder::new()
                .mode(0o700)
                .create(self.root.join(name))
                .expect("a directory of the environment");
        }
    }

    /// Login shells, which tmux starts, get another `PATH` from /etc/profile.
    fn write_profile(&self) {
        let text = [
            b"PATH='",
            variables::search_path(&self.root).as_bytes(),
            b"'\nexport PATH\n",
        ]
        .concat();
        fs::write(self.home().join(".profile"), text).expect("a profile");
    }

    fn install_programs(&self) {
        programs::install(&programs::built("tsm-under-test"), &self.bin().join("tsm"));
        programs::install(
            &programs::built("recovery-under-test"),
            &self.bin().join("tsm-recovery"),
        );
        if let Some(tmux) = env::var_os("TSM_TMUX") {
            // So that what says `tmux` in a pane is no other version than the server.
            symlink(tmux, self.bin().join("tmux")).expect("a link to the chosen tmux");
        }
    }
}

impl Drop for Environment {
    #[expect(clippy::print_stderr, reason = "a second panic would abort all tests")]
    fn drop(&mut self) {
        let mut complaints = leak_check::end_everything(&self.root, &self.socket(), self.leak_grace);
        if let Some(Err(error)) = self.directory.take().map(TempDir::close) {
            complaints.push(format!("can't remove {}: {error}", self.root.display()));
        }
        if complaints.is_empty() {
            return;
        }
        let complaints = format!("left behind by the test:\n  {}", complaints.join("\n  "));
        if thread::panicking() {
            eprintln!("{complaints}");
        } else {
            panic!("{complaints}");
        }
    }
}
