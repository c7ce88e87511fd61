//! Archives that somebody made to do harm: all refused with a typed error, in little memory, and nothing is written
//! anywhere. How long it takes is measured in `benches/bounds`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use tests::{Environment, hostile_archives};

fn everything(root: &Path) -> BTreeMap<String, (u64, Option<Vec<u8>>)> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(&directory).unwrap().flatten() {
            let path = entry.path();
            // That somebody tried is logged and counted.
            if path.ends_with(".local/state/tsm/metrics") || path.ends_with(".local/state/tsm/tsm.log") {
                continue;
            }
            if path.is_dir() {
                waiting.push(path.clone());
            }
            let content = path.is_file().then(|| fs::read(&path).unwrap());
            found.insert(path.display().to_string(), (entry.metadata().unwrap().len(), content));
        }
    }
    found
}

#[test]
fn hostile_archives_are_refused_and_nothing_is_written() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let dir = env.root().join("hostile");
    fs::create_dir(&dir).unwrap();
    let corpus = hostile_archives();
    assert!(corpus.len() >= 40, "{}", corpus.len());
    for (n, bytes) in corpus.values().enumerate() {
        fs::write(dir.join(format!("{n}.tar.zst")), bytes).unwrap();
    }
    env.recovery(["verify", "nothing"]).run().code(3);
    let before = everything(&env.home());
    for (n, name) in corpus.keys().enumerate() {
        let file = dir.join(format!("{n}.tar.zst"));
        for args in [
            &["verify"][..],
            &["restore"],
            &["restore", "--dry-run"],
            &["restore", "--partial"],
        ] {
            // All of its memory, not only what it touches: half of it is the program itself.
            let program = env.bin().join("tsm-recovery");
            let invocation = env
                .command("prlimit", ["--data=67108864"])
                .arg(program)
                .args(args)
                .arg(&file)
                .arg("--json");
            let output = invocation.time_limit(Duration::from_secs(20)).run();
            let code = output.status.code();
            assert!(code == Some(6), "{name} {args:?}: {output:?}");
            let is_typed = match args {
                ["verify"] => output.json()["backups"][0]["verified"] == false,
                _ => output.json()["error"]["class"] == "corrupt",
            };
            assert!(is_typed, "{name} {args:?}: {output:?}");
            assert!(
                !output.stderr_str().contains('\u{1b}') && !output.stdout_str().contains('\u{1b}'),
                "{name}"
            );
        }
        assert_eq!(everything(&env.home()), before, "{name}");
    }
}
