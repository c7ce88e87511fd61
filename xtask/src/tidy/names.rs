//! Nothing is called by a name that fits everything.

use super::finding::Finding;
use super::tree::Tree;

const FORBIDDEN: [&str; 7] = ["utils", "util", "common", "helpers", "helper", "misc", "shared"];

const WHY: &str = "the name fits everything; call it what it is";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &tree.members {
        if let Some(name) = forbidden(&member.folder).or_else(|| forbidden(&member.package)) {
            findings.push(Finding::new(
                &member.manifest_path(),
                1,
                format!("a crate called {name}"),
                WHY,
            ));
        }
    }
    for source in &tree.sources {
        let parts = source.path.trim_end_matches(".rs").split('/').skip(1);
        if let Some(name) = parts.filter_map(forbidden).next() {
            findings.push(Finding::new(
                &source.path,
                1,
                format!("a file or folder called {name}"),
                WHY,
            ));
        }
        for module in source.modules().iter().filter(|module| module.inline) {
            if let Some(name) = forbidden(&module.name) {
                findings.push(Finding::new(
                    &source.path,
                    module.line,
                    format!("a module called {name}"),
                    WHY,
                ));
            }
        }
    }
    findings
}

fn forbidden(name: &str) -> Option<&str> {
    FORBIDDEN.contains(&name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn names_that_fit_everything_are_found() {
        let fixture = Fixture::new();
        fixture.write("tsm-cli/src/utils.rs", "");
        fixture.write("tsm-cli/src/helpers/table.rs", "");
        fixture.write("tsm-cli/src/shared_lock.rs", "\nmod misc {\n}\n");
        fixture.write("common/Cargo.toml", "[package]\nname = \"common\"\n");
        fixture.write("Cargo.toml", "[workspace]\nmembers = [\"tsm-cli\", \"common\"]\n");
        let places = [
            "common/Cargo.toml:1",
            "tsm-cli/src/helpers/table.rs:1",
            "tsm-cli/src/shared_lock.rs:2",
            "tsm-cli/src/utils.rs:1",
        ];
        assert_eq!(fixture.places(check), places);
    }
}
