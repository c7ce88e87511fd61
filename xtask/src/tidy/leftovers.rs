//! No test is switched off, nothing is left to be written, and nobody waits for time to pass.

use super::finding::Finding;
use super::tree::Tree;

/// The one place that may sleep: between two looks at a condition.
const MAY_SLEEP: &str = "tests/src/wait.rs";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.sources {
        let mut add = |line: usize, what: &str, why: &str| findings.push(Finding::new(&source.path, line, what, why));
        for attribute in source.attributes.iter().filter(|attribute| ignores(&attribute.text)) {
            add(
                attribute.line,
                "a test is ignored",
                "a test that does not run tells nothing; repair or remove it",
            );
        }
        for name in ["todo!", "unimplemented!"] {
            for line in source.lines_with(name) {
                add(line, &format!("`{name}`"), "it would panic before the user");
            }
        }
        if source.path != MAY_SLEEP {
            for line in source.lines_with("thread::sleep") {
                add(
                    line,
                    "`thread::sleep`",
                    "wait for a condition: tests::wait, or poll(2) on a descriptor",
                );
            }
        }
    }
    findings
}

/// `ignore`, `ignore = "…"`, or either inside `cfg_attr`.
fn ignores(attribute: &str) -> bool {
    let is_ignore = |part: &str| part == "ignore" || part.starts_with("ignore=");
    let inside = attribute
        .strip_prefix("cfg_attr(")
        .map(|rest| rest.trim_end_matches(')'));
    inside.map_or_else(|| is_ignore(attribute), |parts| parts.split(',').any(is_ignore))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn leftovers_are_found() {
        let fixture = Fixture::new();
        let ignored =
            "#[test]\n#[ignore = \"slow\"]\nfn f() {}\n#[ignore]\nfn g() {}\n#[cfg_attr(unix, ignore)]\nfn h() {}\n";
        fixture.write("session-lock/src/a.rs", ignored);
        fixture.write(
            "session-lock/src/b.rs",
            "fn f() {\n    todo!()\n}\nfn g() {\n    unimplemented!(\"x\")\n}\n",
        );
        fixture.write(
            "session-lock/src/c.rs",
            "use std::thread;\nfn f() { thread::sleep(T) }\nuse std::thread::sleep;\n",
        );
        let places = ["a.rs:2", "a.rs:4", "a.rs:6", "b.rs:2", "b.rs:5", "c.rs:2", "c.rs:3"];
        assert_eq!(
            fixture.places(check),
            places.map(|place| format!("session-lock/src/{place}"))
        );
    }

    #[test]
    fn text_and_the_waiting_place_are_in_order() {
        let fixture = Fixture::new();
        fixture.write("tests/src/wait.rs", "fn f() { std::thread::sleep(T) }\n");
        fixture.write(
            "tsm-cli/src/a.rs",
            "// todo!() and #[ignore]\nconst X: &str = \"thread::sleep todo!(\";\n#[ignored]\nfn my_todo() {}\n",
        );
        assert_eq!(fixture.places(check), [""; 0]);
    }
}
