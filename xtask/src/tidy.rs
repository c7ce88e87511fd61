//! `cargo xtask tidy`: what holds the house together and no compiler checks.
//!
//! Each check is a function from the tree to findings, in a file of its own, with a test that shows it failing.

mod dependencies;
mod fences;
mod finding;
mod forgotten;
mod leftovers;
mod manifests;
mod names;
mod pages;
mod size;
mod source;
mod tree;

use std::path::Path;

use crate::cargo;
use crate::failure::{self, Failure};
use finding::Finding;
use tree::Tree;

pub(crate) const HELP: &str = "\
Check what the compiler does not: dependency table, fences, sizes, names

Usage: cargo xtask tidy

Prints each finding as `path:line: what: why`, and fails if there is one that is not a warning.";

type Check = fn(&Tree) -> Vec<Finding>;

const CHECKS: [Check; 8] = [
    dependencies::check,
    manifests::check,
    fences::check,
    size::check,
    forgotten::check,
    names::check,
    leftovers::check,
    pages::check,
];

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    failure::no_arguments("tidy", args)?;
    let root = cargo::root();
    let tree = Tree::read(&root).map_err(Failure::Task)?;
    let findings = findings(&tree);
    for finding in &findings {
        println!("{finding}");
    }
    let failures = findings.iter().filter(|finding| !finding.warning).count();
    if failures > 0 {
        return Err(Failure::Task(format!(
            "tidy found {failures} to repair in {}",
            at(&root)
        )));
    }
    eprintln!(
        "tidy: {} source files of {} crates are in order",
        tree.sources.len(),
        tree.members.len()
    );
    Ok(())
}

fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(tree)).collect();
    findings.sort();
    findings
}

fn at(root: &Path) -> String {
    root.display().to_string()
}

#[cfg(test)]
mod fixture;

#[cfg(test)]
mod tests {
    use super::fixture::Fixture;
    use super::*;

    #[test]
    fn the_fixture_is_in_order_and_its_findings_are_sorted() {
        let fixture = Fixture::new();
        assert_eq!(findings(&fixture.tree()), []);
        fixture.write("tsm-cli/src/lib.rs", "//! Docs.\n\nfn f() {\n    todo!()\n}\n");
        fixture.remove("session-lock/README.md");
        let said: Vec<String> = findings(&fixture.tree()).iter().map(Finding::to_string).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("session-lock/README.md:1: "), "{said:?}");
        assert!(said[1].starts_with("tsm-cli/src/lib.rs:4: "), "{said:?}");
    }
}
