//! Making a worktree, which git does: tsm starts it with arguments, in the repository, and never takes anything away.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::error::Error;
use crate::hooks::{HookCommand, Ran, run};

/// How long git may take to check everything out.
const LIMIT: Duration = Duration::from_secs(600);

/// How long git may take to tell whether there is a branch.
const ASKED: Duration = Duration::from_secs(20);

/// So much is told of what git says.
const TOLD: usize = 600;

/// The longest name of a branch: it becomes a part of file names.
const LONGEST: usize = 200;

/// They would make git act on another repository than the one that it is started in. A hook of git's has them set.
const LEADING_ELSEWHERE: [&str; 8] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
];

/// The worktree to make.
pub(crate) struct Wanted<'a> {
    /// The repository's directory.
    pub(crate) repository: &'a Path,
    /// A branch that [`unusable`] has nothing against.
    pub(crate) branch: &'a str,
    /// Where; an absolute path.
    pub(crate) path: &'a str,
    /// The branch is made, too.
    pub(crate) new_branch: bool,
}

/// Makes it.
///
/// # Errors
///
/// [`Error::NoBranch`]; [`Error::Git`] with what git says.
pub(crate) fn make(wanted: &Wanted<'_>) -> Result<(), Error> {
    let branch = wanted.branch;
    if !wanted.new_branch {
        let reference = format!("refs/heads/{branch}");
        let asked = git(wanted, &["show-ref", "--verify", "--quiet", &reference], ASKED);
        if !asked.succeeded() {
            // Silence says that there is none.
            return Err(match asked.output.is_empty() && asked.is_exit() {
                true => Error::NoBranch {
                    branch: branch.to_owned(),
                    repository: wanted.repository.to_owned(),
                },
                false => failed(&asked),
            });
        }
    }
    let words: &[&str] = match wanted.new_branch {
        true => &["worktree", "add", "-q", "-b", branch, "--", wanted.path],
        false => &["worktree", "add", "-q", "--", wanted.path, branch],
    };
    let made = git(wanted, words, LIMIT);
    match made.succeeded() {
        true => Ok(()),
        false => Err(failed(&made)),
    }
}

fn git(wanted: &Wanted<'_>, words: &[&str], limit: Duration) -> Ran {
    let argv = std::iter::once("git").chain(words.iter().copied());
    let command = HookCommand::Argv(argv.map(str::to_owned).collect());
    // Nobody is there to be asked for a password.
    let variables = [("GIT_TERMINAL_PROMPT", OsString::from("0"))];
    run(&command, wanted.repository, &variables, &LEADING_ELSEWHERE, &[], limit)
}

/// What git says, in one line.
fn failed(ran: &Ran) -> Error {
    let text = String::from_utf8_lossy(&ran.output);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let said = lines.join("; ");
    let why = match said.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}…", said.get(..end).unwrap_or_default()),
        None => said,
    };
    Error::Git {
        why: match why.is_empty() || !ran.is_exit() {
            true => [ran.describe(), why].join(" ").trim_end().to_owned(),
            false => why,
        },
    }
}

/// Why a text can't be a branch's name, if it can't. git knows more rules; these are those that keep it an operand of
/// git's commands that means a branch.
pub(crate) fn unusable(branch: &str) -> Option<&'static str> {
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    let part_is_odd = |part: &str| part.is_empty() || part.starts_with('.') || part.ends_with(".lock");
    if branch.starts_with('-') {
        Some("it would look like an option")
    } else if branch.is_empty() || branch.len() > LONGEST || branch.chars().any(forbidden) {
        Some("no branch is called so")
    } else if branch == "@" || branch == "HEAD" || branch.contains("@{") || branch.contains("..") {
        Some("git means something else by it")
    } else if branch.ends_with('.') || branch.split('/').any(part_is_odd) {
        Some("no branch is called so")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_branches_reach_git() {
        for branch in ["fix", "feature/x", "a@b", "1.2", "ä", "x-y_z", "refs/heads/x"] {
            assert_eq!(unusable(branch), None, "{branch}");
        }
        for branch in [
            "",
            "-b",
            "--upload-pack=x",
            "-",
            "@",
            "HEAD",
            "@{-1}",
            "a..b",
            "a b",
            "a\nb",
            "a\x1b[2Jb",
            "a\0b",
            "a~1",
            "a^",
            "a:b",
            "a?",
            "a*",
            "a[b",
            "a\\b",
            "/a",
            "a/",
            "a//b",
            ".a",
            "a/.b",
            "a.lock",
            "a.lock/b",
            "a.",
        ] {
            assert!(unusable(branch).is_some(), "{branch:?}");
        }
        assert!(unusable(&"x".repeat(LONGEST + 1)).is_some());
    }
}
