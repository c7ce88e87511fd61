//! What becomes of a file that isn't as it was written.

use super::samples::{full, small};
use super::*;

#[test]
fn every_file_that_lost_its_end_is_refused() {
    for state in [small(), full()] {
        let bytes = encode(&state).unwrap();
        for len in 0..bytes.len() {
            assert!(decode(&bytes[..len]).is_err(), "{len} of {} bytes", bytes.len());
        }
        assert!(matches!(
            decode(&bytes[..bytes.len() - 1]),
            Err(CodecError::Truncated { .. })
        ));
    }
}

#[test]
fn an_edited_file_that_lost_its_end_is_refused() {
    let text = String::from_utf8(encode(&small()).unwrap()).unwrap();
    let edited = text.replace(
        "\"main\"",
        "\"a much longer name than it was before, longer than all that is cut off\"",
    );
    assert!(matches!(
        decode(edited.as_bytes()).unwrap().origin,
        Origin::Tsm { edited: true, .. }
    ));
    for len in 0..edited.len() {
        assert!(
            decode(&edited.as_bytes()[..len]).is_err(),
            "{len} of {} bytes",
            edited.len()
        );
    }
}

#[test]
fn no_flipped_bit_goes_unnoticed() {
    let bytes = encode(&full()).unwrap();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            match decode(&flipped) {
                Err(_)
                | Ok(Decoded {
                    origin: Origin::Tsm { edited: true, .. } | Origin::NewerVersion(_),
                    ..
                }) => {}
                // Only the words of the first line can be spelled otherwise and mean the same.
                Ok(decoded) => panic!("bit {bit} of byte {at}: {:?}", decoded.origin),
            }
        }
    }
}

#[test]
fn a_shorter_or_longer_edit_is_read_with_what_it_says() {
    let text = String::from_utf8(encode(&small()).unwrap()).unwrap();
    let edited = Origin::Tsm {
        version: 1,
        edited: true,
    };
    for name in ["m", "main and more"] {
        let decoded = decode(text.replace("\"main\"", &format!("\"{name}\"")).as_bytes()).unwrap();
        assert_eq!(decoded.origin, edited);
        assert_eq!(decoded.state.windows[0].name, name);
    }
    let unheaded = text.split_once('\n').unwrap().1;
    assert_eq!(
        decode(unheaded.as_bytes()),
        Ok(Decoded {
            state: small(),
            origin: edited
        })
    );
}

#[test]
fn an_edit_that_makes_it_incomplete_is_refused() {
    let text = String::from_utf8(encode(&small()).unwrap()).unwrap();
    let derived = [
        "CURRENT_PATH",
        "WINDOW_LAYOUT",
        "PANE_INFO",
        "CLAUDE_PID",
        "SESSION_FORMAT",
    ];
    let optional = [
        "SESSION_ID",
        "SESSION_WIDTH",
        "PANE_0_0_AGENT",
        "PANE_0_0_AGENT_CONVERSATION",
        "PANE_0_0_AGENT_PID",
    ];
    for line in text.lines().filter(|line| line.contains('=') && !line.starts_with('#')) {
        let key = line.split('=').next().unwrap();
        let result = decode(text.replace(&format!("{line}\n"), "").as_bytes());
        if derived.contains(&key) || optional.contains(&key) {
            assert!(result.is_ok(), "{key}");
        } else {
            assert_eq!(result, Err(CodecError::Missing { key: key.to_owned() }));
        }
    }
    assert!(matches!(
        decode(text.replace("TITLE=\"todo\"", "TITLE=\"to").as_bytes()),
        Err(CodecError::Syntax { .. })
    ));
}
