//! Programs called `tsm-NAME`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tests::Environment;

/// The example as it is in the repository.
fn install_example(env: &Environment) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/tsm-where");
    symlink(example.canonicalize().unwrap(), env.bin().join("tsm-where")).unwrap();
}

#[test]
fn the_example_prints_where_projects_are() {
    let env = Environment::new();
    install_example(&env);
    for name in ["alpha", "b eta"] {
        env.tsm(["create", "."]).dir(env.project(name)).run().success();
    }
    let output = env.tsm(["where"]).env_remove("TSM_SOCKET_PATH").run().success();
    let lines: Vec<String> = output.stdout_str().lines().map(|line| env.normalise(line)).collect();
    let expected = [
        "alpha                <root>/projects/alpha",
        "b-eta                <root>/projects/b eta",
    ];
    assert_eq!(lines, expected);
    let output = env.tsm(["where", "alpha"]).run().success();
    assert_eq!(output.stdout_str().lines().count(), 1);
    env.tsm(["where", "nobody"]).run().code(3);
}

#[test]
fn an_extension_is_told_what_tsm_works_with() {
    let env = Environment::new();
    env.tsm_config("lock_timeout = 7\nbackup_dir = \"~/mine\"\n");
    env.script("tsm-tell", "#!/bin/sh\nenv | grep ^TSM_ | sort; echo \"$@\"; exit 9\n");
    let states = env.root().join("other states");
    let output = env
        .tsm(["--state-dir"])
        .arg(&states)
        .args(["tell", "a  b", "--json"])
        .run()
        .code(9);
    let text = output.stdout_str();
    let (home, socket) = (env.home(), env.socket());
    for line in [
        format!("TSM_CONFIG={}", home.join(".config/tsm/config.toml").display()),
        format!("TSM_STATE_DIR={}", states.display()),
        format!("TSM_BACKUP_DIR={}", home.join("mine").display()),
        format!("TSM_SOCKET_PATH={}", socket.display()),
        "TSM_LOCK_TIMEOUT=7".to_owned(),
        format!("TSM_EXE={}", env.bin().join("tsm").canonicalize().unwrap().display()),
        "a  b --json".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    assert!(text.contains("TSM_TMUX="), "{text}");

    // It may be what repairs the config.
    env.tsm_config("this is no toml");
    let output = env.tsm(["tell"]).run().code(9);
    assert!(
        output.stderr_str().contains("tsm-tell isn't told the config: "),
        "{output:?}"
    );
}

#[test]
fn the_help_lists_them_and_a_verb_is_never_one() {
    let env = Environment::new();
    install_example(&env);
    env.script("tsm-list", "#!/bin/sh\necho taken over\n");
    fs::write(env.bin().join("tsm-notes"), "no program").unwrap();
    for args in [&["help"][..], &["--help"], &[]] {
        let help = env.tsm(args).run().success();
        let text = help.stdout_str();
        let (_, extensions) = text
            .split_once("Extensions (tsm-NAME in PATH):\n")
            .unwrap_or_else(|| panic!("{text}"));
        assert!(
            extensions.contains("  where ") && extensions.contains("  recovery "),
            "{extensions}"
        );
        assert!(
            !extensions.contains("list") && !extensions.contains("notes"),
            "{extensions}"
        );
    }
    assert!(
        !env.tsm(["help", "list"])
            .run()
            .success()
            .stdout_str()
            .contains("Extensions")
    );
    assert!(!env.tsm(["list"]).run().success().stdout_str().contains("taken over"));
    env.tsm(["../bin/tsm-where"]).run().code(2);
}
