//! The package managers that xtask can use, in the order in which it looks for them.

use super::Tool;

/// A package manager.
#[derive(Debug, PartialEq)]
pub(crate) struct Manager {
    pub(crate) program: &'static str,
    /// Fetches the package lists.
    refresh: &'static [&'static str],
    /// Installs, without asking; the packages follow.
    install: &'static [&'static str],
    /// Homebrew runs as the user and refuses root; all others need root.
    pub(crate) as_root: bool,
}

pub(crate) const MANAGERS: [Manager; 6] = [
    Manager {
        program: "apt-get",
        refresh: &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "update"],
        install: &[
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            // Another apt at work (unattended upgrades on a fresh machine) is waited for.
            "-o",
            "DPkg::Lock::Timeout=120",
            "install",
            "-y",
            "--no-install-recommends",
        ],
        as_root: true,
    },
    Manager {
        program: "dnf",
        refresh: &["dnf", "makecache"],
        install: &["dnf", "install", "-y"],
        as_root: true,
    },
    Manager {
        program: "pacman",
        refresh: &["pacman", "-Sy", "--noconfirm"],
        install: &["pacman", "-S", "--needed", "--noconfirm"],
        as_root: true,
    },
    Manager {
        program: "apk",
        refresh: &["apk", "update"],
        install: &["apk", "add"],
        as_root: true,
    },
    Manager {
        program: "zypper",
        refresh: &["zypper", "--non-interactive", "refresh"],
        install: &["zypper", "--non-interactive", "install"],
        as_root: true,
    },
    Manager {
        program: "brew",
        refresh: &["brew", "update"],
        install: &["brew", "install"],
        as_root: false,
    },
];

impl Manager {
    pub(crate) fn refresh(&self, prefix: &[&str]) -> Vec<String> {
        prefix
            .iter()
            .chain(self.refresh)
            .map(|word| (*word).to_owned())
            .collect()
    }

    pub(crate) fn install(&self, prefix: &[&str], tools: &[&Tool]) -> Vec<String> {
        let packages = self.packages(tools);
        prefix
            .iter()
            .chain(self.install)
            .chain(&packages)
            .map(|word| (*word).to_owned())
            .collect()
    }

    /// What a person would type, `prefix` before each program.
    pub(crate) fn by_hand(&self, prefix: &str, tools: &[&Tool]) -> String {
        let packages = self.packages(tools).join(" ");
        match self.program {
            // On a fresh Debian the package lists are empty.
            "apt-get" => format!("{prefix}apt-get update && {prefix}apt-get install -y {packages}"),
            "pacman" => format!("{prefix}pacman -S --needed {packages}"),
            "apk" => format!("{prefix}apk add {packages}"),
            program => format!("{prefix}{program} install {packages}"),
        }
    }

    fn packages(&self, tools: &[&Tool]) -> Vec<&'static str> {
        tools.iter().map(|tool| tool.package(self.program)).collect()
    }
}
