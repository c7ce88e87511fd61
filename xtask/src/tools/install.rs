//! Whether xtask may install, with which commands, and what to tell the user where it may not.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use super::manager::{MANAGERS, Manager};
use super::{Tool, search};

/// What the decision depends on.
pub(crate) struct Machine {
    /// The value of PATH.
    pub(crate) path: OsString,
    pub(crate) rights: Rights,
    /// What a program answers to `-V`; nothing when it does not run.
    pub(crate) ask_version: fn(&Path) -> Option<String>,
}

/// How xtask could become root.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rights {
    Root,
    /// `sudo -n` works: no password will be asked.
    FreeSudo,
    /// There is a sudo, and it wants a password.
    Sudo,
    None,
}

/// What to do about missing tools.
#[derive(Debug, PartialEq)]
pub(crate) enum Decision {
    Install(Plan),
    /// The one command that the user has to type.
    ByHand(String),
    /// No package manager that xtask knows.
    NoManager,
}

/// The commands that install.
#[derive(Debug, PartialEq)]
pub(crate) struct Plan {
    refresh: Vec<String>,
    install: Vec<String>,
    /// The command to tell the user when the plan fails.
    pub(crate) by_hand: String,
}

impl Machine {
    /// The machine that xtask runs on.
    pub(crate) fn this() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let rights = if said(&["id", "-u"]).is_some_and(|id| id.trim() == "0") {
            Rights::Root
        } else if search::find("sudo", &path).is_none() {
            Rights::None
        } else if said(&["sudo", "-n", "true"]).is_some() {
            Rights::FreeSudo
        } else {
            Rights::Sudo
        };
        Self {
            path,
            rights,
            ask_version: super::ask_version,
        }
    }

    #[cfg(test)]
    pub(crate) fn with_path(folder: &Path) -> Self {
        Self {
            path: folder.into(),
            rights: Rights::None,
            ask_version: |_| None,
        }
    }
}

/// Decides how these tools come onto this machine.
pub(crate) fn decide(tools: &[&Tool], machine: &Machine) -> Decision {
    let found = || {
        MANAGERS
            .iter()
            .filter(|manager| search::find(manager.program, &machine.path).is_some())
    };
    let plan = found().find_map(|manager| {
        let prefix: &[&str] = match (manager.as_root, machine.rights) {
            (true, Rights::Root) => &[],
            (true, Rights::FreeSudo) => &["sudo", "-n"],
            (false, Rights::FreeSudo | Rights::Sudo | Rights::None) => &[],
            (true, Rights::Sudo | Rights::None) | (false, Rights::Root) => return None,
        };
        let (refresh, install) = (manager.refresh(prefix), manager.install(prefix, tools));
        Some(Plan {
            refresh,
            install,
            by_hand: by_hand(manager, tools, machine.rights),
        })
    });
    match (plan, found().next()) {
        (Some(plan), _) => Decision::Install(plan),
        (None, Some(manager)) => Decision::ByHand(by_hand(manager, tools, machine.rights)),
        (None, None) => Decision::NoManager,
    }
}

fn by_hand(manager: &Manager, tools: &[&Tool], rights: Rights) -> String {
    match (manager.as_root, rights) {
        (true, Rights::FreeSudo | Rights::Sudo) => manager.by_hand("sudo ", tools),
        (true, Rights::None) => format!("su -c '{}'", manager.by_hand("", tools)),
        (true, Rights::Root) | (false, _) => manager.by_hand("", tools),
    }
}

impl Plan {
    /// Installs; where that fails, fetches the package lists, which may be old or empty, and tries again.
    pub(crate) fn execute(&self) -> Result<(), String> {
        self.execute_with(&mut |words| run(words))
    }

    fn execute_with(&self, run: &mut dyn FnMut(&[String]) -> Result<(), String>) -> Result<(), String> {
        if run(&self.install).is_ok() {
            return Ok(());
        }
        // A list that could not be fetched (one of several mirrors, say) need not be the one that is needed.
        let refreshed = run(&self.refresh);
        run(&self.install).map_err(|why| refreshed.err().map_or(why.clone(), |before| format!("{before}; {why}")))
    }
}

/// Runs a command, its output on stderr.
fn run(words: &[String]) -> Result<(), String> {
    let line = words.join(" ");
    eprintln!("    {line}");
    let (program, args) = words.split_first().ok_or("an empty command")?;
    let child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status();
    match child {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{line}: {status}")),
        Err(error) => Err(format!("{line}: {error}")),
    }
}

