//! What a shell makes of a state file: variables, and nothing else.

use std::path::Path;
use std::process::Command;

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_state_is_sourced_without_a_word(state in any_state()) {
        prop_assert!(source("/bin/sh", &encode(&state).unwrap(), &["SESSION_FORMAT"]) == b"1\0");
    }
}
