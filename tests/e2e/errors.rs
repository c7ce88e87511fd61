//! Errors as people and programs get them: one form for all, one class, one exit code; and output that goes nowhere.

use tests::{Environment, Output};

use crate::json_documents::checked;

const TSM: [&str; 27] = [
    "switch",
    "create",
    "kill",
    "attach",
    "adopt",
    "list",
    "status",
    "dashboard",
    "send",
    "state",
    "save",
    "restore",
    "cleanup",
    "init",
    "project",
    "template",
    "freeze",
    "import",
    "config",
    "context",
    "hooks",
    "health",
    "logs",
    "autosave",
    "watch",
    "completions",
    "man",
];

const RECOVERY: [&str; 11] = [
    "detect",
    "backup",
    "list-backups",
    "verify",
    "restore",
    "emergency",
    "validate",
    "cleanup-backups",
    "unit",
    "completions",
    "man",
];

/// As `tsm: what failed: why`, then a hint, and nothing else.
#[track_caller]
fn is_an_error(program: &str, output: &Output) {
    let mut lines = output.stderr_str().lines();
    assert!(
        lines
            .next()
            .is_some_and(|line| line.starts_with(&format!("{program}: "))),
        "{output:?}"
    );
    assert!(lines.all(|line| line.starts_with("hint: ")), "{output:?}");
    assert_eq!(output.stdout_str(), "");
}

#[track_caller]
fn is_a_document(class: &str, output: &Output) {
    let document = output.json();
    checked("error", &document).unwrap();
    assert_eq!(document["error"]["class"], class, "{output:?}");
    assert_eq!(output.stderr_str(), "", "{output:?}");
}

#[test]
fn wrong_calls_of_each_verb_are_errors_like_all_others() {
    let env = Environment::new();
    for verb in TSM {
        is_an_error("tsm", &env.tsm([verb, "--bogus"]).run().code(2));
        is_a_document("usage", &env.tsm([verb, "--json", "--bogus"]).run().code(2));
    }
    for verb in RECOVERY {
        is_an_error("tsm-recovery", &env.recovery([verb, "--bogus"]).run().code(2));
        is_a_document("usage", &env.recovery([verb, "--json", "--bogus"]).run().code(2));
    }
    for line in [
        "project",
        "frobnicate",
        "create",
        "list extra",
        "--color x list",
        "-L a -S b list",
    ] {
        is_an_error("tsm", &env.tsm(line.split(' ')).run().code(2));
        let with_json = line.split(' ').chain(["--json"]);
        is_a_document("usage", &env.tsm(with_json).run().code(2));
    }
}

#[test]
fn a_wrong_call_says_what_is_missing_and_how_it_is_right() {
    let env = Environment::new();
    let missing = env.tsm(["switch"]).run().code(2);
    assert_eq!(
        missing.stderr_str(),
        "tsm: wrong usage: the following required arguments were not provided: <PROJECT>\n\
         hint: tsm switch <PROJECT>; `tsm switch --help` tells more\n"
    );
    let missing = env.tsm(["project"]).run().code(2);
    assert_eq!(
        missing.stderr_str(),
        "tsm: wrong usage: `tsm project` needs a command\n\
         hint: add, remove, list; `tsm project --help` tells more\n"
    );
}

#[test]
fn what_cannot_be_written_has_failed() {
    let env = Environment::new();
    let path = env.project("todo");
    env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
    let full = |line: &str| {
        env.command("bash", ["-c", &format!("{line} > /dev/full")])
            .run()
            .code(1)
    };
    for line in [
        "tsm list",
        "tsm list --json",
        "tsm state todo",
        "tsm help",
        "tsm --version",
        "tsm logs",
    ] {
        let output = full(line);
        assert!(
            output.stderr_str().contains("tsm: standard output can't be written: "),
            "{line}: {output:?}"
        );
    }
    for line in [
        "tsm-recovery list-backups --json",
        "tsm-recovery detect",
        "tsm-recovery --help",
    ] {
        let output = full(line);
        assert!(
            output
                .stderr_str()
                .contains("tsm-recovery: standard output can't be written: "),
            "{line}: {output:?}"
        );
    }
    // Whoever closes a pipe has read enough.
    let pipe = "set -o pipefail; for n in 1 2 3; do tsm help; tsm list --json; tsm state todo; done | head -c 1";
    let output = env.command("bash", ["-c", pipe]).run().success();
    assert_eq!(output.stderr_str(), "");
}

#[test]
fn quiet_says_what_was_asked_for_and_nothing_else() {
    let env = Environment::new();
    env.tsm_config("agent = \"shell\"\nprefxi = 1\n");
    for line in ["list", "logs", "cleanup", "health", "restore"] {
        let output = env.tsm([line, "-q"]).run();
        assert_eq!(output.stderr_str(), "", "{line}");
        assert_ne!(env.tsm([line]).run().stderr_str(), "", "{line}");
    }
    for line in ["list-backups", "detect"] {
        let output = env.recovery([line, "-q"]).run();
        assert_eq!(output.stderr_str(), "", "{line}");
        assert_ne!(env.recovery([line]).run().stderr_str(), "", "{line}");
    }
}

#[test]
fn a_name_of_any_length_makes_no_wall_of_text() {
    let env = Environment::new();
    let name = "a".repeat(100_000);
    for verb in ["create", "status", "kill", "state"] {
        let output = env.tsm([verb, &name]).run().code(2);
        assert!(output.stderr_str().len() < 400, "{} bytes", output.stderr_str().len());
    }
}

#[test]
fn completions_and_manual_need_neither_config_nor_home() {
    let env = Environment::new();
    env.tsm_config("prefix = [\n");
    for verb in [&["completions", "bash"][..], &["man"]] {
        let printed = env.tsm(verb).env_remove("HOME").run().success();
        assert_eq!(printed.stderr_str(), "");
        let printed = env.recovery(verb).env_remove("HOME").run().success();
        assert_eq!(printed.stderr_str(), "");
    }
}

#[test]
fn what_is_not_there_has_the_hint_that_fits() {
    let env = Environment::new();
    let path = env.project("todo");
    env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
    env.tsm(["kill", "todo"]).run().success();
    for verb in ["kill", "save"] {
        let output = env.tsm([verb, "todo"]).run().code(3);
        assert!(output.stderr_str().contains("hint: `tsm list`"), "{output:?}");
    }
    let output = env.tsm(["attach", "todo"]).run().code(3);
    assert!(output.stderr_str().contains("hint: `tsm switch todo`"), "{output:?}");
    // One of somebody else's is named as such by all of them.
    env.tmux(["new-session", "-d", "-s", "claude-todo"]);
    for args in [
        &["kill", "todo"][..],
        &["save", "todo"],
        &["attach", "todo"],
        &["send", "todo", "x"],
    ] {
        let output = env.tsm(args).run().code(7);
        assert!(output.stderr_str().contains("hint: `tsm adopt todo`"), "{output:?}");
    }
}
