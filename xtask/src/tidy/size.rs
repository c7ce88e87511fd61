//! Files stay short enough to be read at a sitting.

use super::finding::Finding;
use super::tree::Tree;

const MUCH: usize = 500;
const TOO_MUCH: usize = 800;

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let sizes = tree
        .sources
        .iter()
        .map(|source| (&source.path, source.text.lines().count()));
    sizes
        .filter(|(_, lines)| *lines > MUCH)
        .map(|(path, lines)| finding(path, lines))
        .collect()
}

fn finding(path: &str, lines: usize) -> Finding {
    let what = format!("{lines} lines");
    if lines > TOO_MUCH {
        return Finding::new(
            path,
            TOO_MUCH + 1,
            what,
            format!("{TOO_MUCH} is the limit; split the file"),
        );
    }
    Finding::warning(path, MUCH + 1, what, "aim at 200; one idea a file")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn much_warns_and_too_much_fails() {
        let fixture = Fixture::new();
        fixture.write("tsm-cli/src/a.rs", &"\n".repeat(500));
        assert_eq!(check(&fixture.tree()), []);
        fixture.write("tsm-cli/src/b.rs", &"\n".repeat(501));
        fixture.write("tsm-cli/src/c.rs", &"\n".repeat(800));
        fixture.write("tsm-cli/src/d.rs", &"\n".repeat(801));
        let findings: Vec<_> = check(&fixture.tree())
            .into_iter()
            .map(|found| (found.path, found.warning))
            .collect();
        let expected = [
            ("tsm-cli/src/b.rs", true),
            ("tsm-cli/src/c.rs", true),
            ("tsm-cli/src/d.rs", false),
        ];
        assert_eq!(findings, expected.map(|(path, warning)| (path.to_owned(), warning)));
    }
}
