//! Which files may step over the fences of clippy.toml, and that nobody switches clippy off.

use super::finding::Finding;
use super::source::{Attribute, Source};
use super::tree::Tree;

const LINT: &str = "clippy::disallowed_methods";

/// The modules that clippy.toml names as the owners of its fenced functions.
const MAY: [&str; 8] = [
    "tmux-core/src/transport/spawn.rs",
    "session-lock/src/flock.rs",
    "session-lock/src/replace.rs",
    "session-ops/src/clock.rs",
    "session-ops/src/config/env.rs",
    "session-ops/src/programs.rs",
    "tsm-cli/src/output.rs",
    "recovery-cli/src/output.rs",
];

/// The crates that are no part of the product, and examples, which are programs with an environment of their own.
const FREE: [&str; 3] = ["xtask/", "tests/", "tmux-core/examples/"];

/// Groups that contain the lint: expecting one would open every fence.
const GROUPS: [&str; 3] = ["clippy::all", "clippy::style", "warnings"];

/// Clippy takes the nearest of these instead of the one at the root.
const CONFIGURATIONS: [&str; 2] = ["clippy.toml", ".clippy.toml"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let files = tree
        .members
        .iter()
        .filter(|member| !FREE.contains(&format!("{}/", member.folder).as_str()));
    let files = files.flat_map(|member| CONFIGURATIONS.map(|file| format!("{}/{file}", member.folder)));
    let why = "it takes the place of the one at the root, and the fences of this crate are gone";
    let mut findings: Vec<Finding> = files
        .filter(|file| tree.root.join(file).exists())
        .map(|file| Finding::new(&file, 1, "a clippy configuration of its own", why))
        .collect();
    for source in &tree.sources {
        findings.extend(
            source
                .attributes
                .iter()
                .filter_map(|attribute| judge(source, attribute)),
        );
    }
    findings
}

fn judge(source: &Source, attribute: &Attribute) -> Option<Finding> {
    let found = |what: &str, why: &str| Some(Finding::new(&source.path, attribute.line, what, why));
    if arguments(&attribute.text, "allow").any(|lint| lint.starts_with("clippy::")) {
        return found(
            "a clippy lint is allowed",
            "write `expect` with a reason, which tells when it is no longer needed",
        );
    }
    let mut lints = arguments(&attribute.text, "expect").chain(arguments(&attribute.text, "allow"));
    if lints.any(|lint| GROUPS.contains(&lint)) {
        return found(
            "a whole group of lints is expected",
            "it would open every fence; name the lint",
        );
    }
    if !attribute.text.contains(LINT) || may(&source.path) {
        return None;
    }
    let for_unit_tests = !attribute.inner && attribute.for_tests && attribute.on_module;
    if for_unit_tests {
        return None;
    }
    let why = "only the modules that clippy.toml names may; a test module may be given `#[expect]` from outside, \
               behind `#[cfg(test)]`";
    found("steps over a fence", why)
}

fn may(path: &str) -> bool {
    MAY.contains(&path) || FREE.iter().any(|folder| path.starts_with(folder))
}

/// What stands in the brackets of each `level(…)`, at any depth (`cfg_attr`).
fn arguments<'a>(attribute: &'a str, level: &str) -> impl Iterator<Item = &'a str> {
    let starts = attribute
        .match_indices(&format!("{level}("))
        .map(|(at, start)| (at, at + start.len()))
        .collect::<Vec<_>>();
    let own = move |at: usize| !attribute[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let bodies = starts
        .into_iter()
        .filter(move |(at, _)| own(*at))
        .map(|(_, from)| &attribute[from..]);
    bodies.flat_map(|body| body.split(')').next().unwrap_or_default().split(','))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    const INNER: &str = "#![expect(\n    clippy::disallowed_methods,\n    reason = \"a; reason) here\"\n)]\n";

    #[test]
    fn the_owners_may() {
        let fixture = Fixture::new();
        for path in MAY {
            fixture.write(path, &format!("//! Docs.\n\n{INNER}"));
        }
        fixture.write("xtask/src/main.rs", INNER);
        fixture.write("tests/e2e/main.rs", INNER);
        assert_eq!(fixture.places(check), [""; 0]);
    }

    #[test]
    fn all_others_may_not() {
        let fixture = Fixture::new();
        fixture.write("session-ops/src/clock_two.rs", &format!("//! Docs.\n\n{INNER}"));
        fixture.write(
            "tsm-cli/src/lib.rs",
            "#[expect(clippy::disallowed_methods, reason = \"so\")]\nfn f() {}\n",
        );
        fixture.write(
            "tmux-core/src/transport.rs",
            "#![cfg_attr(unix, expect(clippy::disallowed_methods))]\n",
        );
        let places = [
            "session-ops/src/clock_two.rs:3",
            "tmux-core/src/transport.rs:1",
            "tsm-cli/src/lib.rs:1",
        ];
        assert_eq!(fixture.places(check), places);
    }

    #[test]
    fn a_crate_of_the_product_has_no_fences_of_its_own() {
        let fixture = Fixture::new();
        fixture.write("tests/clippy.toml", "");
        assert_eq!(fixture.places(check), [""; 0]);
        fixture.write("session-ops/clippy.toml", "");
        fixture.write("tsm-cli/.clippy.toml", "");
        assert_eq!(
            fixture.places(check),
            ["session-ops/clippy.toml:1", "tsm-cli/.clippy.toml:1"]
        );
    }

    #[test]
    fn a_test_module_may_from_outside() {
        let fixture = Fixture::new();
        let outer = "#[expect(clippy::disallowed_methods, reason = \"fixtures\")]\n";
        fixture.write(
            "session-state/src/a.rs",
            &format!("#[cfg(test)]\n{outer}mod tests {{}}\n"),
        );
        fixture.write(
            "session-state/src/b.rs",
            &format!("{outer}#[cfg(test)]\npub(crate) mod fixture;\n"),
        );
        assert_eq!(fixture.places(check), [""; 0]);
        fixture.write("session-state/src/a.rs", &format!("{outer}mod tests {{}}\n"));
        fixture.write("session-state/src/b.rs", &format!("#[cfg(test)]\n{outer}fn f() {{}}\n"));
        fixture.write(
            "session-state/src/c.rs",
            &format!("#[cfg(test)]\nmod tests {{\n{INNER}}}\n"),
        );
        let places = [
            "session-state/src/a.rs:1",
            "session-state/src/b.rs:2",
            "session-state/src/c.rs:3",
        ];
        assert_eq!(fixture.places(check), places);
    }

    #[test]
    fn clippy_is_not_switched_off_anywhere() {
        let fixture = Fixture::new();
        fixture.write("tests/src/a.rs", "#[allow(clippy::unwrap_used)]\nfn f() {}\n");
        fixture.write(
            "xtask/src/a.rs",
            "#[cfg_attr(test, allow(dead_code, clippy::panic))]\nfn f() {}\n",
        );
        fixture.write("tsm-cli/src/output.rs", "#![expect(clippy::style, reason = \"so\")]\n");
        fixture.write(
            "tsm-cli/src/a.rs",
            "// #[allow(clippy::all)]\n#[allow(dead_code)]\n#[disallow(clippy::x)]\nfn f() {}\n",
        );
        assert_eq!(
            fixture.places(check),
            ["tests/src/a.rs:1", "tsm-cli/src/output.rs:1", "xtask/src/a.rs:1"]
        );
    }
}
