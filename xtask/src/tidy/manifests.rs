//! Each manifest takes lints and versions from the workspace, and each library warns of missing docs.

use super::finding::Finding;
use super::tree::{Member, Tree};

/// The crates that other programs use.
pub(crate) const LIBRARIES: [&str; 5] = [
    "tmux-core",
    "session-lock",
    "session-state",
    "session-recovery",
    "session-ops",
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.members
        .iter()
        .flat_map(|member| manifest(member).into_iter().chain(docs(tree, member)))
        .collect()
}

fn manifest(member: &Member) -> Vec<Finding> {
    let path = member.manifest_path();
    let mut findings = Vec::new();
    let inherited =
        |value: Option<&toml::Value>| value.and_then(|value| value.get("workspace")?.as_bool()) == Some(true);
    if !inherited(member.manifest.get("lints")) {
        let why = "without `[lints] workspace = true` the lints of the workspace are off in this crate";
        findings.push(Finding::new(&path, 1, "no lints", why));
    }
    for dependency in member
        .dependencies()
        .iter()
        .filter(|dependency| !inherited(Some(dependency.value)))
    {
        let what = format!("{} is not `workspace = true` in {}", dependency.key, dependency.table);
        findings.push(Finding::new(
            &path,
            dependency.line,
            what,
            "versions stand in the manifest of the workspace only",
        ));
    }
    findings
}

fn docs(tree: &Tree, member: &Member) -> Option<Finding> {
    if !LIBRARIES.contains(&member.package.as_str()) {
        return None;
    }
    let path = format!("{}/src/lib.rs", member.folder);
    let warns = |source: &super::source::Source| {
        source
            .attributes
            .iter()
            .any(|attribute| attribute.inner && attribute.text.starts_with("warn(missing_docs"))
    };
    let why = "every public item of a library is documented";
    let missing = !tree.source(&path).is_some_and(warns);
    missing.then(|| Finding::new(&path, 1, "no `#![warn(missing_docs)]`", why))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn own_lints_and_own_versions_are_found() {
        let fixture = Fixture::new();
        assert_eq!(fixture.places(check), [""; 0]);
        fixture.write(
            "xtask/Cargo.toml",
            "[package]\nname = \"xtask\"\n\n[lints.rust]\nunsafe_code = \"warn\"\n",
        );
        let dependencies = "bstr.workspace = true\nclap = { workspace = true, features = [\"env\"] }\nserde = \"1\"\nnix = { version = \"1\" }";
        fixture.write(
            "tsm-cli/Cargo.toml",
            &format!("[package]\nname = \"tsm-cli\"\n[lints]\nworkspace = true\n[dependencies]\n{dependencies}\n"),
        );
        assert_eq!(
            fixture.places(check),
            ["tsm-cli/Cargo.toml:8", "tsm-cli/Cargo.toml:9", "xtask/Cargo.toml:1"]
        );
    }

    #[test]
    fn a_library_without_the_docs_lint_is_found() {
        let fixture = Fixture::new();
        fixture.write(
            "tmux-core/src/lib.rs",
            "//! `#![warn(missing_docs)]`\n// #![warn(missing_docs)]\n",
        );
        fixture.write(
            "session-ops/src/lib.rs",
            "//! Docs.\n#![warn(missing_docs, missing_debug_implementations)]\n",
        );
        assert_eq!(fixture.places(check), ["tmux-core/src/lib.rs:1"]);
    }
}
