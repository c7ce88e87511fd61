//! The pages that a newcomer reads are there, and short.

use super::finding::Finding;
use super::manifests::LIBRARIES;
use super::tree::Tree;

const PROGRAMS: [&str; 2] = ["tsm-cli", "recovery-cli"];
const ARCHITECTURE: &str = "ARCHITECTURE.md";
const ARCHITECTURE_LINES: usize = 200;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Ok(text) = std::fs::read_to_string(tree.root.join(ARCHITECTURE)) {
        let lines = text.lines().count();
        if lines > ARCHITECTURE_LINES {
            let why = format!("a map has at most {ARCHITECTURE_LINES} lines; details stand beside the code");
            findings.push(Finding::new(
                ARCHITECTURE,
                ARCHITECTURE_LINES + 1,
                format!("{lines} lines"),
                why,
            ));
        }
    }
    for member in &tree.members {
        let package = member.package.as_str();
        let path = format!("{}/README.md", member.folder);
        let needs = LIBRARIES.contains(&package) || PROGRAMS.contains(&package);
        if needs && !tree.root.join(&path).is_file() {
            findings.push(Finding::new(
                &path,
                1,
                "missing",
                format!("it tells what {package} is for and is not for"),
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn a_missing_page_and_a_long_map_are_found() {
        let fixture = Fixture::new();
        fixture.write(ARCHITECTURE, &"line\n".repeat(200));
        fixture.remove("xtask/README.md");
        assert_eq!(fixture.places(check), [""; 0]);
        fixture.write(ARCHITECTURE, &"line\n".repeat(201));
        fixture.remove("tsm-cli/README.md");
        fixture.remove("tmux-core/README.md");
        assert_eq!(
            fixture.places(check),
            ["ARCHITECTURE.md:201", "tmux-core/README.md:1", "tsm-cli/README.md:1"]
        );
    }
}