/// What a command prints; nothing when it fails.
fn said(words: &[&str]) -> Option<String> {
    let (program, args) = words.split_first()?;
    let output = Command::new(program)
        .args(args)
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
    use super::super::{STRACE, TMUX, VI};
    use super::*;

    fn decided(managers: &[&str], rights: Rights) -> Decision {
        let folder = search::tests::folder_of(managers);
        let mut machine = Machine::with_path(folder.path());
        machine.rights = rights;
        decide(&[&TMUX, &VI], &machine)
    }

    fn install_line(managers: &[&str], rights: Rights) -> String {
        match decided(managers, rights) {
            Decision::Install(plan) => plan.install.join(" "),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn root_installs_without_sudo_and_without_questions() {
        let line = install_line(&["apt-get", "sudo"], Rights::Root);
        assert!(
            line.starts_with("env DEBIAN_FRONTEND=noninteractive apt-get "),
            "{line}"
        );
        assert!(line.ends_with("install -y --no-install-recommends tmux vim"), "{line}");
        assert_eq!(install_line(&["dnf"], Rights::Root), "dnf install -y tmux vim-minimal");
        assert_eq!(install_line(&["apk"], Rights::Root), "apk add tmux vim");
        assert_eq!(
            install_line(&["zypper"], Rights::Root),
            "zypper --non-interactive install tmux vim"
        );
    }

    #[test]
    fn sudo_is_used_only_where_it_asks_no_password() {
        let line = install_line(&["pacman"], Rights::FreeSudo);
        assert_eq!(line, "sudo -n pacman -S --needed --noconfirm tmux vi");
        let command = "sudo apt-get update && sudo apt-get install -y tmux vim";
        assert_eq!(
            decided(&["apt-get"], Rights::Sudo),
            Decision::ByHand(command.to_owned())
        );
        let command = "su -c 'apt-get update && apt-get install -y tmux vim'";
        assert_eq!(
            decided(&["apt-get"], Rights::None),
            Decision::ByHand(command.to_owned())
        );
    }

    #[test]
    fn homebrew_runs_as_the_user_and_never_as_root() {
        assert_eq!(install_line(&["brew"], Rights::None), "brew install tmux vim");
        assert_eq!(install_line(&["brew"], Rights::FreeSudo), "brew install tmux vim");
        assert_eq!(
            install_line(&["apt-get", "brew"], Rights::Sudo),
            "brew install tmux vim"
        );
        assert!(matches!(decided(&["brew"], Rights::Root), Decision::ByHand(_)));
    }

    #[test]
    fn without_a_manager_there_is_nothing_to_run() {
        assert_eq!(decided(&["sudo", "port"], Rights::Root), Decision::NoManager);
    }

    #[test]
    fn the_lists_are_fetched_only_after_a_failed_install() {
        let words = |text: &str| vec![text.to_owned()];
        let plan = Plan {
            refresh: words("refresh"),
            install: words("install"),
            by_hand: String::new(),
        };
        let ran = |outcomes: &[bool]| {
            let (mut log, mut outcomes) = (Vec::new(), outcomes.iter());
            let outcome = plan.execute_with(&mut |words| {
                log.extend_from_slice(words);
                if *outcomes.next().unwrap() {
                    Ok(())
                } else {
                    Err("no".to_owned())
                }
            });
            (outcome.is_ok(), log.join(" "))
        };
        assert_eq!(ran(&[true]), (true, "install".to_owned()));
        assert_eq!(ran(&[false, true, true]), (true, "install refresh install".to_owned()));
        assert_eq!(ran(&[false, false, true]), (true, "install refresh install".to_owned()));
        assert_eq!(
            ran(&[false, true, false]),
            (false, "install refresh install".to_owned())
        );
    }

    #[test]
    fn one_command_names_all_that_is_missing() {
        let folder = search::tests::folder_of(&["dnf"]);
        let mut machine = Machine::with_path(folder.path());
        machine.rights = Rights::Sudo;
        let decision = decide(&[&TMUX, &STRACE, &VI], &machine);
        assert_eq!(
            decision,
            Decision::ByHand("sudo dnf install tmux strace vim-minimal".to_owned())
        );
    }

    #[test]
    fn a_failed_command_is_named() {
        let failed = run(&["false".to_owned()]).unwrap_err();
        assert!(failed.starts_with("false: "), "{failed}");
        assert!(run(&["true".to_owned()]).is_ok());
    }
}
