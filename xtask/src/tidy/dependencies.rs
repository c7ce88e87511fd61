//! Dependencies between the crates of the workspace point one way.

use super::finding::Finding;
use super::tree::Tree;

/// Which crates of the workspace a crate may depend on. ARCHITECTURE.md says why.
const TABLE: [(&str, &[&str]); 8] = [
    ("tmux-core", &[]),
    ("session-lock", &[]),
    ("session-state", &["session-lock"]),
    ("session-recovery", &["tmux-core", "session-state", "session-lock"]),
    (
        "session-ops",
        &["tmux-core", "session-lock", "session-state", "session-recovery"],
    ),
    ("tsm-cli", &["session-ops"]),
    ("recovery-cli", &["session-ops"]),
    ("xtask", &[]),
];

/// The end-to-end tests stand outside the house and may look into every room.
const FREE: &str = "tests";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in tree.members.iter().filter(|member| member.package != FREE) {
        let path = member.manifest_path();
        let Some((_, allowed)) = TABLE.iter().find(|(package, _)| *package == member.package) else {
            let what = format!("{} has no row in the dependency table", member.package);
            findings.push(Finding::new(
                &path,
                1,
                what,
                "add one in xtask/src/tidy/dependencies.rs",
            ));
            continue;
        };
        for dependency in member.dependencies() {
            let package = tree.package_of(&dependency);
            if tree.is_member(&package) && !allowed.contains(&package.as_str()) {
                let what = format!("{} depends on {package} in {}", member.package, dependency.table);
                let why = if allowed.is_empty() {
                    "it may depend on no crate of the workspace".to_owned()
                } else {
                    format!("of the workspace it may depend on {} only", allowed.join(", "))
                };
                findings.push(Finding::new(&path, dependency.line, what, why));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn the_table_is_what_may_be() {
        let fixture = Fixture::new();
        for (package, allowed) in TABLE {
            let lines: Vec<String> = allowed.iter().map(|name| format!("{name}.workspace = true")).collect();
            fixture.depend(package, "dependencies", &lines.join("\n"));
        }
        fixture.depend(
            "tests",
            "dependencies",
            "session-ops.workspace = true\ntsm-cli.workspace = true",
        );
        assert_eq!(fixture.places(check), [""; 0]);
    }

    #[test]
    fn an_edge_upwards_or_sideways_is_found_in_every_table() {
        let fixture = Fixture::new();
        fixture.depend("session-lock", "dependencies", "session-state.workspace = true");
        fixture.depend("session-state", "dev-dependencies", "tmux-core = { workspace = true }");
        fixture.depend("tmux-core", "build-dependencies", "xtask.workspace = true");
        fixture.depend(
            "tsm-cli",
            "target.'cfg(unix)'.dependencies",
            "session-ops.workspace = true\nsession-lock.workspace = true",
        );
        fixture.depend(
            "xtask",
            "dependencies",
            "innocent = { path = \"../tmux-core\", package = \"tmux-core\" }",
        );
        fixture.depend("recovery-cli", "dependencies", "tests.workspace = true");
        let places = [
            "recovery-cli/Cargo.toml:9",
            "session-lock/Cargo.toml:9",
            "session-state/Cargo.toml:9",
            "tmux-core/Cargo.toml:9",
            "tsm-cli/Cargo.toml:10",
            "xtask/Cargo.toml:9",
        ];
        assert_eq!(fixture.places(check), places);
    }

    #[test]
    fn a_name_given_at_the_root_hides_no_edge() {
        let fixture = Fixture::new();
        let members = "members = [\"tmux-core\", \"session-lock\"]";
        let renamed = "[workspace.dependencies]\ninnocent = { path = \"session-lock\", package = \"session-lock\" }";
        fixture.write("Cargo.toml", &format!("[workspace]\n{members}\n{renamed}\n"));
        fixture.depend("tmux-core", "dependencies", "innocent.workspace = true");
        assert_eq!(fixture.places(check).len(), 1);
    }

    #[test]
    fn a_new_crate_needs_a_row() {
        let fixture = Fixture::new();
        fixture.write("Cargo.toml", "[workspace]\nmembers = [\"web\"]\n");
        fixture.write("web/Cargo.toml", "[package]\nname = \"web\"\n");
        assert_eq!(fixture.places(check), ["web/Cargo.toml:1"]);
    }
}
