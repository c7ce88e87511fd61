//! On which tmux, and under which locale, the end-to-end tests run.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::matrix::{self, Ready};
use crate::step::Step;
use crate::{cargo, claude_code, tools};

/// The test programs: the one on which most is, and the one that runs the real Claude Code.
pub(crate) const TEST_TARGETS: [&str; 2] = ["e2e", "claude"];

/// Every test with the real agent starts some of it, and each takes 200 MB and, while it starts, a core.
const CLAUDE_THREADS: [&str; 2] = ["--test-threads", "2"];

/// One run of one of the test programs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    name: String,
    /// The tmux, where it is not the one that the tests find by themselves.
    tmux: Option<PathBuf>,
    /// The value of `LC_ALL`, where it is not the usual one.
    locale: Option<&'static str>,
    /// Another tmux, for the test of states that go from one version to another.
    other: Option<PathBuf>,
    /// The real Claude Code, for the test program that runs it.
    claude: Option<PathBuf>,
}

impl Run {
    /// On the tmux that was chosen, else on the one that the tests find by themselves.
    pub(crate) fn on(tmux: Option<PathBuf>) -> Self {
        Self {
            name: "e2e".to_owned(),
            tmux,
            locale: None,
            other: None,
            claude: None,
        }
    }

    /// The same in a locale without UTF-8.
    fn under_c(mut self) -> Self {
        self.name.push_str(" under C");
        self.locale = Some("C");
        self
    }

    /// The tests with the real Claude Code instead.
    pub(crate) fn with_claude(mut self, program: PathBuf) -> Self {
        self.name = self.name.replacen("e2e", "e2e with claude", 1);
        self.claude = Some(program);
        self
    }

    /// Which test program it is.
    pub(crate) fn target(&self) -> &'static str {
        let [most, with_claude] = TEST_TARGETS;
        if self.claude.is_some() { with_claude } else { most }
    }

    /// What cargo is called with. `--workspace` with one target picks the same dependency features as the other steps of
    /// the gate do, so that nothing is built twice; `-p tests` would pick others.
    pub(super) fn step(&self, test_args: &[String]) -> Step {
        let mut args = vec!["test", "--workspace", "--test", self.target()];
        args.push("--");
        if self.claude.is_some() {
            args.extend(CLAUDE_THREADS);
        }
        args.extend(test_args.iter().map(String::as_str));
        let mut step = Step::cargo(&self.name, &args).without("TMUX").without("TMUX_PANE");
        if let Some(claude) = &self.claude {
            step = step.env(claude_code::VARIABLE, claude);
        }
        if let Some(tmux) = &self.tmux {
            step = step.env("TSM_TMUX", tmux);
        }
        if let Some(locale) = self.locale {
            step = step.env("TSM_E2E_LOCALE", locale);
        }
        if let Some(other) = &self.other {
            step = step.env("TSM_TMUX_OTHER", other);
        }
        if matrix::on_ci() {
            // Only the end of the output is kept there, and a panic says where it comes from without it.
            step = step.without("RUST_BACKTRACE");
        }
        step
    }
}

/// What `e2e --matrix` runs: each version once.
pub(crate) fn of_the_matrix(root: &Path) -> Result<Vec<Run>, Failure> {
    let ready = matrix::prepare(&cargo::target_folder(root)?, None)?;
    Ok(with_another(one_under_c(on_each(ready))))
}

/// What the gate runs: the tmux of this machine, on CI the other versions too, and one of them under C.
pub(crate) fn of_the_gate(root: &Path) -> Result<Vec<Run>, Failure> {
    if !matrix::on_ci() {
        eprintln!("==> the other versions of tmux are left out: `cargo xtask e2e --matrix` runs on them");
        return Ok(gate(Vec::new()));
    }
    let native = std::env::var_os("TSM_TMUX").unwrap_or_else(|| OsString::from("tmux"));
    let said = tools::ask_version(Path::new(&native)).unwrap_or_default();
    let version = said.trim().strip_prefix("tmux ");
    Ok(gate(matrix::prepare(&cargo::target_folder(root)?, version)?))
}

