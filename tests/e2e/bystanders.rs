//! Who has nothing to do with tsm and is there all the same: a second tmux server, sessions of other people, a program
//! called as the agents are, files in tsm's directories. After whatever tsm does, they are as they were.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::PathBuf;

use tests::{Environment, Process, Running};

/// The sessions of other people on our server; one has a name like ours.
pub(crate) const FOREIGN: [&str; 2] = ["mine", "claude-foreign"];

pub(crate) struct Bystanders<'a> {
    env: &'a Environment,
    other: PathBuf,
    panes: Vec<u32>,
    /// A process that is called as the agents are.
    claude: Running,
    /// Files with what is in them, and which files they are.
    files: Vec<(PathBuf, String, u64)>,
    on_ours: bool,
}

/// A second server, a program called `claude` that tsm knows nothing of, and, if asked for, sessions of other people on ours.
pub(crate) fn bystanders(env: &Environment, on_ours: bool) -> Bystanders<'_> {
    let other = env.root().join("other");
    env.command("tmux", ["-S"])
        .arg(&other)
        .args(["new-session", "-d", "-s", "claude-mine"])
        .run()
        .success();
    if on_ours {
        for name in FOREIGN {
            env.tmux(["new-session", "-d", "-s", name]);
        }
    }
    let claude = env.root().join("claude");
    fs::copy("/bin/sleep", &claude).unwrap();
    let mut found = Bystanders {
        env,
        other,
        panes: Vec::new(),
        claude: env.command(&claude, ["86394"]).start(),
        files: Vec::new(),
        on_ours,
    };
    found.panes = found.now();
    assert_eq!(found.panes.len(), if on_ours { 3 } else { 1 });
    found
}

impl Bystanders<'_> {
    /// Also files in the directories of the states and of the backups, some with names as ours have.
    pub(crate) fn with_files(mut self) -> Self {
        let claude = self.env.home().join(".claude");
        for name in [
            "session-states/notes.txt",
            "session-states/deep/notes.state",
            "backups/notes.txt",
            "backups/other.tar.zst",
            "backups/other.toml",
            "backups/all_sessions_20250824_120000.tar.gz",
        ] {
            let path = claude.join(name);
            let mut builder = fs::DirBuilder::new();
            builder
                .recursive(true)
                .mode(0o700)
                .create(path.parent().unwrap())
                .unwrap();
            let text = format!("{name} is somebody's");
            fs::write(&path, &text).unwrap();
            let inode = fs::metadata(&path).unwrap().ino();
            self.files.push((path, text, inode));
        }
        self
    }

    fn now(&self) -> Vec<u32> {
        let format = ["list-panes", "-a", "-F", "#{session_name} #{pane_pid}"];
        let other = self
            .env
            .command("tmux", ["-S"])
            .arg(&self.other)
            .args(format)
            .run()
            .success();
        let ours = if self.on_ours {
            self.env.tmux(format)
        } else {
            Vec::new()
        };
        let text = [other.stdout_str().to_owned(), String::from_utf8(ours).unwrap()].concat();
        let foreign = |line: &&str| {
            let (name, _) = line.rsplit_once(' ').unwrap();
            name == "claude-mine" || FOREIGN.contains(&name)
        };
        text.lines()
            .filter(foreign)
            .map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
            .collect()
    }

    /// Fails unless they are as they were; `after` is what may have changed them.
    pub(crate) fn are_untouched(&self, after: &str) {
        assert_eq!(self.now(), self.panes, "{after}");
        let claude = Process::of(self.claude.pid());
        assert!(claude.is_some_and(|claude| claude.alive()), "{after}");
        for (path, text, inode) in &self.files {
            let found = fs::read_to_string(path).unwrap_or_default();
            assert_eq!(&found, text, "{after}: {}", path.display());
            assert_eq!(fs::metadata(path).unwrap().ino(), *inode, "{after}: the very file");
        }
    }

    /// The same at the end of a test.
    pub(crate) fn check(mut self) {
        self.are_untouched("in the end");
        self.claude.kill();
        self.env
            .command("tmux", ["-S"])
            .arg(&self.other)
            .args(["kill-server"])
            .run()
            .success();
    }
}
