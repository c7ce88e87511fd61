//! The programs that this workspace needs beside cargo: found, checked, installed where that is allowed.
//!
//! A missing tool that can't be installed fails the task, on a developer's machine as on CI: a test that is
//! skipped because its tool is missing would look like one that passed.

pub(crate) mod components;
pub(crate) mod crates;
mod install;
mod manager;
mod search;
mod version;

use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use install::{Decision, Machine};
use version::Version;

/// A program that the workspace needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Tool {
    pub(crate) program: &'static str,
    /// The package that holds it, where no entry of `package_of` says otherwise.
    package: &'static str,
    /// Package managers that call it something else.
    package_of: &'static [(&'static str, &'static str)],
    /// The oldest version that will do, as `PROGRAM -V` prints it.
    at_least: Option<&'static str>,
}

/// Older versions lack what tmux-core relies on. README.md names the version too.
pub(crate) const TMUX: Tool = Tool {
    program: "tmux",
    package: "tmux",
    package_of: &[],
    at_least: Some("tmux 3.2a"),
};
pub(crate) const STRACE: Tool = Tool {
    program: "strace",
    package: "strace",
    package_of: &[],
    at_least: None,
};
pub(crate) const VI: Tool = Tool {
    program: "vi",
    package: "vim",
    // Their vim packages bring no program called vi.
    package_of: &[("dnf", "vim-minimal"), ("pacman", "vi")],
    at_least: None,
};
pub(crate) const GIT: Tool = Tool {
    program: "git",
    package: "git",
    package_of: &[],
    at_least: None,
};
/// libFuzzer is compiled from source.
pub(crate) const CXX: Tool = Tool {
    program: "c++",
    package: "g++",
    package_of: &[
        ("dnf", "gcc-c++"),
        ("pacman", "gcc"),
        ("zypper", "gcc-c++"),
        ("brew", "llvm"),
    ],
    at_least: None,
};

/// Namespaces, in which the tests mount file systems and reuse process ids.
pub(crate) const UNSHARE: Tool = Tool {
    program: "unshare",
    package: "util-linux",
    package_of: &[],
    at_least: None,
};
/// Reads state files with a TOML parser that isn't ours.
pub(crate) const PYTHON: Tool = Tool {
    program: "python3",
    package: "python3",
    package_of: &[("pacman", "python")],
    at_least: Some("Python 3.11"),
};
/// Installs the Claude Code that is tested with.
pub(crate) const NPM: Tool = Tool {
    program: "npm",
    package: "npm",
    // It comes with node there.
    package_of: &[("dnf", "nodejs-npm"), ("zypper", "npm-default"), ("brew", "node")],
    at_least: None,
};
/// Sources state files.
pub(crate) const DASH: Tool = Tool {
    program: "dash",
    package: "dash",
    package_of: &[],
    at_least: None,
};

/// Say what they export, each in its own way.
pub(crate) const ZSH: Tool = Tool {
    program: "zsh",
    package: "zsh",
    package_of: &[],
    at_least: None,
};
pub(crate) const FISH: Tool = Tool {
    program: "fish",
    package: "fish",
    package_of: &[],
    at_least: None,
};

impl Tool {
    fn package(&self, manager: &str) -> &'static str {
        let other = self.package_of.iter().find(|(name, _)| *name == manager);
        other.map_or(self.package, |(_, package)| package)
    }

    /// What is wrong with a program that calls itself `said`, if anything.
    fn objection(&self, said: &str) -> Option<String> {
        let at_least = self.at_least?;
        let old = Version::parse(said)?.older_than(&Version::parse(at_least)?);
        old.then(|| format!("{} is too old, {at_least} or newer is needed", said.trim()))
    }
}

