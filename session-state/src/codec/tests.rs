//! What holds for every state and every damage.

mod damage;
mod originals;
mod samples;
mod shell;

use proptest::prelude::*;
use samples::{any_state, full, small};

use super::*;
use crate::{Pane, UnknownKey, Window};

#[test]
fn the_example_of_the_format_is_what_is_written() {
    let format = include_str!("../../FORMAT.md");
    let example = format
        .split("```sh\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    assert_eq!(example, String::from_utf8(encode(&small()).unwrap()).unwrap());
}

#[test]
fn a_file_of_version_1_is_read_for_ever() {
    let golden = include_bytes!("../../golden/v1.state");
    let decoded = decode(golden).unwrap();
    assert_eq!(
        decoded.origin,
        Origin::Tsm {
            version: 1,
            edited: false
        }
    );
    assert_eq!(decoded.state, full());
    assert_eq!(encode(&full()).unwrap(), golden);
}

#[test]
fn no_two_windows_or_panes_have_one_index() {
    let mut state = full();
    state.windows[1].index = state.windows[0].index;
    assert!(matches!(encode(&state), Err(CodecError::Twice { .. })));
    let mut state = full();
    state.windows[0].panes[1].index = state.windows[0].panes[0].index;
    assert!(matches!(encode(&state), Err(CodecError::Twice { .. })));
}

#[test]
fn the_limits_hold() {
    let mut state = small();
    let window = state.windows[0].clone();
    state.windows = (0..501)
        .map(|index| Window {
            index,
            ..window.clone()
        })
        .collect();
    assert_eq!(
        encode(&state),
        Err(CodecError::TooMany {
            what: "windows",
            count: 501,
            max: 500
        })
    );
    let pane = window.panes[0].clone();
    state.windows = vec![Window {
        panes: (0..2001).map(|index| Pane { index, ..pane.clone() }).collect(),
        ..window
    }];
    assert_eq!(
        encode(&state),
        Err(CodecError::TooMany {
            what: "panes",
            count: 2001,
            max: 2000
        })
    );
    assert_eq!(decode(&vec![b'#'; MAX_FILE + 1]), Err(CodecError::TooLarge));
    let mut state = small();
    state.windows[0].panes[0].title = "x".repeat(MAX_FILE).into();
    assert_eq!(encode(&state), Err(CodecError::TooLarge));
}

#[test]
fn a_newer_file_is_read_as_far_as_it_is_understood() {
    let text = String::from_utf8(encode(&small()).unwrap()).unwrap();
    let body = text
        .split_once('\n')
        .unwrap()
        .1
        .replace("SESSION_FORMAT=1", "SESSION_FORMAT=2\nSESSION_MOOD=\"good\"");
    let file = header::line(2, body.as_bytes()) + &body;
    let decoded = decode(file.as_bytes()).unwrap();
    assert_eq!(decoded.origin, Origin::NewerVersion(2));
    let mood = UnknownKey {
        key: "SESSION_MOOD".to_owned(),
        value: "\"good\"".to_owned(),
    };
    assert_eq!(
        decoded.state,
        SessionState {
            unknown: vec![mood],
            ..small()
        }
    );

    let other = b"# tsm-state v7 blake3=00\nsomething else\n";
    assert_eq!(decode(other), Err(CodecError::NewerVersion { version: 7 }));
}

#[test]
fn unknown_keys_survive_in_order_of_their_names() {
    let entry = |key: &str, value: &str| UnknownKey {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let state = SessionState {
        unknown: vec![
            entry("X_NOTE", "'$HOME'"),
            entry("PATH", "\"/tmp\""),
            entry("LIST", "[1, { a = 2 }]"),
        ],
        ..small()
    };
    let bytes = encode(&state).unwrap();
    let decoded = decode(&bytes).unwrap();
    let sorted = vec![
        entry("LIST", "[1, { a = 2 }]"),
        entry("PATH", "\"/tmp\""),
        entry("X_NOTE", "'$HOME'"),
    ];
    assert_eq!(decoded.state.unknown, sorted);
    assert_eq!(encode(&decoded.state).unwrap(), bytes);
}

proptest! {
    #[test]
    fn every_state_is_read_as_it_was_written(state in any_state()) {
        let bytes = encode(&state).unwrap();
        let decoded = decode(&bytes).unwrap();
        prop_assert_eq!(decoded.origin, Origin::Tsm { version: VERSION, edited: false });
        prop_assert_eq!(decoded.state, state);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in any::<Vec<u8>>(), line in "(# tsm-state v[0-9] )?[A-Z_]{0,9}=?[\"'#]?.{0,9}") {
        // Only that these return is of interest.
        let _either = decode(&bytes);
        let _either = decode(line.as_bytes());
        let _either = decode(&[b"PROJECT=a\nWORKING_DIR=b\n", &bytes[..]].concat());
    }
}
