//! Files of the original scripts.

use super::*;
use crate::{Geometry, Size};

/// The specification's example, word for word.
const EXAMPLE: &str = r#"# Beispiel State-File: ~/.claude/session-states/todo.state
PROJECT="todo"
SESSION_NAME="claude-todo"
WORKING_DIR="/home/rodemkay/www/react/plugin-todo"
CURRENT_PATH="/home/rodemkay/www/react/plugin-todo"
LAST_SAVE=1724513234
WINDOW_LAYOUT="b2f4,120x40,0,0,0{108x40,0,0,0,11x40,109,0,1}"
PANE_INFO="0:108x40 1:11x40"
CLAUDE_PID=3520856
"#;

fn original(text: &str) -> SessionState {
    let decoded = decode(text.as_bytes()).unwrap();
    assert_eq!(decoded.origin, Origin::OriginalScript);
    decoded.state
}

fn unknown(state: &SessionState) -> Vec<(&str, &str)> {
    state
        .unknown
        .iter()
        .map(|entry| (entry.key.as_str(), entry.value.as_str()))
        .collect()
}

#[test]
fn the_example_of_the_specification_is_read() {
    let state = original(EXAMPLE);
    assert_eq!(
        (state.project.as_str(), state.saved.at, state.id.as_ref()),
        ("todo", 1_724_513_234, None)
    );
    assert_eq!(state.session_name, "claude-todo");
    assert_eq!(state.size, Some(Size { width: 120, height: 40 }));
    let [window] = &state.windows[..] else {
        panic!("{:?}", state.windows)
    };
    assert_eq!(window.layout, "b2f4,120x40,0,0,0{108x40,0,0,0,11x40,109,0,1}");
    let [agent, shell] = &window.panes[..] else {
        panic!("{:?}", window.panes)
    };
    assert_eq!(
        agent.geometry,
        Geometry {
            left: 0,
            top: 0,
            width: 108,
            height: 40
        }
    );
    assert_eq!(
        shell.geometry,
        Geometry {
            left: 109,
            top: 0,
            width: 11,
            height: 40
        }
    );
    assert_eq!(shell.cwd.to_str(), Some("/home/rodemkay/www/react/plugin-todo"));
    assert_eq!(agent.agent.as_ref().unwrap().process.as_ref().unwrap().pid, 3_520_856);
    assert_eq!((shell.agent.as_ref(), unknown(&state)), (None, vec![]));
}

#[test]
fn its_eight_keys_are_what_tsm_writes_too() {
    let written = String::from_utf8(encode(&original(EXAMPLE)).unwrap()).unwrap();
    let eight: Vec<&str> = written.lines().skip(1).take(8).collect();
    assert_eq!(eight, EXAMPLE.lines().skip(1).collect::<Vec<_>>());
}

#[test]
fn values_over_several_lines_are_read_and_kept() {
    let text = EXAMPLE
        .replace("0:108x40 1:11x40", "0:108x40\n1:11x40")
        .replace("=3520856", "=3520856\n3520999");
    let state = original(&text);
    assert_eq!(state.windows[0].panes.len(), 2);
    assert_eq!(state.agent().unwrap().process.as_ref().unwrap().pid, 3_520_856);
    assert_eq!(
        unknown(&state),
        [("X_ORIGINAL_CLAUDE_PID", r#""3520856\u000A3520999""#)]
    );
    let again = decode(&encode(&state).unwrap()).unwrap();
    assert_eq!(again.state, state);
}

#[test]
fn empty_and_missing_values_are_no_error() {
    let state = original(&EXAMPLE.replace("=3520856", "="));
    assert_eq!(state.agent(), None);
    let state = original("PROJECT=\"todo\"\nWORKING_DIR=\"/srv/todo\"\nLAST_SAVE=today\nMOOD=good\nLAYOUT_X=\n");
    assert_eq!(
        (state.session_name.as_slice(), state.saved.at, state.windows.len()),
        (&b"claude-todo"[..], 0, 0)
    );
    assert_eq!(
        unknown(&state),
        [
            ("LAYOUT_X", "\"\""),
            ("MOOD", "\"good\""),
            ("X_ORIGINAL_LAST_SAVE", "\"today\"")
        ]
    );
    let state = original("PROJECT=todo\nCURRENT_PATH=/srv\n");
    assert_eq!(state.windows[0].panes[0].cwd.to_str(), Some("/srv"));
}

#[test]
fn bytes_that_are_no_utf8_are_kept() {
    let bytes = b"PROJECT=todo\nWORKING_DIR=\"/srv/\xff\"\nMOOD=\"\xfe\"\n";
    let state = decode(bytes).unwrap().state;
    assert_eq!(state.working_dir.as_os_str().as_encoded_bytes(), b"/srv/\xff");
    assert_eq!(unknown(&state), [("MOOD", "\"\u{fffd}\""), ("MOOD_BYTES", "\"/g==\"")]);
}

#[test]
fn what_has_no_project_is_no_state() {
    for text in [
        "",
        "# nothing",
        "PROJECT=\"\"\nWORKING_DIR=/x\n",
        "hello",
        "PROJECT=x\n",
    ] {
        assert!(
            matches!(decode(text.as_bytes()), Err(CodecError::Missing { .. })),
            "{text:?}"
        );
    }
}

#[test]
fn many_panes_are_refused() {
    let panes: Vec<String> = (0..2001).map(|n| format!("{n}:1x1")).collect();
    let text = EXAMPLE.replace("0:108x40 1:11x40", &panes.join(" "));
    assert!(matches!(decode(text.as_bytes()), Err(CodecError::TooMany { .. })));
}