/// Makes sure that all of the tools are there, and installs those that are not.
pub(crate) fn ensure(tools: &[Tool]) -> Result<(), Failure> {
    let machine = Machine::this();
    let missing = missing(tools, &machine);
    if missing.is_empty() {
        return Ok(());
    }
    let reasons: Vec<&str> = missing.iter().map(|(_, why)| why.as_str()).collect();
    let reasons = reasons.join("; ");
    let wanted: Vec<&Tool> = missing.iter().map(|(tool, _)| *tool).collect();
    match install::decide(&wanted, &machine) {
        Decision::Install(plan) => {
            eprintln!("==> {reasons}; installing");
            let by_hand = &plan.by_hand;
            plan.execute().map_err(|why| {
                Failure::Task(format!(
                    "{reasons}, and installing failed: {why}\nhint: type this yourself: {by_hand}"
                ))
            })?;
        }
        Decision::ByHand(command) => {
            return Err(Failure::Task(format!(
                "{reasons}\nhint: type this, then try again: {command}"
            )));
        }
        Decision::NoManager => {
            let hint = "install it with the package manager of this system, which xtask does not know";
            return Err(Failure::Task(format!("{reasons}\nhint: {hint}")));
        }
    }
    match missing_reasons(tools, &machine) {
        still if still.is_empty() => Ok(()),
        still => Err(Failure::Task(format!(
            "{still}, and the package manager's own did not change that\nhint: put a newer one first on PATH"
        ))),
    }
}

/// Checks a program that the user named instead of the one on PATH.
pub(crate) fn check_chosen(tool: &Tool, path: &Path) -> Result<(), Failure> {
    let said = ask_version(path)
        .filter(|said| said.starts_with(tool.program))
        .ok_or_else(|| Failure::Task(format!("{} is no {} that runs", path.display(), tool.program)))?;
    match tool.objection(&said) {
        None => Ok(()),
        Some(objection) => Err(Failure::Task(format!("{}: {objection}", path.display()))),
    }
}

fn missing_reasons(tools: &[Tool], machine: &Machine) -> String {
    missing(tools, machine)
        .into_iter()
        .map(|(_, why)| why)
        .collect::<Vec<_>>()
        .join("; ")
}

/// The tools that are not there or too old, each with the reason.
fn missing<'a>(tools: &'a [Tool], machine: &Machine) -> Vec<(&'a Tool, String)> {
    let objection = |tool: &Tool| match search::find(tool.program, &machine.path) {
        None => Some(format!("{} is not on PATH", tool.program)),
        Some(_) if tool.at_least.is_none() => None,
        Some(path) => match (machine.ask_version)(&path) {
            None => Some(format!("{} does not run", path.display())),
            Some(said) => tool.objection(&said).map(|why| format!("{}: {why}", path.display())),
        },
    };
    tools
        .iter()
        .filter_map(|tool| objection(tool).map(|why| (tool, why)))
        .collect()
}

/// What the program answers to `-V`; nothing when it does not run.
pub(crate) fn ask_version(path: &Path) -> Option<String> {
    let output = Command::new(path)
        .arg("-V")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_have_other_names_elsewhere() {
        assert_eq!(
            (VI.package("apt-get"), VI.package("dnf"), VI.package("pacman")),
            ("vim", "vim-minimal", "vi")
        );
        assert_eq!(TMUX.package("pacman"), "tmux");
    }

    #[test]
    fn an_old_or_absent_or_broken_tmux_is_missing() {
        let folder = search::tests::folder_of(&["tmux"]);
        let mut machine = Machine::with_path(folder.path());
        machine.ask_version = |_| Some("tmux 3.3a".to_owned());
        assert!(missing(&[TMUX], &machine).is_empty());
        assert_eq!(
            missing(&[TMUX, STRACE], &machine),
            [(&STRACE, "strace is not on PATH".to_owned())]
        );
        machine.ask_version = |_| Some("tmux 3.1c\n".to_owned());
        let (_, why) = &missing(&[TMUX], &machine)[0];
        assert!(
            why.ends_with("tmux 3.1c is too old, tmux 3.2a or newer is needed"),
            "{why}"
        );
        machine.ask_version = |_| None;
        assert!(missing(&[TMUX], &machine)[0].1.ends_with("does not run"));
    }

    #[test]
    fn a_chosen_program_must_run() {
        assert!(check_chosen(&TMUX, Path::new("/bin/true")).is_err());
        let said = check_chosen(&TMUX, Path::new("/nonexistent/tmux"))
            .unwrap_err()
            .to_string();
        assert!(said.starts_with("/nonexistent/tmux is no tmux"), "{said}");
    }
}
