//! A small workspace in a temporary folder, in order until a test breaks it.

use std::fs;

use super::finding::Finding;
use super::tree::Tree;

pub(crate) struct Fixture {
    folder: tempfile::TempDir,
}

const LIBRARIES: [&str; 5] = [
    "tmux-core",
    "session-lock",
    "session-state",
    "session-recovery",
    "session-ops",
];
const PROGRAMS: [&str; 2] = ["tsm-cli", "recovery-cli"];

impl Fixture {
    pub(crate) fn new() -> Self {
        let fixture = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let members = LIBRARIES.iter().chain(&PROGRAMS).chain(&["xtask", "tests"]);
        let members: Vec<&str> = members.copied().collect();
        fixture.write("Cargo.toml", &format!("[workspace]\nmembers = {members:?}\n"));
        for member in &members {
            let manifest = format!("[package]\nname = {member:?}\n\n[dependencies]\n\n[lints]\nworkspace = true\n");
            fixture.write(&format!("{member}/Cargo.toml"), &manifest);
            fixture.write(&format!("{member}/src/lib.rs"), "//! A crate.\n");
            fixture.write(&format!("{member}/README.md"), "# A crate\n");
        }
        for library in LIBRARIES {
            fixture.write(
                &format!("{library}/src/lib.rs"),
                "//! A crate.\n#![warn(missing_docs)]\n",
            );
        }
        fixture
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.folder.path().join(path)).unwrap();
    }

    /// Adds lines to the dependencies of a member.
    pub(crate) fn depend(&self, member: &str, table: &str, line: &str) {
        let path = format!("{member}/Cargo.toml");
        let text = fs::read_to_string(self.folder.path().join(&path)).unwrap();
        self.write(
            &path,
            &format!("{}\n[{table}]\n{line}\n", text.replace("[dependencies]\n", "")),
        );
    }

    pub(crate) fn tree(&self) -> Tree {
        Tree::read(self.folder.path()).unwrap()
    }

    /// What a check finds, as `path:line` in order.
    pub(crate) fn places(&self, check: fn(&Tree) -> Vec<Finding>) -> Vec<String> {
        let mut findings = check(&self.tree());
        findings.sort();
        findings
            .iter()
            .map(|finding| format!("{}:{}", finding.path, finding.line))
            .collect()
    }
}