fn gate(others: Vec<Ready>) -> Vec<Run> {
    let mut others = on_each(others);
    if others.is_empty() {
        others.push(Run::on(None));
    }
    with_another([Run::on(None)].into_iter().chain(one_under_c(others)).collect())
}

fn on_each(ready: Vec<Ready>) -> Vec<Run> {
    let run = |ready: Ready| Run {
        name: format!("e2e on {}", ready.version),
        ..Run::on(Some(ready.program))
    };
    ready.into_iter().map(run).collect()
}

/// The first run has the tmux of the last one at hand: the oldest and the newest write layouts most differently.
fn with_another(mut runs: Vec<Run>) -> Vec<Run> {
    let last = runs.last().and_then(|run| run.tmux.clone());
    if let Some((first, [_, ..])) = runs.split_first_mut() {
        first.other = last;
    }
    runs
}

/// No version behaves differently enough in a locale without UTF-8 to run it twice; 3.5a, which writes bytes
/// differently there, is the one to take.
fn one_under_c(mut runs: Vec<Run>) -> Vec<Run> {
    let at = runs.iter().position(|run| run.name.ends_with("3.5a")).unwrap_or(0);
    if let Some(run) = runs.get_mut(at) {
        *run = run.clone().under_c();
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(versions: &[&str]) -> Vec<Ready> {
        let ready = |version: &&str| Ready {
            version: (*version).to_owned(),
            program: format!("/t/{version}/tmux").into(),
        };
        versions.iter().map(ready).collect()
    }

    fn names(runs: &[Run]) -> Vec<&str> {
        runs.iter().map(|run| run.name.as_str()).collect()
    }

    #[test]
    fn one_run_is_always_under_c() {
        assert_eq!(names(&gate(Vec::new())), ["e2e", "e2e under C"]);
        assert_eq!(
            names(&gate(ready(&["3.5a", "3.8"]))),
            ["e2e", "e2e on 3.5a under C", "e2e on 3.8"]
        );
        assert_eq!(
            names(&gate(ready(&["3.3a", "3.8"]))),
            ["e2e", "e2e on 3.3a under C", "e2e on 3.8"]
        );
        assert_eq!(
            names(&one_under_c(on_each(ready(&["3.3a", "3.5a", "3.8"])))),
            ["e2e on 3.3a", "e2e on 3.5a under C", "e2e on 3.8"]
        );
    }

    #[test]
    fn states_go_from_the_first_version_to_the_last_and_back() {
        let step = |runs: &[Run], n: usize| runs[n].step(&[]).line();
        let runs = gate(ready(&["3.5a", "3.8"]));
        assert_eq!(
            step(&runs, 0),
            "TSM_TMUX_OTHER=/t/3.8/tmux cargo test --workspace --test e2e --"
        );
        assert!(!step(&runs, 2).contains("OTHER"));
        let alone = gate(Vec::new());
        assert!(!step(&alone, 0).contains("OTHER"), "there is no other");
    }

    #[test]
    fn what_the_tests_are_told() {
        let runs = one_under_c(on_each(ready(&["3.5a"])));
        let step = runs[0].step(&["switch".to_owned()]);
        assert_eq!(
            step.line(),
            "TSM_TMUX=/t/3.5a/tmux TSM_E2E_LOCALE=C cargo test --workspace --test e2e -- switch"
        );
        let run = Run::on(None).with_claude("/c/claude".into());
        assert_eq!(names(std::slice::from_ref(&run)), ["e2e with claude"]);
        let said = run.step(&["--nocapture".to_owned()]).line();
        let expected = "TSM_CLAUDE=/c/claude cargo test --workspace --test claude -- --test-threads 2 --nocapture";
        assert_eq!(said, expected);
    }
}
