//! `cargo xtask test`: the whole gate, as CI runs it.

use crate::e2e::runs::{self, Run};
use crate::failure::{self, Failure};
use crate::step::{self, Step};
use crate::tools::components;
use crate::{cargo, claude_code, e2e, tidy};

pub(crate) const HELP: &str = "\
Run the whole gate: format, clippy, tidy, docs, unit tests, end-to-end tests

Usage: cargo xtask test

Installs the tools that the tests need where xtask may, else prints the one command to type.
Stops at the first step that fails. Needs no terminal. On CI (variable CI) the end-to-end tests
also run on the other versions of tmux, see `cargo xtask help e2e`, and those with the real agent,
which elsewhere are left out where it can't be fetched, are required.";

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    failure::no_arguments("test", args)?;
    let root = cargo::root();
    components::ensure(&root)?;
    e2e::ensure_tools(None)?;
    let mut runs = runs::of_the_gate(&root)?;
    // On the system's tmux alone: what the agent does doesn't depend on it.
    runs.extend(claude_code::of_the_gate(&root)?.map(|claude| Run::on(None).with_claude(claude)));
    step::run_all("test", &root, &steps(&test_targets(&cargo::metadata(&root)?), &runs))
}

fn steps(integration_tests: &[String], runs: &[Run]) -> Vec<Step> {
    // All of the test steps name the whole workspace and then a kind of target: the features of the
    // dependencies are then the same in each, and nothing is built twice.
    let mut unit = vec!["test", "--workspace", "--lib", "--bins", "--examples"];
    for name in integration_tests {
        unit.extend(["--test", name]);
    }
    let mut steps = vec![
        Step::cargo("format", &["fmt", "--all", "--check"]),
        Step::cargo(
            "clippy",
            &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
        ),
        Step::task("tidy", tidy::run),
        Step::cargo("docs", &["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"),
        Step::cargo("unit tests", &unit),
        Step::cargo("doc tests", &["test", "--workspace", "--doc"]),
    ];
    steps.extend(e2e::steps(runs, &[]));
    steps
}

/// The names of the workspace's integration tests, without those that have steps of their own.
fn test_targets(metadata: &serde_json::Value) -> Vec<String> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    let tests = targets.filter(|target| target["kind"][0] == "test");
    let mut names: Vec<String> = tests
        .filter_map(|target| target["name"].as_str())
        .filter(|name| !runs::TEST_TARGETS.contains(name))
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_integration_tests_run_with_the_unit_tests() {
        let metadata = serde_json::json!({"packages": [
            {"targets": [{"kind": ["lib"], "name": "a"}, {"kind": ["test"], "name": "wire"}]},
            {"targets": [{"kind": ["test"], "name": "e2e"}, {"kind": ["test"], "name": "wire"}]},
            {"targets": [{"kind": ["test"], "name": "claude"}]},
        ]});
        assert_eq!(test_targets(&metadata), ["wire"]);
    }
}
