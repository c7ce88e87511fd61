//! Every source file is declared by another: a file that none declares is never compiled, and its tests
//! never run.

use super::finding::Finding;
use super::source::Source;
use super::tree::{Member, Tree};

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    tree.members.iter().flat_map(|member| forgotten(tree, member)).collect()
}

fn forgotten(tree: &Tree, member: &Member) -> Vec<Finding> {
    let roots = roots(member);
    // Below src and below the folder of each test target, a file is a module.
    let mut folders = vec![format!("{}/src/", member.folder)];
    folders.extend(
        roots
            .iter()
            .filter_map(|root| root.strip_suffix("main.rs").map(str::to_owned)),
    );
    let is_root = |source: &Source| roots.contains(&source.path) || is_bin(&source.path, &member.folder);
    let modules = tree
        .sources
        .iter()
        .filter(|source| folders.iter().any(|folder| source.path.starts_with(folder)));
    let mut findings = Vec::new();
    for source in modules.filter(|source| !is_root(source)) {
        let (name, folder) = place(source);
        let mut parents = tree.sources.iter().filter(|parent| {
            let beside = parent.folder() == folder && (parent.file_name() == "mod.rs" || is_root(parent));
            (beside && parent.path != source.path) || parent.path == format!("{folder}.rs")
        });
        let declares = |parent: &Source| {
            parent
                .modules()
                .iter()
                .any(|module| !module.inline && module.name == name)
        };
        if !parents.any(declares) {
            let what = format!("no file declares `mod {name};`");
            findings.push(Finding::new(
                &source.path,
                1,
                what,
                "the file is not compiled and its tests do not run",
            ));
        }
    }
    findings
}

/// The module name of a file, and the folder in which the file that declares it stands.
fn place(source: &Source) -> (&str, &str) {
    if source.file_name() == "mod.rs" {
        let (parent, name) = source.folder().rsplit_once('/').unwrap_or(("", source.folder()));
        return (name, parent);
    }
    (source.file_name().trim_end_matches(".rs"), source.folder())
}

/// The files from which cargo starts to compile, but for those in src/bin.
fn roots(member: &Member) -> Vec<String> {
    let mut roots: Vec<String> = ["src/lib.rs", "src/main.rs", "e2e/main.rs"].map(str::to_owned).to_vec();
    for kind in ["lib", "bin", "test", "bench"] {
        let target = member.manifest.get(kind);
        let targets = target
            .and_then(toml::Value::as_array)
            .into_iter()
            .flatten()
            .chain(target);
        roots.extend(targets.filter_map(|target| target.get("path")?.as_str().map(str::to_owned)));
    }
    roots.iter().map(|root| format!("{}/{root}", member.folder)).collect()
}

/// src/bin/NAME.rs or src/bin/NAME/main.rs.
fn is_bin(path: &str, folder: &str) -> bool {
    let rest = path
        .strip_prefix(folder)
        .and_then(|rest| rest.strip_prefix("/src/bin/"));
    rest.is_some_and(|rest| match rest.split_once('/') {
        None => true,
        Some((_, file)) => file == "main.rs",
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Fixture;
    use super::*;

    #[test]
    fn declared_files_are_in_order() {
        let fixture = Fixture::new();
        fixture.write("tsm-cli/src/lib.rs", "mod a;\npub(crate) mod b;\n");
        fixture.write("tsm-cli/src/main.rs", "fn main() {}\n");
        fixture.write("tsm-cli/src/a.rs", "mod deep;\n");
        fixture.write("tsm-cli/src/a/deep.rs", "");
        fixture.write("tsm-cli/src/b/mod.rs", "mod deep;\n");
        fixture.write("tsm-cli/src/b/deep.rs", "");
        fixture.write("tests/src/bin/fake-agent.rs", "fn main() {}\n");
        fixture.write("tests/src/bin/other/main.rs", "mod part;\nfn main() {}\n");
        fixture.write("tests/src/bin/other/part.rs", "");
        fixture.write("tests/e2e/main.rs", "mod switch;\n");
        fixture.write("tests/e2e/switch.rs", "mod twice;\n");
        fixture.write("tests/e2e/switch/twice.rs", "");
        assert_eq!(fixture.places(check), [""; 0]);
    }

    #[test]
    fn a_forgotten_file_is_found() {
        let fixture = Fixture::new();
        fixture.write("tests/e2e/main.rs", "mod switch;\n// mod save;\n");
        fixture.write("tests/e2e/switch.rs", "");
        fixture.write("tests/e2e/save.rs", "");
        fixture.write("tsm-cli/src/lib.rs", "mod a;\nmod inline {}\n");
        fixture.write("tsm-cli/src/a.rs", "");
        fixture.write("tsm-cli/src/a/deep.rs", "");
        fixture.write("tsm-cli/src/b/mod.rs", "");
        fixture.write("tsm-cli/src/inline.rs", "");
        let places = [
            "tests/e2e/save.rs:1",
            "tsm-cli/src/a/deep.rs:1",
            "tsm-cli/src/b/mod.rs:1",
            "tsm-cli/src/inline.rs:1",
        ];
        assert_eq!(fixture.places(check), places);
    }

    #[test]
    fn tests_without_a_main_are_all_forgotten() {
        let fixture = Fixture::new();
        fixture.write("tests/e2e/switch.rs", "");
        assert_eq!(fixture.places(check), ["tests/e2e/switch.rs:1"]);
    }

    #[test]
    fn targets_of_the_manifest_are_roots() {
        let fixture = Fixture::new();
        fixture.write("tsm-cli/src/tsm.rs", "mod args;\nfn main() {}\n");
        fixture.write("tsm-cli/src/args.rs", "");
        assert_eq!(fixture.places(check).len(), 2);
        let target = "[[bin]]\nname = \"tsm\"\npath = \"src/tsm.rs\"\n";
        fixture.write(
            "tsm-cli/Cargo.toml",
            &format!("[package]\nname = \"tsm-cli\"\n{target}"),
        );
        assert_eq!(fixture.places(check), [""; 0]);
    }
}
