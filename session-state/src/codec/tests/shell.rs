//! What a shell makes of a state file: variables, and nothing else.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use proptest::test_runner::TestRunner;

use super::samples::{full, small};
use super::*;
use crate::UnknownKey;

/// Sources `bytes` in `shell`, in an empty directory without any program in PATH, and prints `variables`.
fn source(shell: &str, bytes: &[u8], variables: &[&str]) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("x.state"), bytes).unwrap();
    let print: String = variables
        .iter()
        .map(|name| format!("printf '%s\\0' \"${name}\"; "))
        .collect();
    let output = Command::new(shell)
        .args(["-c", &format!("set -eu; . ./x.state; {print}")])
        .current_dir(dir.path())
        .env_clear()
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{shell}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let names: Vec<_> = std::fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["x.state"], "{shell} made a file");
    output.stdout
}

fn shells() -> impl Iterator<Item = &'static str> {
    ["/bin/sh", "/bin/dash", "/bin/bash"]
        .into_iter()
        .filter(|shell| Path::new(shell).exists())
}

const HOSTILE: [&str; 12] = [
    "$(: > ran)",
    "`: > ran`",
    "\"; : > ran; \"",
    "'; : > ran; '",
    "'\"; : > ran; \"'$(: > ran)",
    "a\n: > ran\n",
    "'\n: > ran\n#",
    "\\\"; : > ran; #",
    "\\'; : > ran; '\\",
    "${x:=$(: > ran)}'",
    "\r\n: > ran",
    "!! ~ * ? [a] {a,b} & | < > ( )",
];

#[test]
fn hostile_values_run_nothing() {
    let mut state = full();
    for (n, text) in HOSTILE.into_iter().enumerate() {
        state.environment.insert(text.into(), text.into());
        state.windows[0].panes[1].command.push(text.into());
        let value = unknown::plain(&toml::Value::String(text.to_owned()));
        state.unknown.push(UnknownKey {
            key: format!("X_HOSTILE{n:02}"),
            value: value.clone(),
        });
        state.unknown.push(UnknownKey {
            key: format!("{text}{n:02}"),
            value: format!("[{value}]"),
        });
    }
    state.session_name = HOSTILE[4].into();
    state.working_dir = HOSTILE[5].into();
    let bytes = encode(&state).unwrap();
    for shell in shells() {
        let values = source(
            shell,
            &bytes,
            &["PROJECT", "X_HOSTILE00", "X_HOSTILE01", "X_HOSTILE02", "PATH"],
        );
        let expected = "todo\0$(: > ran)\0`: > ran`\0\"; : > ran; \"\0/nowhere\0";
        assert_eq!(String::from_utf8(values).unwrap(), expected, "{shell}");
    }
}

#[test]
fn the_keys_of_the_specification_have_their_values() {
    let names = [
        "PROJECT",
        "SESSION_NAME",
        "WORKING_DIR",
        "CURRENT_PATH",
        "LAST_SAVE",
        "PANE_INFO",
        "CLAUDE_PID",
    ];
    let expected = "todo\0claude-todo\0/home/rodemkay/www/react/plugin-todo\0/home/rodemkay/www/react/plugin-todo\0\
                    1724513234\x000:108x40 1:11x40\x003520856\0";
    for shell in shells() {
        let values = source(shell, &encode(&small()).unwrap(), &names);
        assert_eq!(String::from_utf8(values).unwrap(), expected, "{shell}");
    }
}

/// The keys whose values the format promises to be the same for a shell: what is bare, or between quotes without escapes.
fn promised(text: &str) -> Vec<(&str, String)> {
    let table: toml::Table = text.parse().unwrap();
    let assignments = text.lines().filter(|line| !line.starts_with('#'));
    assignments
        .filter_map(|line| {
            let (key, source) = line.split_once('=').unwrap();
            if source.starts_with('"') && source.contains('\\') {
                return None;
            }
            let value = match &table[key] {
                toml::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some((key, value))
        })
        .collect()
}

/// Python's tomllib, started once: it gets a file's name and answers with its values.
struct Tomllib(Child, BufReader<ChildStdout>);

impl Tomllib {
    fn start() -> Self {
        let program = "import sys, tomllib\n\
                       def text(v): return 's' + v.encode().hex() if isinstance(v, str) else 'v' + str(v).lower()\n\
                       for path in sys.stdin:\n    \
                       values = tomllib.load(open(path[:-1], 'rb'))\n    \
                       print(*[k + '=' + text(v) for k, v in values.items()], flush=True)";
        let mut child = Command::new("python3")
            .args(["-c", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self(child, output)
    }

    /// The keys of a file with their values: texts in hexadecimal digits after an `s`, others after a `v`.
    fn read(&mut self, path: &Path) -> BTreeSet<String> {
        writeln!(self.0.stdin.as_mut().unwrap(), "{}", path.display()).unwrap();
        let mut line = String::new();
        assert_ne!(self.1.read_line(&mut line).unwrap(), 0, "tomllib refused the file");
        line.split_whitespace().map(str::to_owned).collect()
    }
}

/// A table as [`Tomllib::read`] gives it.
fn as_read(table: &toml::Table) -> BTreeSet<String> {
    let text = |value: &toml::Value| match value {
        toml::Value::String(text) => format!(
            "s{}",
            text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>()
        ),
        other => format!("v{other}"),
    };
    table
        .iter()
        .map(|(key, value)| format!("{key}={}", text(value)))
        .collect()
}

impl Drop for Tomllib {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// `PROPTEST_CASES` documents, which `cargo xtask soak` sets, else a few: each starts three programs.
fn documents() -> ProptestConfig {
    match std::env::var_os("PROPTEST_CASES") {
        Some(_) => ProptestConfig::default(),
        None => ProptestConfig::with_cases(32),
    }
}

#[test]
fn shells_and_tomllib_read_what_was_written() {
    let tomllib = std::cell::RefCell::new(Tomllib::start());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.state");
    let mut runner = TestRunner::new(documents());
    let checked = runner.run(&any_state(), |state| {
        let bytes = encode(&state).unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let table: toml::Table = text.parse().unwrap();
        prop_assert_eq!(tomllib.borrow_mut().read(&path), as_read(&table));
        let promised = promised(text);
        let names: Vec<&str> = promised.iter().map(|(key, _)| *key).collect();
        let expected: String = promised.iter().map(|(_, value)| format!("{value}\0")).collect();
        for shell in ["/bin/dash", "/bin/bash"] {
            let values = source(shell, &bytes, &names);
            prop_assert_eq!(String::from_utf8_lossy(&values), expected.as_str(), "{}", shell);
        }
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}
